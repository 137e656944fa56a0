"""A live session as a run: begun by its first input, kept up while it lasts, ended with its last pictures.

The process that relays it holds the run's lease. When that process dies, a worker that
takes the lease over ends the run with what was told of it by then, and says so: every picture
of a session is a whole result, so one that breaks off has not failed.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import uuid
from collections import deque
from dataclasses import replace
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, close_old_connections, transaction

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

State = Run.State
log = logging.getLogger(__name__)


class Full(Exception):
    """No session can be begun now; the message says why."""


class Sitting:
    """A session that has begun: what is kept of it, and what is told of it meanwhile."""

    def __init__(self, run: Run, worker: str) -> None:
        self.run = run
        self.count = 0
        self._worker = worker
        self._arguments: Any = run.arguments
        self._frames: deque[Any] = deque(maxlen=KEPT)
        self._told = 0

    @classmethod
    async def begin(
        cls, ticket: Ticket, endpoint: Endpoint, arguments: dict[str, Any], worker: str
    ) -> Sitting:
        """A session whose first input is about to leave. Raises Full, or lifecycle.Refused."""
        return cls(await sync_to_async(_begin)(ticket, endpoint, arguments, worker), worker)

    def took(self, arguments: dict[str, Any], result: dict[str, Any]) -> None:
        """Keep a result, and what it was made from; the oldest make room."""
        self.count += 1
        self._arguments = arguments
        self._frames.append(as_json(result))
        while len(self._frames) > 1 and sum(map(_size, self._frames)) > KEPT_BYTES:
            self._frames.popleft()

    async def keep_up(self) -> None:
        """Hold the lease and tell now and then how far the session is, until cancelled."""
        while True:
            try:
                await sync_to_async(leases.renew)(self._worker, [self.run.pk])
                if self.count > self._told:
                    await self._tell()
            except DatabaseError as error:
                outages.tell(log, error, "run %s: its session could not be told of", self.run.pk)
                await sync_to_async(close_old_connections)()
            await asyncio.sleep(TELL_EVERY_S)

    async def _tell(self) -> None:
        """All that would be kept were this the end: should this process die, it is."""
        self._told = self.count
        kept = {"frames": list(self._frames)}
        seen = Observation(State.RUNNING, partial=kept, metrics=self._metrics)
        await sync_to_async(_note)(self.run.pk, self._arguments, seen)

    @property
    def _metrics(self) -> dict[str, int]:
        return {"results": self.count}

    async def end(self, why: str = "", error: fal.FalError | None = None) -> None:
        """End the run with its last results; `why` says what ended it, if it was not the person."""
        if why:
            await surely(lifecycle.note_event, self.run.pk, "session", why[:500])
        await surely(_note_arguments, self.run.pk, self._arguments)
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
        lease_until=clock.now() + leases.LEASE,
    )
    run.sent_at = run.queued_at = run.started_at = run.created_at
    run.save(update_fields=["sent_at", "queued_at", "started_at"])
    return run


def _note(pk: uuid.UUID, arguments: Any, seen: Observation) -> None:
    with transaction.atomic():
        _note_arguments(pk, arguments)
        lifecycle.record(pk, seen)


def _note_arguments(pk: uuid.UUID, arguments: Any) -> None:
    """The run is what made the pictures that are kept."""
    Run.objects.unfinished().filter(pk=pk).update(
        arguments=arguments, title=filling.title(arguments)
    )
