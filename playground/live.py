"""Held polls: the one asynchronous thing in the web process.

A page asks `/runs/live/?r=<run>:<version>:<view>:<mark>&r=…&hold=1` for all its runs at
once. The answer comes as soon as one of them is newer than the page's version, or after
`HOLD_S` with nothing (204). However many wait, a change costs one query, and each
fragment is drawn once.

The mark is a signature that the page got together with the run, so a poll needs neither
session nor database: whoever was shown the run may watch it to its end.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from django.db.models import UUIDField

from catalog.prepared import Prepared, Slot, Slots
from playground import changes, leaving, outages, renderers
from playground.live_marks import mark
from playground.models import Run

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/runs/live/"
HOLD_S = 8.0
MOST_RUNS = 100  # in one poll; a page shows fewer
KEPT_FRAGMENTS = 512
KEPT_STATES = 4096
GATHER_S = 0.1  # log lines are told together, ten times a second at most
PASSING = {Run.State.SUBMITTING}  # a step of our own, mostly over before anybody could see it
STOP_POLLING = 286  # htmx: nothing more will change

# Asked at every change of a watched run.
_VERSIONS = Prepared(
    lambda: Run.objects.filter(pk__in=Slots("pks", UUIDField())).values_list(
        "pk", "version", "state"
    )
)
_WHOLE = Prepared(lambda: Run.objects.with_endpoint().filter(pk=Slot("pk", UUIDField())))

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watched:
    """A run as one page knows it; `view` says how the page shows it."""

    pk: uuid.UUID
    version: int
    view: str


def read(query: str) -> list[Watched]:
    """The runs that a poll asks for; anything malformed or unsigned is left out."""
    found = []
    for text in parse_qs(query).get("r", [])[:MOST_RUNS]:
        pk, _, rest = text.partition(":")
        version, _, rest = rest.partition(":")
        view, _, signature = rest.partition(":")
        try:
            watched = Watched(uuid.UUID(pk), int(version), view)
        except ValueError:
            continue
        if hmac.compare_digest(mark(watched.pk, view), signature):
            found.append(watched)
    return found


class _Poll:
    """One held poll: which runs it waits for, and the future that its answer is."""

    def __init__(self, hub: Hub, runs: list[Watched]) -> None:
        self.hub = hub
        self.runs = runs
        self.answer: asyncio.Future[list[Watched]] = asyncio.get_running_loop().create_future()
        self._timer: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """Answer now where a run is in another state, soon where there is other news."""
        if self.answer.done():
            return
        if any(self.hub.has_moved(run) for run in self.runs):
            self.end()
        elif self._timer is None and self.found():
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self.end)

    def found(self) -> list[Watched]:
        """Those of the runs that are newer than the page has them, with their version."""
        versions = self.hub.versions
        return [
            replace(run, version=newest)
            for run in self.runs
            if (newest := versions.get(run.pk, 0)) > run.version
        ]

    def end(self) -> None:
        """Answer with what there is."""
        if self._timer:
            self._timer.cancel()
        if not self.answer.done():
            self.answer.set_result(self.found())


class Hub:
    """Wakes the polls of this process whose runs have changed, and no others.

    One task listens for all of them: a ring costs one query, and what a poll costs while
    nothing happens to its runs is the memory that it takes.
    """

    def __init__(self, bell: changes.Bell) -> None:
        self.bell = bell
        self.is_leaving = False
        self.versions: dict[uuid.UUID, int] = {}
        self._polls: dict[uuid.UUID, set[_Poll]] = {}
        self._has_polls = asyncio.Event()
        self._reading = asyncio.Lock()
        self._drawing = asyncio.Lock()
        self._states: OrderedDict[uuid.UUID, tuple[str, int]] = OrderedDict()  # and since when
        self._fragments: OrderedDict[tuple[uuid.UUID, str], tuple[int, bytes]] = OrderedDict()

    async def newer(self, runs: list[Watched], hold_s: float) -> list[Watched]:
        """Those of `runs` that have a newer version, with it, as soon as there is one; empty after `hold_s`."""
        poll = _Poll(self, runs)
        for run in runs:
            self._polls.setdefault(run.pk, set()).add(poll)
        self._has_polls.set()
        ending: asyncio.TimerHandle | None = None
        try:
            if any(run.pk not in self.versions for run in runs):
                await self._read_unknown(runs)
            poll.look()
            ending = asyncio.get_running_loop().call_later(hold_s, poll.end)
            return await poll.answer
        finally:
            if ending:
                ending.cancel()
            for run in runs:
                self._forget(run.pk, poll)

    async def listen(self) -> None:
        """Look at the watched runs at each ring, for as long as this task lives."""
        rung = self.bell.version
        while True:
            await self._has_polls.wait()
            rung = await self.bell.wait(rung, HOLD_S)
            try:
                async with self._reading:
                    await self._read(list(self._polls))
            except DatabaseError as error:
                words = "the watched runs could not be read; again at the next ring"
                outages.tell(log, error, words)

    def leave(self) -> None:
        """Hold nothing any more: the server ends, and would wait for it."""
        self.is_leaving = True
        for poll in set().union(*self._polls.values()):
            poll.end()

    def has_moved(self, run: Watched) -> bool:
        """Whether the run's state is another than when the page drew it, in a way that is told at once."""
        state, since = self._states.get(run.pk, ("", 0))
        return since > run.version and state not in PASSING

    async def _read_unknown(self, runs: list[Watched]) -> None:
        async with self._reading:  # who comes while somebody reads finds it read
            if any(run.pk not in self.versions for run in runs):
                await self._read(list(self._polls))

    async def _read(self, pks: list[uuid.UUID]) -> None:
        changed = []
        for pk, (version, state) in (await _in_thread(_versions)(pks)).items():
            if self.versions.get(pk) != version and pk in self._polls:
                self.versions[pk] = version
                changed.append(pk)
            if self._states.get(pk, ("", 0))[0] != state:
                self._states[pk] = (state, version)
                self._states.move_to_end(pk)
        while len(self._states) > KEPT_STATES:
            self._states.popitem(last=False)
        for pk in changed:
            for poll in self._polls.get(pk, ()):
                poll.look()

    def _forget(self, pk: uuid.UUID, poll: _Poll) -> None:
        polls = self._polls.get(pk, set())
        polls.discard(poll)
        if not polls:
            self._polls.pop(pk, None)
            self.versions.pop(pk, None)
        if not self._polls:
            self._has_polls.clear()

    async def fragment(self, run: Watched) -> bytes:
        """The markup of a run in a view, of this version or newer; drawn once for everybody."""
        key = (run.pk, run.view)
        kept = self._fragments.get(key)
        if kept is None or kept[0] < run.version:
            async with self._drawing:  # who comes while it is drawn finds it drawn
                kept = self._fragments.get(key)
                if kept is None or kept[0] < run.version:
                    kept = await _in_thread(_draw)(run.pk, run.view)
                    self._fragments[key] = kept
                    self._fragments.move_to_end(key)
                    while len(self._fragments) > KEPT_FRAGMENTS:
                        self._fragments.popitem(last=False)
        return kept[1]


class Router:
    """The ASGI application: held polls here, every other request to the pages."""

    def __init__(self, pages: App) -> None:
        self.pages = pages
        self.hub: Hub | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"] == PATH and self.hub:
            await self._poll(self.hub, scope, receive, send)
        elif scope["type"] == "http":
            await self.pages(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            self.hub = Hub(await stack.enter_async_context(changes.listening()))
            listening = asyncio.create_task(self.hub.listen(), name="held polls")
            with leaving.told(self.hub.leave):
                await send({"type": "lifespan.startup.complete"})
                await receive()
            listening.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _poll(self, hub: Hub, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        runs = read(query)
        if not runs:
            return await _answer(send, STOP_POLLING)
        hold_s = HOLD_S if "hold=1" in query.split("&") and not hub.is_leaving else 0.0
        try:
            # Who leaves meanwhile is not looked for: it would cost each poll a task, and ends with the hold.
            found = await hub.newer(runs, hold_s)
            body = b"".join([await hub.fragment(run) for run in found])
        except DatabaseError as error:
            outages.tell(log, error, "a held poll could not read its runs")
            return await _answer(send, 503)
        nothing = 503 if hub.is_leaving else 204  # a page waits a little after an error
        return await _answer(send, 200 if body else nothing, body, found)


async def _answer(send: Send, status: int, body: bytes = b"", told: Sequence[Watched] = ()) -> None:
    """`told`: what the body shows, for the tab that asks for others as well."""
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
    if told:
        versions = " ".join(f"{run.pk}:{run.version}:{run.view}" for run in told)
        headers.append((b"versions", versions.encode()))
    if status != 204:  # else each answer is sent in chunks, which costs both ends
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _versions(pks: list[uuid.UUID]) -> dict[uuid.UUID, tuple[int, str]]:
    close_old_connections()
    return {pk: (version, state) for pk, version, state in _VERSIONS.all(pks=pks)}


def _draw(pk: uuid.UUID, view: str) -> tuple[int, bytes]:
    run = _WHOLE.get(pk=pk)
    return run.version, renderers.changed(run, view).encode()


def _in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """One thread for all of this process's polls: one database connection, no contention."""
    return sync_to_async(function, thread_sensitive=True)
