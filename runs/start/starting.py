"""The only way to start a run, for every feature.

A run is refused if its model is blocked or gone, if a rule locks the model in the project
(`projects/rules/`), or if an account that it counts towards has no room. Its source and a key
identify it, so a repeated submission or call returns the run that the first one has started. The
source also decides whether its user's wish to share runs applies. The most that it may cost is
reserved in the transaction that creates it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.audit import acting
from accounts.profile import preferences
from catalog.models import Endpoint
from core.formatting import shorten
from core.http import request_ids
from core.notify import channel
from core.process import counters
from fal.db_safe import db_safe, db_safe_text
from projects import roles
from projects.models import Project
from projects.models.project import private_project
from projects.rules import enforcement
from runs.costs import ledger
from runs.costs.cost import estimate_runs
from runs.costs.ledger import Reservation
from runs.files.artifact_urls import with_own_results
from runs.files.own_addresses import with_own_paths
from runs.models import Charge, LedgerAccount, Run, Transport
from runs.ownership import upstream_deletion, upstream_retention
from runs.promises import named_inputs
from runs.promises.lifecycle import Lifecycle
from runs.promises.registry import registered
from runs.start.refused_starts import Forbidden, StartRefused

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from runs.models.querysets import RunQuerySet
    from schemas.estimate import Estimate

TITLE_LENGTH = 200
TITLE_KEYS = ("prompt", "text", "input", "gen_text", "lyrics", "query", "caption")
TOKEN_CHARS = 64
PRESS_KEY_CHARS = 16  # beside a source, the run it repeats and a position: within `TOKEN_CHARS`
LOGGED_RUNS = 20  # of one submission

log = logging.getLogger(__name__)


class Door(StrEnum):
    """Where a run began, in words of users: `/spend/` shows what each of these has spent."""

    PAGE = "page"
    BOARD = "board"
    FLOW = "flow"
    CHAT = "chat"  # of runs before 0.3.0
    CHECK = "check"  # of runs before 0.3.0
    API = "api"
    ASSISTANT = "assistant"


class Source(StrEnum):
    """What starts a run; the first part of the run's token.

    A door would not do: a press of Run and one of "Again" on a page are two sources, so that equal
    keys do not make them one run. Nor is the door always that of the source: an assistant's runs
    have the source of programs, and a model that takes over keeps the door of the run before.
    """

    FORM = "form"
    RERUN = "again"
    DEPUTY = "deputy"
    VARIATION = "more"
    BOARD = "cell"
    FLOW = "flow"
    LIVE = "live"
    API = "api"

    @property
    def door(self) -> Door:
        """Return where its runs begin, unless their request says otherwise."""
        return _DOORS.get(self, Door.PAGE)


_DOORS = {Source.BOARD: Door.BOARD, Source.FLOW: Door.FLOW, Source.API: Door.API}
# People write the arguments of these, and no form or plan has resolved names in them before.
RESOLVES_NAMES = {Source.FLOW}
# Their results are compared, so no other model may answer: fal's fallbacks are refused.
COMPARED = {Source.BOARD}
# These contain texts that were not written for others, such as a program's system prompt.
NEVER_SHARED = {Source.API}


@dataclass(frozen=True)
class Holder:
    """A process that sends the run itself, at once, and holds its lease from the start.

    The run counts as sent from then on: no worker sends it again if its holder dies.
    """

    name: str
    lease_until: datetime
    state: Run.State  # submitting, or running if the connection is open already


@dataclass(frozen=True, kw_only=True)
class StartRequest:
    """A run to be started.

    `key` identifies it among its user's runs of this source: equal keys are one run. `accounts` are
    those that it counts towards, opened in this transaction. `estimate` is its expected cost if the
    caller knows it. `token_id` is the key of the API token of the program that starts it; default
    is the token of the current request. With `is_private`, the run is not shown to the team
    although its user shares runs, such as runs of programs. `event` is the first entry of its
    timeline, (what, text). `options` are fields of `fal.SubmitOptions`.
    """

    user: User
    endpoint: Endpoint
    arguments: dict[str, Any]
    source: Source
    key: str
    transport: str = Transport.QUEUE
    title: str | None = None  # None: taken from the arguments
    batch: uuid.UUID | None = None
    is_private: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    event: tuple[str, str] | None = None
    holder: Holder | None = None
    accounts: Sequence[LedgerAccount] = ()
    door: Door | None = None  # None: the source's
    token_id: int | None = None
    estimate: Estimate | None = None
    project: Project | None = None  # None: its user's private one
    is_hidden: bool | None = None  # from the project's other members; None: the project's default
    origins: Sequence[str] = ()  # what its form was filled in from, for `Lifecycle.on_start`


class StartResult(NamedTuple):
    """A run; `is_new` is False if an earlier request with its key has started it."""

    run: Run
    is_new: bool


def start(request: StartRequest) -> StartResult:
    """Start a run, or return the run that this key has started.

    Raises StartRefused, Forbidden, or ledger.CapExceeded if an account is full; writes nothing
    then.
    """
    (started,) = start_many([request])
    return started


def start_many(requests: Sequence[StartRequest]) -> list[StartResult]:
    """Start several runs of one user, all or none; raises what `start` raises."""
    try:
        return _start_many(requests) if requests else []
    except (StartRefused, ledger.CapExceeded) as error:
        counters.count("vitrine_runs_refused_total", reason=type(error).__name__)
        raise


def _start_many(requests: Sequence[StartRequest]) -> list[StartResult]:
    for endpoint in {request.endpoint.pk: request.endpoint for request in requests}.values():
        if refusal := endpoint.refusal_everywhere:
            raise StartRefused(refusal)
    user = requests[0].user
    projects = {project_of(request) for request in requests}
    for project in projects:
        if refusal := roles.refusal_to_make(user, project):
            raise Forbidden(refusal)
    if refusal := enforcement.first_refusal(
        {(project_of(request), request.endpoint) for request in requests}
    ):
        raise Forbidden(refusal)
    requests = _resolved(requests)
    with transaction.atomic():
        started = _insert(requests)
        new = [
            (start.run, request)
            for start, request in zip(started, requests, strict=True)
            if start.is_new
        ]
        if new:
            _tell_origins(new)
            _plan_deletion(new)
            _reserve(new)  # last, since other starts wait for it
            channel.notify()
            transaction.on_commit(partial(_report, new), robust=True)
    return started


def _report(new: Sequence[tuple[Run, StartRequest]]) -> None:
    """Count the new runs and log the first of them."""
    for _, request in new:
        counters.count("vitrine_runs_started_total", door=request.door or request.source.door)
    first = " ".join(str(run.pk) for run, _ in new[:LOGGED_RUNS])
    log.info("runs started: %s, the first: %s", len(new), first)


def _resolved(requests: Sequence[StartRequest]) -> Sequence[StartRequest]:
    """Return the requests with names resolved (`named_inputs.py`) if their source needs it."""
    if not any(request.source in RESOLVES_NAMES for request in requests):
        return requests
    resolve = named_inputs.resolver(requests[0].user, project_of(requests[0]))
    resolved_requests = []
    for request in requests:
        resolved = resolve(request.endpoint, request.arguments)
        title_ = title(request.arguments) if request.title is None else request.title
        resolved_requests.append(replace(request, arguments=resolved.arguments, title=title_))
    return resolved_requests


def _insert(requests: Sequence[StartRequest]) -> list[StartResult]:
    """Insert the runs whose tokens are new; a unique constraint decides between concurrent ones."""
    user = requests[0].user
    shares = preferences.shares_runs(user)
    runs = [_row(request, shares=shares) for request in requests]
    Run.objects.bulk_create(runs, ignore_conflicts=True)
    rows = Run.objects.filter(user=user, form_token__in=[run.form_token for run in runs])
    keys = dict(rows.values_list("form_token", "pk"))
    earlier = Run.objects.in_bulk(set(keys.values()) - {run.pk for run in runs})
    started = []
    for run, request in zip(runs, requests, strict=True):
        existing = earlier.get(keys[run.form_token])
        if existing is None and request.holder:
            _note_sent(run)
        started.append(StartResult(existing or run, existing is None))
    return started


def _row(request: StartRequest, *, shares: bool) -> Run:
    endpoint, holder = request.endpoint, request.holder
    holder_columns: dict[str, Any] = {}
    if holder:
        holder_columns = {
            "state": holder.state,
            "attempts": 1,
            "worker": holder.name,
            "lease_until": holder.lease_until,
        }
    events = []
    if request.event:
        event_kind, text = request.event
        events = [{"at": timezone.now().isoformat(), "what": event_kind, "text": text}]
    project = project_of(request)
    # Runs in a shared project are for its members, however freely their user shares others.
    may_be_shared = shares and project.is_private and not request.is_private
    is_hidden = project.hides_new_runs if request.is_hidden is None else request.is_hidden
    return Run(
        user=request.user,
        endpoint=endpoint,
        schema_id=endpoint.schema_id,
        form_token=token(request.source, request.key),
        arguments=arguments_of(request),
        transport=request.transport,
        title=title(request.arguments) if request.title is None else request.title,
        batch=request.batch,
        options=options_of(request),
        events=events,
        is_example=may_be_shared and request.source not in NEVER_SHARED,
        project=project,
        is_hidden=is_hidden,
        correlation_id=request_ids.current() or None,
        **holder_columns,
    )


def arguments_of(request: StartRequest) -> Any:
    """Return the arguments as the run will have them: our files by their paths."""
    return db_safe(with_own_results(with_own_paths(request.arguments), request.user))


def options_of(request: StartRequest) -> dict[str, Any]:
    """Return the options as the run will have them: as strict as its project and source."""
    options = upstream_retention.stricter(request.options, project_of(request).fal_keeps)
    return options | ({"disable_fallback": True} if request.source in COMPARED else {})


def project_of(request: StartRequest) -> Project:
    """Return the project in which the run will live."""
    return request.project or private_project(request.user)


def _plan_deletion(new: Sequence[tuple[Run, StartRequest]]) -> None:
    """Plan the deletion at fal of the runs of which it is to keep nothing."""
    nothing = Project.FalKeeps.NOTHING
    runs = [run for run, request in new if project_of(request).fal_keeps == nothing]
    upstream_deletion.plan([(run.pk, run.request_id) for run in runs])


def _note_sent(run: Run) -> None:
    """Record that a run with a holder was sent when it was created."""
    names = ["sent_at"]
    if run.state == Run.State.RUNNING:
        names += ["queued_at", "started_at"]
    for name in names:
        setattr(run, name, run.created_at)
    run.save(update_fields=names)


def _reserve(new: Sequence[tuple[Run, StartRequest]]) -> None:
    """Write what the runs may cost, and reserve it in the accounts that they count towards."""
    unknown = [request for _, request in new if request.estimate is None]
    inputs = [(request.endpoint, request.arguments) for request in unknown]
    estimates = iter(estimate_runs(inputs) if inputs else [])
    most = [in_dollars(request.estimate or next(estimates)) for _, request in new]
    ledger.lock_house()
    costs = list(zip(new, most, strict=True))
    charges = [_charge(run, request, cost) for (run, request), cost in costs]
    for owner in registered(Lifecycle):
        owner.on_charges(new[0][1].user, charges)
    ledger.write_charges(charges)
    ledger.reserve([Reservation(run.pk, cost, request.accounts) for (run, request), cost in costs])


def require_affordable(user: User, project: Project, endpoint: Endpoint, cost: Estimate) -> None:
    """Raise Forbidden if a run would not be affordable or needs confirmation; reserve nothing."""
    with transaction.atomic():
        plan(user, project, [(endpoint, cost)])
        transaction.set_rollback(True)


def plan(
    user: User,
    project: Project,
    planned_runs: Sequence[tuple[Endpoint, Estimate]],
    token_id: int | None = None,
) -> list[Charge]:
    """Reserve the cost of runs that start one by one later, such as the steps of a flow.

    Call it in a transaction; raises Forbidden if they are not affordable or need confirmation.
    Returns one charge per run; only charges that count for something are written.
    `ledger.give_back` removes them before their run starts, or if it never will.
    """
    charges = [
        Charge(
            user_id=user.pk,
            project_id=project.pk,
            endpoint=endpoint,
            token_id=token_id or calling_token(),
            door=Door.FLOW,
            created_at=timezone.now(),
            expected=in_dollars(estimate),
        )
        for endpoint, estimate in planned_runs
    ]
    if charges:
        ledger.lock_house()
        for owner in registered(Lifecycle):
            owner.on_charges(user, charges)
        ledger.write_charges([charge for charge in charges if charge.counted is not None])
    return charges


def reserve_more(run: Run, extra: Decimal | None) -> Decimal | None:
    """Reserve more for a run in progress, such as a live session; None means an unknown sum.

    Returns how much more the run may cost; None if that is unknown and everything that was left
    counts for it. Raises Forbidden if it is not affordable; earlier reservations stay.
    """
    with transaction.atomic():
        charge = ledger.locked_charge(run.pk)
        if charge is None or charge.is_open:
            return extra
        extra_charge = copy(charge)
        extra_charge.expected = extra_charge.amount = extra
        for owner in registered(Lifecycle):
            owner.on_charges(run.user, [extra_charge], before=charge.expected or ledger.NOTHING)
        if extra_charge.counted is not None:
            ledger.grow(charge, extra_charge.counted, is_known=extra_charge.expected is not None)
        expected: Decimal | None = extra_charge.expected
        return expected


def calling_token() -> int | None:
    """Return the key of the current request's API token; None for people and jobs."""
    token = getattr(acting.request(), "api_token", None)
    return token.pk if token else None


def _charge(run: Run, request: StartRequest, expected: Decimal | None) -> Charge:
    endpoint = request.endpoint
    has_price = endpoint.currency in ledger.IN_DOLLARS
    return Charge(
        run=run,
        user_id=run.user_id,
        project_id=run.project_id,
        endpoint=endpoint,
        token_id=request.token_id or calling_token(),
        door=request.door or request.source.door,
        created_at=run.created_at,
        unit_price=endpoint.unit_price_usd if has_price else None,
        price_unit=endpoint.price_unit,
        expected=expected,
    )


def _tell_origins(new: Sequence[tuple[Run, StartRequest]]) -> None:
    origins = {run: request.origins for run, request in new}
    for owner in registered(Lifecycle):
        owner.on_start(new[0][1].user, origins)


def in_dollars(estimate: Estimate) -> Decimal | None:
    """Return the most that a run costs; None if that is unknown or in another currency."""
    return estimate.most if estimate.currency in ledger.IN_DOLLARS else None


def token(source: Source, key: str) -> str:
    """Return a run's token, unique per user and cut to the column's 64 characters."""
    whole_token = f"{source}-{key}"
    if len(whole_token) <= TOKEN_CHARS:
        return whole_token
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{source}-{digest}"[:TOKEN_CHARS]


def is_of(run: Run, source: Source) -> bool:
    """Whether this source has started a run."""
    return run.form_token.startswith(f"{source}-")


def runs_of(user: User, source: Source, key: str) -> RunQuerySet:
    """Return a user's runs of a source whose keys begin with `key`."""
    return Run.objects.filter(user_id=user.pk, form_token__startswith=token(source, key))


def title(arguments: Mapping[str, Any]) -> str:
    """Return a run's title: the first line of its prompt, other text or last message."""
    texts = [arguments.get(key) for key in TITLE_KEYS]
    messages = arguments.get("messages")
    if isinstance(messages, list) and messages and isinstance(messages[-1], dict):
        texts.append(messages[-1].get("content"))
    for text in texts:
        if isinstance(text, str) and text.strip():
            return shorten(db_safe_text(text.strip().splitlines()[0]), TITLE_LENGTH)
    return ""


def press_key(token: str) -> str:
    """Return the token of a drawn button as a short part of the keys of its runs."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:PRESS_KEY_CHARS]


def form_token(press: str, arguments: dict[str, Any]) -> str:
    """Return a key that is equal for two submissions of the same page with equal arguments."""
    text = f"{press}\n{json.dumps(arguments, sort_keys=True)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
