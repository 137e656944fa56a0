"""Creates runs for programs: validated like forms, once for each idempotency key."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from api.models import Token
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.db import clock
from features.notifications import run_ends
from features.notifications.delivery import webhook_addresses
from playground.form import form_state
from playground.form.form_state import ParsedForm
from projects.models import Project
from runs.models import Run, Transport
from runs.results import timeline
from runs.start import starting
from runs.start.starting import Door, Holder, Source, StartRequest
from runs.state import state_machine, transitions
from schemas import Problem
from schemas.exact import identical
from schemas.validation import unknown_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User

KEY_CHARS = 60  # of the digest of an idempotency key


class KeyReused(Exception):
    """An idempotency key was reused for a different request."""


@dataclass(frozen=True)
class ProxiedCall:
    """A call through the proxy; its arguments are validated by upstream only."""

    user: User
    token: Token | None  # None: a call by login
    project: Project  # the run's project
    endpoint: Endpoint
    arguments: dict[str, Any]
    way_in: str = "proxy"  # the timeline's word for the address
    options: Mapping[str, Any] = field(default_factory=dict)  # fields of `fal.SubmitOptions`


@dataclass(frozen=True)
class WantedRun:
    """A run that a program requests, with validated arguments; `webhook` receives its end.

    A repeated call with the same `key` starts nothing.
    """

    token: Token
    project: Project
    endpoint: Endpoint
    arguments: dict[str, Any]
    transport: str
    key: str = ""
    webhook: str = ""
    door: Door = Door.API
    options: Mapping[str, Any] = field(default_factory=dict)  # fields of `fal.SubmitOptions`
    allows_deputy: bool = False


def find_problems(
    endpoint: Endpoint, arguments: dict[str, Any], *, allow_unknown: bool
) -> list[Problem]:
    """Return the arguments' violations of the model's schema, and keys that it does not name.

    With `allow_unknown` such keys are allowed: fal may accept fields that its schema lacks.
    """
    problems = form_state.find_problems(endpoint, ParsedForm(arguments, []))
    unknown = [] if allow_unknown else unknown_keys(version_of(endpoint).contract, arguments)
    paths = {problem.path for problem in unknown}
    return [*unknown, *(problem for problem in problems if problem.path not in paths)]


def start(wanted_run: WantedRun) -> tuple[Run, bool]:
    """Create a run (True), or return the one that its key created (False).

    The webhook's address must be vetted already. Raises KeyReused, and StartRefused if the
    model cannot be run, or its user may start nothing in the project.
    """
    request = StartRequest(
        user=wanted_run.token.user,
        project=wanted_run.project,
        endpoint=wanted_run.endpoint,
        arguments=wanted_run.arguments,
        source=Source.API,
        key=_run_key(wanted_run.key),
        transport=wanted_run.transport,
        options=wanted_run.options,
        event=("api", wanted_run.token.name),
        door=wanted_run.door,
        token_id=wanted_run.token.pk,
    )
    with transaction.atomic():
        run, is_new = starting.start(request)
        if is_new and wanted_run.webhook:
            run_ends.attach_webhook(run, wanted_run.webhook)
        if is_new and wanted_run.allows_deputy:
            state_machine.note_event(run.pk, timeline.DEPUTY_ALLOWED, "")
    if not is_new and not _is_same(run, request, wanted_run.webhook):
        raise KeyReused
    return run, is_new


def start_proxied(call: ProxiedCall, webhook: str = "") -> Run:
    """Create a run for a call through the proxy; its end is reported to `webhook`.

    Raises StartRefused like `start`, and vetting.RefusedAddress.
    """
    if webhook:
        webhook_addresses.check(webhook, settings.WEBHOOK_PRIVATE_ORIGINS)
    with transaction.atomic():
        run = starting.start(_proxied_request(call)).run
        if webhook:
            run_ends.attach_webhook(run, webhook)
    return run


def start_streamed(call: ProxiedCall, holder: str) -> Run:
    """Create a run that `holder` sends at once, over a connection on which the caller waits.

    It counts as sent from now on, so that no worker sends it again if the holder dies.
    """
    until = clock.now() + transitions.HOLDER_RENEWS_WITHIN
    request = replace(
        _proxied_request(call),
        transport=Transport.STREAM,
        holder=Holder(holder, until, Run.State.SUBMITTING),
    )
    return starting.start(request).run


def _proxied_request(call: ProxiedCall) -> StartRequest:
    return StartRequest(
        user=call.user,
        project=call.project,
        endpoint=call.endpoint,
        arguments=call.arguments,
        source=Source.API,
        key=_run_key(""),
        options=call.options,
        event=(call.way_in, call.token.name if call.token else ""),
        token_id=call.token.pk if call.token else None,
    )


def _run_key(key: str) -> str:
    """Return the key of a run: derived from the idempotency key, else random."""
    if not key:
        return secrets.token_urlsafe(32)
    return hashlib.sha256(key.encode()).hexdigest()[:KEY_CHARS]


def _is_same(run: Run, request: StartRequest, webhook: str) -> bool:
    """Return whether the run is what the request would have started."""
    is_here = run.endpoint_id == request.endpoint.pk and run.transport == request.transport
    is_here = is_here and run.project_id == starting.project_of(request).pk
    is_here = is_here and run.options == starting.options_of(request)
    has_webhook = run_ends.webhook_address_of(run) == webhook
    return is_here and has_webhook and identical(run.arguments, starting.arguments_of(request))
