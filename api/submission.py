"""Creates runs for programs: validated like forms, once for each idempotency key."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from api.models import Token
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.db import clock, prepared_queries
from notifications import run_webhooks
from notifications.delivery import vetting
from playground.form import form_state
from playground.form.form_state import ParsedForm
from runs import starting, state_machine, transitions
from runs.models import Run, Transport
from schemas import Problem
from schemas.exact import identical
from schemas.validation import unknown_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User

MARK = "api-"  # prefix of the form tokens of these runs


class KeyReused(Exception):
    """An idempotency key was reused for a different request."""


@dataclass(frozen=True)
class ProxiedCall:
    """A call through the proxy; its arguments are validated by upstream only."""

    user: User
    token_name: str  # empty for a call by login
    endpoint: Endpoint
    arguments: dict[str, Any]
    way_in: str = "proxy"  # the timeline's word for the address
    options: Mapping[str, Any] = field(default_factory=dict)  # fields of `fal.SubmitOptions`


def find_problems(
    endpoint: Endpoint, arguments: dict[str, Any], *, allow_unknown: bool
) -> list[Problem]:
    """Return the arguments' violations of the model's schema, and keys that it does not name.

    With `allow_unknown` these are meant: fal takes fields before its schema names them.
    """
    found = form_state.find_problems(endpoint, ParsedForm(arguments, []))
    unknown = [] if allow_unknown else unknown_keys(version_of(endpoint).contract, arguments)
    paths = {one.path for one in unknown}
    return [*unknown, *(one for one in found if one.path not in paths)]


def start(
    token: Token,
    endpoint: Endpoint,
    arguments: dict[str, Any],
    transport: str,
    key: str = "",
    webhook: str = "",
) -> tuple[Run, bool]:
    """Create a run with validated arguments (True), or return the one that `key` created (False).

    Its end is reported to the vetted address `webhook`. Raises KeyReused, and
    state_machine.Refused if the model cannot be run.
    """
    with transaction.atomic():
        run, is_new = state_machine.create(
            user=token.user,
            form_token=_form_token(key),
            transport=transport,
            **_values(endpoint, arguments, "api", token.name),
        )
        if is_new and webhook:
            run_webhooks.attach(run, webhook)
    is_same = is_new or _is_same(run, endpoint, arguments, transport)
    if not is_same or (not is_new and run_webhooks.address_of(run) != webhook):
        raise KeyReused
    return run, is_new


def start_proxied(call: ProxiedCall, webhook: str = "") -> Run:
    """Create a run for a call through the proxy; its end is reported to `webhook`.

    Raises state_machine.Refused like `start`, and vetting.RefusedAddress.
    """
    if webhook:
        vetting.check(webhook, settings.WEBHOOK_PRIVATE_ORIGINS)
    with transaction.atomic():
        run = _create_proxied(call, transport=Transport.QUEUE)
        if webhook:
            run_webhooks.attach(run, webhook)
    return run


def start_streamed(call: ProxiedCall, holder: str) -> Run:
    """Create a run that `holder` sends at once, over a connection on which the caller waits.

    It counts as sent from now on, so that no worker sends it again if its holder dies.
    """
    with transaction.atomic():
        run = _create_proxied(
            call,
            transport=Transport.STREAM,
            state=Run.State.SUBMITTING,
            attempts=1,
            worker=holder,
            lease_until=clock.now() + transitions.HOLDER_RENEWS_WITHIN,
        )
        prepared_queries.update_row(run, {"sent_at": run.created_at})
    return run


def _create_proxied(call: ProxiedCall, **more: Any) -> Run:
    values = _values(call.endpoint, call.arguments, call.way_in, call.token_name)
    run, _ = state_machine.create(
        user=call.user,
        form_token=_form_token(""),
        options=dict(call.options),
        **values,
        **more,
    )
    return run


def _values(
    endpoint: Endpoint, arguments: dict[str, Any], what: str, token_name: str
) -> dict[str, Any]:
    """Return the columns for the run's contents, and its timeline event for the API used."""
    return {
        "endpoint": endpoint,
        "schema_id": endpoint.schema_id,
        "arguments": arguments,
        "title": starting.title(arguments),
        "events": [{"at": timezone.now().isoformat(), "what": what, "text": token_name}],
    }


def _form_token(key: str) -> str:
    """Return the form token of a run: derived from the idempotency key, else random."""
    if not key:
        return f"{MARK}{secrets.token_urlsafe(32)}"
    return MARK + hashlib.sha256(key.encode()).hexdigest()[: 64 - len(MARK)]


def _is_same(run: Run, endpoint: Endpoint, arguments: Mapping[str, Any], transport: str) -> bool:
    is_here = run.endpoint_id == endpoint.pk and run.transport == transport
    return is_here and identical(run.arguments, arguments)
