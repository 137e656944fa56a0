"""A live session as a run: created with the first input, ended with the latest pictures.

The relaying process holds the run's lease and saves its progress. If that process dies, a worker
takes over the lease, ends the run with the last saved progress, and notes that the session broke
off: every picture is a complete result, so the session has not failed. If the relaying process was
only suspended, it sends no more inputs after that, since it could not save their results.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.db import close_old_connections, transaction

import fal
from catalog.models import Endpoint
from core.db import clock, transient_errors
from fal.db_safe import db_safe
from projects.models import Project
from runs.costs import ledger
from runs.costs.cost import estimate_run
from runs.costs.ledger import NOTHING
from runs.files import content_types
from runs.models import Charge, Run, Transport
from runs.realtime.limits import KEPT, LIVE_LIMITS, LiveLimits
from runs.realtime.tickets import Ticket
from runs.results import outcomes
from runs.start import confirmation, starting
from runs.start.refused_starts import Forbidden
from runs.start.starting import Holder, Source, StartRequest
from runs.state import state_machine
from runs.state.locked_update import retry_until_committed
from runs.state.transitions import Observation
from runs.worker.scheduling import capacity, leases

MAX_WAITING = 60  # inputs; upstream then drops the oldest (protocol, section 8.2)
KEPT_BYTES = 4 << 20  # their total size, as stored in the database
STRETCH = 10  # results reserved ahead, if budgets have room for that many
LOGGED_OUT = "You have logged out. Log in, then press “Paint live” again."
RUN_ENDED = (
    "This session's run was ended while this server slept. Press “Paint live” to start a new one."
)

State = Run.State
log = logging.getLogger(__name__)


class SessionLimitReached(Exception):
    """No session can begin now; the message says why."""


class SessionInput(NamedTuple):
    """An input's arguments, and the sent arguments if files had to be uploaded first."""

    arguments: dict[str, Any]
    sent: dict[str, Any] | None = None


class LiveSession:
    """A session in progress: its run, its newest results, and the lease on it."""

    def __init__(
        self,
        run: Run,
        worker: str,
        ticket: Ticket,
        limits: LiveLimits = LIVE_LIMITS,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self.run = run
        self._limits = limits
        self._ticket = ticket
        self.count = 0
        self._worker = worker
        self._made_from = SessionInput(run.arguments)
        self._open: list[Decimal | None] = []  # prices of inputs without a result, the oldest first
        self._max_waiting = max_waiting
        self._frames: deque[Any] = deque(maxlen=KEPT)
        self._failures = 0
        self._last_failure: fal.FalError | None = None
        self._saved_count = 0
        self._sums = _Sums()
        self._reserving = asyncio.Lock()

    @classmethod
    async def begin(
        cls,
        ticket: Ticket,
        endpoint: Endpoint,
        arguments: dict[str, Any],
        worker: str,
        limits: LiveLimits = LIVE_LIMITS,
        *,
        max_waiting: int = MAX_WAITING,
    ) -> LiveSession:
        """Create the session's run before its first input is sent.

        Raises SessionLimitReached or StartRefused (runs/start/refused_starts.py).
        """
        run = await sync_to_async(_begin)(ticket, endpoint, arguments, worker, limits.lease_s)
        live = cls(run, worker, ticket, limits, max_waiting)
        live._sums = await sync_to_async(_Sums.of_run)(run)
        return live

    async def reserve(self, arguments: dict[str, Any]) -> None:
        """Reserve what the result of the next input may cost, and more ahead if there is room.

        Raises Forbidden (runs/start/refused_starts.py) with a sentence if it is not affordable.
        """
        unit_price = await sync_to_async(_price)(self.run, arguments)
        async with self._reserving:
            if unit_price is None:
                unit_price = await self._reserve_unknown()
            else:
                await self._reserve_missing(unit_price)
            self._sums = self._sums.with_input(unit_price)

    async def reserve_for_results(self) -> None:
        """Reserve for results beyond one per input. Raises like `reserve`."""
        async with self._reserving:
            await self._reserve_missing(NOTHING)

    async def _reserve_missing(self, unit_price: Decimal) -> None:
        """Reserve what is missing for inputs, for results so far, and for one more input."""
        missing = self._sums.missing(unit_price)
        if missing > 0:
            ahead = (STRETCH - 1) * (unit_price or self._sums.each or NOTHING)
            extra = await sync_to_async(_reserve)(self.run, missing, ahead)
            # Results may have arrived during the wait, so read the sums again.
            self._sums = replace(self._sums, reserved=self._sums.reserved + extra)

    async def _reserve_unknown(self) -> Decimal | None:
        """Reserve for an input of unknown cost; return the sum assumed for it.

        None means that none is: then all that was left is reserved for the whole session.
        """
        if self._sums.is_open:
            return None
        if not self._sums.inputs:  # the start of the run has reserved the assumed sum
            return self._sums.reserved
        unit_price = await sync_to_async(_reserve_unknown)(self.run, self._ticket)
        reserved = self._sums.reserved + (unit_price or NOTHING)
        self._sums = replace(self._sums, reserved=reserved, is_open=unit_price is None)
        return unit_price

    def note_sent(self, arguments: dict[str, Any], payload: dict[str, Any] | None = None) -> None:
        """Record an input that is being sent, for which `reserve` has reserved."""
        self._made_from = SessionInput(arguments, payload)
        self._open.append(self._sums.each)
        if len(self._open) > 1 + self._max_waiting:
            # Upstream has dropped one of the waiting inputs. It does not say which: the next result
            # may be that of the dearer one.
            self._open[1:3] = [_dearer(*self._open[1:3])]

    def add_result(self, result: dict[str, Any]) -> None:
        """Add a result of the oldest open input; drop the oldest results beyond the limits.

        Nobody says which input a surplus result belongs to: it counts as the dearest.
        """
        self.count += 1
        cost = self._open.pop(0) if self._open else self._sums.dearest
        self._sums = self._sums.with_result(cost)
        self._frames.append(as_json(result))
        while len(self._frames) > 1 and sum(map(_size, self._frames)) > KEPT_BYTES:
            self._frames.popleft()

    def record_failure(self, failure: fal.FalError) -> None:
        """Record that the oldest open input ended in an error."""
        self._failures += 1
        if self._open:
            self._sums = self._sums.with_failure(self._open.pop(0))
        self._last_failure = failure

    def is_owned(self) -> bool:
        """Whether this session still owns the run: its lease is valid or can be renewed."""
        until = self.run.lease_until
        return (until is not None and clock.now() < until) or self._renew_lease()

    def _renew_lease(self) -> bool:
        lease_s = self._limits.lease_s
        self.run.lease_until = leases.renew_live_session(self._worker, self.run.pk, lease_s)
        return self.run.lease_until is not None

    async def renew(self) -> str:
        """Renew the lease and save progress regularly; return why the session is over."""
        while True:
            try:
                if not await sync_to_async(self._renew_lease)():
                    return RUN_ENDED
                if await sync_to_async(lambda: self._ticket.is_logged_out)():
                    return LOGGED_OUT
                if self.count > self._saved_count:
                    await self._save_progress()
            except transient_errors.ANY_DATABASE_ERROR as error:
                transient_errors.log_failure(
                    log, error, "run %s: its session's progress could not be saved", self.run.pk
                )
                await sync_to_async(close_old_connections)()
            await asyncio.sleep(self._limits.save_every_s)

    async def _save_progress(self) -> None:
        """Save the newest results, with which a worker ends the run if this process dies."""
        self._saved_count = self.count
        frames = {"frames": list(self._frames)}
        progress = Observation(State.RUNNING, partial=frames, metrics=self._metrics)
        await sync_to_async(_record)(self.run.pk, self._made_from, progress, self._sums.came)

    @property
    def _metrics(self) -> dict[str, int]:
        return {"results": self.count}

    async def end(self, why: str = "", error: fal.FalError | None = None) -> None:
        """End the run with its newest results, or with the model's last error if there are none.

        `why` is what ended the session; empty if the user did.
        """
        error = error or self._last_failure
        if self._last_failure:
            note = f"{self._failures} of its inputs. The last: {self._last_failure}"
            await retry_until_committed(
                state_machine.note_event, self.run.pk, "refused", note[:500]
            )
        if why:
            await retry_until_committed(state_machine.note_event, self.run.pk, "session", why[:500])
        await retry_until_committed(_record_arguments, self.run.pk, self._made_from)
        await retry_until_committed(ledger.note_so_far, self.run.pk, self._sums.came)
        if self._frames or error:
            frames = {"frames": list(self._frames)} if self._frames else None
            outcome = outcomes.from_session(frames, error)
        else:
            outcome = Observation(State.CANCELLED, by="session")
        await state_machine.arecord(self.run.pk, replace(outcome, metrics=self._metrics))


@dataclass(frozen=True)
class _Sums:
    """The cost of a session in dollars: `reserved`, for inputs `sent`, of results that `came`.

    `each` is the most that one result of the newest input may cost, `dearest` the most over all
    inputs; None means unknown, and then `came` is None too. `is_open` means that an unknown cost
    was confirmed for the whole session.
    """

    inputs: int = 0
    is_open: bool = False
    each: Decimal | None = None
    dearest: Decimal | None = NOTHING
    reserved: Decimal = NOTHING
    sent: Decimal = NOTHING
    came: Decimal | None = NOTHING

    @classmethod
    def of_run(cls, run: Run) -> _Sums:
        """Return the sums of a new session: nothing is sent, one result is reserved."""
        expected = Charge.objects.filter(run=run).values_list("expected", flat=True).first()
        return cls(reserved=expected or NOTHING, is_open=expected is None)

    def missing(self, unit_price: Decimal) -> Decimal:
        """Return what is not reserved yet of all that was sent or came, plus an input."""
        return max(self.sent, self.came or NOTHING) + unit_price - self.reserved

    def with_input(self, price: Decimal | None) -> _Sums:
        """Return the sums after an input with this price per result."""
        sent_amount = max(self.sent, self.came or NOTHING) + (price or NOTHING)
        dearest = _dearer(self.dearest, price)
        return replace(self, inputs=self.inputs + 1, each=price, sent=sent_amount, dearest=dearest)

    def with_result(self, cost: Decimal | None) -> _Sums:
        """Return the sums after a result."""
        came_amount = None if self.came is None or cost is None else self.came + cost
        return replace(self, came=came_amount)

    def with_failure(self, unit_price: Decimal | None) -> _Sums:
        """Return the sums after a failed input, which costs nothing."""
        return replace(self, sent=max(NOTHING, self.sent - (unit_price or NOTHING)))


def _dearer(price: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Return the higher price; None means unknown and may be higher than any."""
    return None if price is None or other is None else max(price, other)


def _price(run: Run, arguments: dict[str, Any]) -> Decimal | None:
    close_old_connections()
    return starting.in_dollars(estimate_run(run.endpoint, arguments))


def _reserve(run: Run, missing: Decimal, ahead: Decimal) -> Decimal:
    """Reserve what is missing, and the next results if there is room; return the reserved sum."""
    close_old_connections()
    try:
        extra = missing + ahead
        starting.reserve_more(run, extra)
    except Forbidden:
        extra = missing
        starting.reserve_more(run, extra)
    return extra


def _reserve_unknown(run: Run, ticket: Ticket) -> Decimal | None:
    close_old_connections()
    with confirmation.given(ticket.confirmation):
        return starting.reserve_more(run, None)


def as_json(value: Any) -> Any:
    """Convert a result for the database: bytes become data URIs where an address would be."""
    if isinstance(value, dict):
        if isinstance(content := value.get("content"), bytes):
            fields = {name: as_json(item) for name, item in value.items() if name != "content"}
            return {**fields, "url": _data_uri(content, str(value.get("content_type") or ""))}
        return {db_safe(str(name)): as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, bytes):
        return _data_uri(value)
    is_plain = value is None or isinstance(value, bool | int | float)
    return value if is_plain else db_safe(str(value))


def _data_uri(content: bytes, claimed_type: str = "") -> str:
    kind = content_types.content_type(content[: content_types.HEAD_BYTES], claimed_type)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    items = value.values() if isinstance(value, dict) else value
    return 16 + sum(map(_size, items)) if isinstance(value, dict | list) else 8


def _begin(
    ticket: Ticket, endpoint: Endpoint, arguments: dict[str, Any], worker: str, lease_s: float
) -> Run:
    if not capacity.has_room(ticket.user_id):
        raise SessionLimitReached(
            "Too many runs are under way. Wait for one to end, then press “Paint live” again."
        )
    person = User.objects.filter(pk=ticket.user_id, is_active=True).first()
    if person is None:
        raise SessionLimitReached("You are no longer logged in.")
    request = StartRequest(
        user=person,
        endpoint=endpoint,
        arguments=arguments,
        source=Source.LIVE,
        key=uuid.uuid4().hex,
        transport=Transport.REALTIME,
        is_private=ticket.is_of_program,
        token_id=ticket.token_id,
        project=_project_of(ticket, person),
        holder=Holder(worker, clock.now() + timedelta(seconds=lease_s), State.RUNNING),
    )
    with confirmation.given(ticket.confirmation):
        return starting.start(request).run


def _project_of(ticket: Ticket, person: User) -> Project | None:
    """Return the project of the session's run; None means the user's private one."""
    if ticket.project_id is None:
        return None
    project = Project.objects.with_member(person).filter(pk=ticket.project_id).first()
    if project is None:
        raise SessionLimitReached("You are no longer a member of the project. Choose another one.")
    return project


def _record(
    pk: uuid.UUID, made_from: SessionInput, progress: Observation, cost_so_far: Decimal | None
) -> None:
    with transaction.atomic():
        _record_arguments(pk, made_from)
        ledger.note_so_far(pk, cost_so_far)
        state_machine.record(pk, progress)


def _record_arguments(pk: uuid.UUID, made_from: SessionInput) -> None:
    """Store the arguments that made the stored pictures as the run's arguments."""
    arguments, sent_arguments = made_from
    Run.objects.unfinished().filter(pk=pk).update(
        arguments=arguments, sent_arguments=sent_arguments, title=starting.title(arguments)
    )


async def first_result(tasks: Sequence[asyncio.Task[str]], time_is_over: str) -> str:
    """Wait until a task returns why the session ends, or its time is over; reraise its errors."""
    done_tasks, _ = await asyncio.wait(
        tasks, timeout=settings.LIVE_MINUTES * 60, return_when=asyncio.FIRST_COMPLETED
    )
    return next((task.result() for task in tasks if task in done_tasks), time_is_over)
