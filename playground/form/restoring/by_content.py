"""Finds the run that made a file by the file's content, or by an address of the run.

The outcome is a sentence and the actions for the file.

"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from catalog.models import Endpoint
from core.formatting import counted
from playground.form.prefill import sources
from runs.models import DerivedFile, Run, Upload
from runs.models.input_file import naming
from runs.models.querysets import RunQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DIGEST = re.compile(r"[0-9a-f]{64}")
ADDRESS = re.compile(r"/runs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
UNKNOWN = "No run here made this file."
USE = "Use it as input for …"


class Act(NamedTuple):
    """An action for a file: a link; `sends` if the file itself has to be posted there."""

    label: str
    address: str
    sends: bool = False


@dataclass(frozen=True)
class Outcome:
    """A sentence about a file, and actions in the order of the page.

    `fill` is the source (`prefill/sources.py`) that fills the form of `endpoint`, if that is open.
    `is_weak` if a form field that accepts the file takes precedence.
    """

    words: str
    acts: list[Act]
    endpoint: Endpoint | None = None
    fill: str = ""
    is_weak: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "words": self.words,
            "acts": [act._asdict() for act in self.acts],
            "endpoint_id": self.endpoint.endpoint_id if self.endpoint else "",
            "fill": self.fill,
            "is_weak": self.is_weak,
        }


class NotFound(LookupError):
    """No run here made the file; the message is shown to people."""


def address_of(endpoint: Endpoint, fill: str) -> str:
    """Return the address of a model's page with its form filled from a source."""
    kind, _, key = fill.partition(":")
    return f"{endpoint.get_absolute_url()}?{urlencode({kind: key})}"


def by_digest(user: User, digest: str) -> Outcome:
    """Find the newest run with a result of this SHA-256, or a file derived from a result.

    Otherwise find the upload with this digest. Raises NotFound.
    """
    digest = digest.lower()
    if not DIGEST.fullmatch(digest):
        raise NotFound(UNKNOWN)
    run = _visible(user).filter(artifacts__digest=digest).order_by("-created_at").first()
    if run is not None:
        return of_run(run)
    if derived := _of_derived_file(user, digest):
        return derived
    uploads = Upload.objects.filter(digest=digest).select_related("project")
    ordered = sorted(uploads, key=lambda upload: upload.user_id != user.pk)
    upload = next((upload for upload in ordered if upload.is_readable_by(user)), None)
    if upload is None:
        raise NotFound(UNKNOWN)
    return _of_upload(user, upload)


def by_address(user: User, address: str) -> Outcome:
    """Find the run by the address of its page or one of its files; raises NotFound."""
    match = ADDRESS.search(address)
    run = _visible(user).filter(pk=uuid.UUID(match[1])).first() if match else None
    if run is None:
        raise NotFound("There is no run at this address that you can see.")
    return of_run(run)


def of_run(run: Run, derived_kind: str = "") -> Outcome:
    """Return the actions for a file of a run: use its settings, or open it.

    `derived_kind` names the derived file; it is empty for a result itself.
    """
    source = f"run:{run.pk}"
    acts = [
        Act("Use its settings", address_of(run.endpoint, source)),
        Act("Open", f"{run.get_absolute_url()}#run-{run.pk}-artifacts"),
    ]
    origin = f"This is {derived_kind} of a result made" if derived_kind else "Made"
    words = f"{origin} here by {run.endpoint.name}, {sources.moment_of(run)}."
    return Outcome(words, acts, run.endpoint, source)


def using(user: User, upload: Upload) -> RunQuerySet:
    """Return the runs that have an upload as an input and that the user may see, newest first."""
    prefix = f'"/uploads/{upload.pk}/'
    return naming(_visible(user), upload.pk, prefix).order_by("-created_at")


def _of_derived_file(user: User, digest: str) -> Outcome | None:
    # Only the owner learns the origin of a copy without metadata: blind voters can save one.
    own = Q(run__user=user) | ~Q(what=DerivedFile.What.STRIPPED)
    files = DerivedFile.objects.filter(own, digest=digest)
    positions = {file.run_id: file for file in files}
    run = _visible(user).filter(pk__in=positions).order_by("-created_at").first()
    return of_run(run, derived_kind=positions[run.pk].get_what_display()) if run else None


def _of_upload(user: User, upload: Upload) -> Outcome:
    count = using(user, upload).count()
    uses = reverse("playground:upload-uses", args=[upload.pk])
    used_phrase = f"which {counted(count, 'run')} used" if count else "which no run has used yet"
    acts = [Act(USE, uses), *([Act("See the runs", f"{uses}#runs")] if count else [])]
    return Outcome(f"This is an upload, “{upload.file_name}”, {used_phrase}.", acts, is_weak=True)


def _visible(user: User) -> RunQuerySet:
    return Run.objects.visible_to(user).with_endpoint().light("arguments")
