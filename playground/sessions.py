"""A live session as a run: begun by its first input, kept up while it lasts, ended with its last pictures.

The process that relays it holds the run's lease. When that process dies, a worker that
takes the lease over ends the run with what was told of it by then, and says so: every picture
of a session is a whole result, so one that breaks off has not failed. Should that process only
have slept, it sends nothing more: what it painted could be kept nowhere.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import uuid
from collections import deque
from dataclasses import replace
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.db import close_old_connections, transaction

import fal
from catalog import outages
from catalog.models import Endpoint
from fal.storable import storable
from playground import clock, leases, lifecycle, outcomes
from playground.files import sniffing
from playground.form import filling
from playground.lifecycle import Observation
from playground.models import Run, Transport
from playground.tickets import Ticket
from playground.writing import surely

KEPT = 4  # of the last results
KEPT_BYTES = 4 << 20  # of them together, as the database has them
TELL_EVERY_S = 2.0
TAKEN = "This session's run was ended while this server slept. Paint live begins another."

State = Run.State
log = logging.getLogger(__name__)


class Full(Exception):
    """No session can be begun now; the message says why."""


class MadeFrom(NamedTuple):
    """An input as the person gave it, and as it was sent where files of ours had to go up first."""

    arguments: dict[str, Any]
    sent: dict[str, Any] | None = None


class Sitting:
    """A session that has begun: what is kept of it, and what is told of it meanwhile."""

    def __init__(self, run: Run, worker: str) -> None:
        self.run = run
        self.count = 0
        self._worker = worker
        self._made_from = MadeFrom(run.arguments)
        self._frames: deque[Any] = deque(maxlen=KEPT)
        self._failures = 0
        self._last_failure: fal.FalError | None = None
        self._told = 0

    @classmethod
    async def begin(
        cls, ticket: Ticket, endpoint: Endpoint, arguments: dict[str, Any], worker: str
    ) -> Sitting:
        """A session whose first input is about to leave. Raises Full, or lifecycle.Refused."""
        return cls(await sync_to_async(_begin)(ticket, endpoint, arguments, worker), worker)

    def took(self, made_from: MadeFrom, result: dict[str, Any]) -> None:
        """Keep a result, and what it was made from; the oldest make room."""
        self.count += 1
        self._made_from = made_from
        self._frames.append(as_json(result))
        while len(self._frames) > 1 and sum(map(_size, self._frames)) > KEPT_BYTES:
            self._frames.popleft()

    def failed(self, failure: fal.FalError) -> None:
        """Note that an input gave no result but an error."""
        self._failures += 1
        self._last_failure = failure

    def is_ours(self) -> bool:
        """Whether the run is this session's still: it certainly is until the lease runs out, as it was last written."""
        until = self.run.lease_until
        return (until is not None and clock.now() < until) or self._hold()

    def _hold(self) -> bool:
        self.run.lease_until = leases.hold(self._worker, self.run.pk)
        return self.run.lease_until is not None

    async def keep_up(self) -> str:
        """Hold the lease and tell now and then how far the session is; why it is over, once somebody ended its run."""
        while True:
            try:
                if not await sync_to_async(self._hold)():
                    return TAKEN
                if self.count > self._told:
                    await self._tell()
            except outages.ANY as error:
                outages.tell(log, error, "run %s: its session could not be told of", self.run.pk)
                await sync_to_async(close_old_connections)()
            await asyncio.sleep(TELL_EVERY_S)

    async def _tell(self) -> None:
        """All that would be kept were this the end: should this process die, it is."""
        self._told = self.count
        kept = {"frames": list(self._frames)}
        seen = Observation(State.RUNNING, partial=kept, metrics=self._metrics)
        await sync_to_async(_note)(self.run.pk, self._made_from, seen)

    @property
    def _metrics(self) -> dict[str, int]:
        return {"results": self.count}

    async def end(self, why: str = "", error: fal.FalError | None = None) -> None:
        """End the run with its last results; `why` says what ended it, if it was not the person.

        Where there is none, the model's last error is the run's.
        """
        error = error or self._last_failure
        if self._last_failure:
            words = f"{self._failures} of its inputs. The last: {self._last_failure}"
            await surely(lifecycle.note_event, self.run.pk, "refused", words[:500])
        if why:
            await surely(lifecycle.note_event, self.run.pk, "session", why[:500])
        await surely(_note_arguments, self.run.pk, self._made_from)
        if self._frames or error:
            seen = outcomes.session({"frames": list(self._frames)} if self._frames else None, error)
        else:
            seen = Observation(State.CANCELLED, by="session")
        await lifecycle.arecord(self.run.pk, replace(seen, metrics=self._metrics))


def terms() -> str:
    """What a session may cost at most, for the person who begins one."""
    minutes = settings.LIVE_MINUTES
    return (
        f"A picture for each change, each one charged: at most {settings.LIVE_PICTURES_PER_S} "
        f"a second, for {minutes} minute{'s' if minutes != 1 else ''}. It ends after "
        f"{settings.LIVE_IDLE_S} seconds without a change. The last {KEPT} are kept in Runs."
    )


def as_json(value: Any) -> Any:
    """A result as the database takes it: bytes become data URIs where an address would stand."""
    if isinstance(value, dict):
        if isinstance(content := value.get("content"), bytes):
            rest = {name: as_json(item) for name, item in value.items() if name != "content"}
            return {**rest, "url": _data_uri(content, str(value.get("content_type") or ""))}
        return {storable(str(name)): as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, bytes):
        return _data_uri(value)
    is_plain = value is None or isinstance(value, bool | int | float)
    return value if is_plain else storable(str(value))


def _data_uri(content: bytes, claimed: str = "") -> str:
    kind = sniffing.content_type(content[: sniffing.HEAD_BYTES], claimed)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    items = value.values() if isinstance(value, dict) else value
    return sum(map(_size, items)) if isinstance(value, dict | list) else 8


def _begin(ticket: Ticket, endpoint: Endpoint, arguments: dict[str, Any], worker: str) -> Run:
    if not leases.is_room(ticket.user_id):
        raise Full("Too many runs are under way. Wait for one to end, then paint live again.")
    person = User.objects.filter(pk=ticket.user_id, is_active=True).first()
    if person is None:
        raise Full("You are no longer logged in here.")
    run, _ = lifecycle.create(
        user=person,
        endpoint=endpoint,
        schema_id=endpoint.schema_id,
        form_token=f"live-{uuid.uuid4().hex}",
        arguments=arguments,
        title=filling.title(arguments),
        transport=Transport.REALTIME,
        state=State.RUNNING,
        attempts=1,
        worker=worker,
        lease_until=clock.now() + leases.LIVE_LEASE,
    )
    run.sent_at = run.queued_at = run.started_at = run.created_at
    run.save(update_fields=["sent_at", "queued_at", "started_at"])
    return run


def _note(pk: uuid.UUID, made_from: MadeFrom, seen: Observation) -> None:
    with transaction.atomic():
        _note_arguments(pk, made_from)
        lifecycle.record(pk, seen)


def _note_arguments(pk: uuid.UUID, made_from: MadeFrom) -> None:
    """The run is what made the pictures that are kept."""
    arguments, sent = made_from
    Run.objects.unfinished().filter(pk=pk).update(
        arguments=arguments, sent_arguments=sent, title=filling.title(arguments)
    )
