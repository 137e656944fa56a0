"""Creates runs for programs: checked as forms are, once for each idempotency key."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from api.models import Token
from catalog.models import Endpoint
from playground.form import form_state
from playground.form.form_state import ParsedForm
from playground.models import Run
from playground.runs import state_machine
from schemas import Problem
from schemas.exact import identical

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = "api-"  # begins the form tokens of these runs
OUR_PATHS = ("/uploads/", "/runs/")


class KeyReused(ValueError):
    """An idempotency key came back with another request."""


def find_problems(endpoint: Endpoint, arguments: dict[str, Any]) -> list[Problem]:
    """What the model's schema objects to."""
    return form_state.find_problems(endpoint, ParsedForm(arguments, []))


def start(
    token: Token, endpoint: Endpoint, arguments: dict[str, Any], transport: str, key: str = ""
) -> tuple[Run, bool]:
    """Create a run of checked arguments (True), or return the one that `key` created (False).

    Raises KeyReused, and state_machine.Refused where the model cannot be run.
    """
    run, is_new = state_machine.create(
        user=token.user,
        endpoint=endpoint,
        schema_id=endpoint.schema_id,
        form_token=_form_token(key),
        transport=transport,
        arguments=arguments,
        title=form_state.title(arguments),
        events=[{"at": timezone.now().isoformat(), "what": "api", "text": token.name}],
    )
    if not is_new and not _is_same(run, endpoint, arguments, transport):
        raise KeyReused(
            "This Idempotency-Key came with another request before. Use a new key for each run."
        )
    return run, is_new


def with_relative_addresses(value: Any, origin: str) -> Any:
    """Arguments with the addresses of our files as forms have them, without scheme and host."""
    if isinstance(value, str):
        path = value.removeprefix(origin)
        return path if path != value and path.startswith(OUR_PATHS) else value
    if isinstance(value, dict):
        return {key: with_relative_addresses(child, origin) for key, child in value.items()}
    if isinstance(value, list):
        return [with_relative_addresses(child, origin) for child in value]
    return value


def _form_token(key: str) -> str:
    """The token that makes a run unique for its person: of the key, else of nothing else."""
    if not key:
        return f"{MARK}{secrets.token_urlsafe(32)}"
    return MARK + hashlib.sha256(key.encode()).hexdigest()[: 64 - len(MARK)]


def _is_same(run: Run, endpoint: Endpoint, arguments: Mapping[str, Any], transport: str) -> bool:
    is_here = run.endpoint_id == endpoint.pk and run.transport == transport
    return is_here and identical(run.arguments, arguments)
