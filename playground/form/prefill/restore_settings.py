"""Finds the settings that made a picture, by its file, a run's address or a run file."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from catalog.models import Endpoint
from fal.db_safe import db_safe_text
from playground.form import share_links
from playground.form.prefill import sources
from runs.models import Run
from schemas.exact import NotJson, loads

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RUN_FILE = "vitrine-run"
MAX_RUN_FILE_BYTES = 8 << 20
MAX_FILE_BYTES = 2 << 30
DIGEST = re.compile(r"[0-9a-f]{64}")
ADDRESS = re.compile(r"/runs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


@dataclass(frozen=True)
class Restored:
    """Restored settings: the model, and the source that fills its form (`form/sources.py`)."""

    endpoint: Endpoint
    fill: str
    words: str

    @property
    def address(self) -> str:
        """Return the address of the model's page with the settings filled in."""
        kind, _, key = self.fill.partition(":")
        return f"{self.endpoint.get_absolute_url()}?{kind}={key}"


class NotFound(LookupError):
    """No run here made the file; the message is shown to people."""


def by_digest(user: User, digest: str) -> Restored:
    """Find the newest run with an artifact of this SHA-256; raises NotFound."""
    runs = _runs(user).filter(artifacts__digest=digest.lower())
    run = runs.order_by("-created_at").first() if DIGEST.fullmatch(digest.lower()) else None
    return _restored(run, "No run here made this picture.")


def by_address(user: User, address: str) -> Restored:
    """Find the run by the address of its page or one of its files; raises NotFound."""
    match = ADDRESS.search(address)
    run = _runs(user).filter(pk=uuid.UUID(match[1])).first() if match else None
    return _restored(run, "That is no run you can see.")


def by_file(user: User, file: IO[bytes], size_bytes: int) -> Restored:
    """Find the run by an exported run file, or by a file that a run made.

    Raises NotFound, and ValueError for a broken run file or a file that is too large.
    """
    if size_bytes > MAX_FILE_BYTES:
        raise ValueError("This file is too large to be searched for.")
    head = file.read(1024).lstrip()
    file.seek(0)
    if head.startswith(b"{") and size_bytes <= MAX_RUN_FILE_BYTES:
        text = file.read()
        try:
            return by_run_file(user, text)
        except NotFound:
            return by_digest(user, hashlib.sha256(text).hexdigest())
    return by_digest(user, hashlib.file_digest(file, "sha256").hexdigest())  # type: ignore[arg-type]


def by_run_file(user: User, text: bytes) -> Restored:
    """Restore a run file's endpoint and arguments; the run itself may be of another server."""
    parsed = _parse_run_file(text)
    name = db_safe_text(parsed["endpoint_id"])[:255]
    endpoint = Endpoint.objects.filter(endpoint_id=name).first()
    if endpoint is None:
        raise ValueError(f"This run is of {name}, which is not in the catalogue.")
    share = share_links.share(user, endpoint, parsed["arguments"])
    return Restored(endpoint, f"saved:{share.pk}", "The settings of the run file are back.")


def run_file(run: Run) -> dict[str, Any]:
    """Return a run as an exportable file: what is needed to run it elsewhere, and its outcome."""
    moments = ("created_at", "sent_at", "queued_at", "started_at", "ended_at", "result_at")
    facts = ("transport", "sent_arguments", "attempts", "positions", "events", "logs", "metrics")
    return {
        "format": RUN_FILE,
        "id": str(run.pk),
        "endpoint_id": run.endpoint.endpoint_id,
        "arguments": run.arguments,
        "state": run.state,
        "output": run.output,
        "output_text": run.output_text,
        "error": run.error,
        "request_id": run.request_id,
        "schema_digest": run.schema_id,
        "billable_units": run.billable_units,
        **{name: getattr(run, name) for name in facts},
        **{name: when.isoformat() if (when := getattr(run, name)) else None for name in moments},
    }


def _parse_run_file(text: bytes) -> dict[str, Any]:
    """Parse a run file; raises NotFound if it is something else, ValueError if it is broken."""
    try:
        parsed = loads(text.decode())
    except (NotJson, UnicodeDecodeError) as error:
        raise NotFound("This file is neither a run file nor of a run here.") from error
    if not isinstance(parsed, dict) or parsed.get("format") != RUN_FILE:
        raise NotFound("This file is neither a run file nor of a run here.")
    name, arguments = parsed.get("endpoint_id"), parsed.get("arguments")
    if not isinstance(name, str) or not name.isascii() or not isinstance(arguments, dict):
        raise ValueError("This run file names no model or no arguments.")
    return parsed


def _runs(user: User) -> Any:
    return Run.objects.visible_to(user).with_endpoint().light("arguments")


def _restored(run: Run | None, otherwise: str) -> Restored:
    if run is None:
        raise NotFound(otherwise)
    notice = f"The settings of {sources.run_label(run)} are back."
    return Restored(run.endpoint, f"run:{run.pk}", notice)
