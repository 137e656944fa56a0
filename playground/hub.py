"""Wakes who watches runs: one look at the rows for everybody, one drawing for each view.

Pages that know the same of the same runs wait for the same thing, and are told together: what a
change costs does not grow with those who watch, but for the bytes that each of them is sent.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from django.db.models import UUIDField

from catalog import outages
from catalog.prepared import Prepared, Slot, Slots
from playground import changes, renderers
from playground.models import Run

LOOK_AGAIN_S = 8.0
KEPT_FRAGMENTS = 512
KEPT_STATES = 4096
GATHER_S = 0.1  # log lines are told together, ten times a second at most
PASSING = {Run.State.SUBMITTING}  # a step of our own, mostly over before anybody could see it

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


class News(NamedTuple):
    """What a page is told: the markup of what has changed, and which version of what that shows."""

    markup: bytes = b""
    versions: bytes = b""


class _Poll:
    """What equal pages wait for: their runs, and a future for each of the pages."""

    def __init__(self, hub: Hub, runs: tuple[Watched, ...]) -> None:
        self.hub = hub
        self.runs = runs
        self.waiting: set[asyncio.Future[News]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.Task[None] | None = None

    def join(self) -> asyncio.Future[News]:
        """A future of one more page."""
        future: asyncio.Future[News] = asyncio.get_running_loop().create_future()
        self.waiting.add(future)
        return future

    def look(self) -> None:
        """Tell now where a run is in another state, soon where there is other news."""
        if any(self.hub.has_moved(run) for run in self.runs):
            self.tell()
        elif self._timer is None and self.found():
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self.tell)

    def found(self) -> list[Watched]:
        """Those of the runs that are newer than the pages have them, with their version."""
        versions = self.hub.versions
        return [
            replace(run, version=newest)
            for run in self.runs
            if (newest := versions.get(run.pk, 0)) > run.version
        ]

    def tell(self) -> None:
        """Tell everybody who waits what there is."""
        self.stop_gathering()
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell(), name="telling of runs")

    def end(self, future: asyncio.Future[News]) -> None:
        """One page has waited for long enough: it is told what there is, be it nothing."""
        if self.found():
            self.tell()
        elif not future.done():
            future.set_result(News())

    async def _tell(self) -> None:
        try:
            news = await self.hub.drawn(self.found())
            for future in self._open():
                future.set_result(news)
        except Exception as error:  # each of the pages is answered for it
            for future in self._open():
                future.set_exception(error)
        finally:
            self._telling = None

    def stop_gathering(self) -> None:
        """Tell at once what comes next, or nobody."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _open(self) -> list[asyncio.Future[News]]:
        return [future for future in self.waiting if not future.done()]


class Hub:
    """Wakes the polls of this process whose runs have changed, and no others.

    One task listens for all of them: a ring costs one query, and what a poll costs while
    nothing happens to its runs is the memory that it takes.
    """

    def __init__(self, bell: changes.Bell) -> None:
        self.bell = bell
        self.is_leaving = False
        self.versions: dict[uuid.UUID, int] = {}
        self._polls: dict[tuple[Watched, ...], _Poll] = {}
        self._watching: dict[uuid.UUID, set[_Poll]] = {}
        self._has_polls = asyncio.Event()
        self._reading = asyncio.Lock()
        self._drawing = asyncio.Lock()
        self._states: OrderedDict[uuid.UUID, tuple[str, int]] = OrderedDict()  # and since when
        self._fragments: OrderedDict[tuple[uuid.UUID, str], tuple[int, bytes]] = OrderedDict()

    async def news(self, runs: tuple[Watched, ...], hold_s: float) -> News:
        """What is newer of `runs` than they say, as soon as there is something; nothing after `hold_s`.

        Raises DatabaseError where they cannot be read.
        """
        poll = self._polls.get(runs) or self._begin(runs)
        future = poll.join()
        ending: asyncio.TimerHandle | None = None
        try:
            if any(run.pk not in self.versions for run in runs):
                await self._read_unknown(runs)
            poll.look()
            ending = asyncio.get_running_loop().call_later(hold_s, poll.end, future)
            return await future
        finally:
            if ending:
                ending.cancel()
            poll.waiting.discard(future)
            if not poll.waiting:
                self._forget(poll)

    async def listen(self) -> None:
        """Look at the watched runs at each ring, for as long as this task lives."""
        rung = self.bell.version
        while True:
            await self._has_polls.wait()
            rung = await self.bell.wait(rung, LOOK_AGAIN_S)
            try:
                async with self._reading:
                    await self._read(list(self._watching))
            except DatabaseError as error:
                words = "the watched runs could not be read; again at the next ring"
                outages.tell(log, error, words)

    def leave(self) -> None:
        """Hold nothing any more: the server ends, and would wait for it."""
        self.is_leaving = True
        for poll in self._polls.values():
            poll.tell()

    def has_moved(self, run: Watched) -> bool:
        """Whether the run's state is another than when the page drew it, in a way that is told at once."""
        state, since = self._states.get(run.pk, ("", 0))
        return since > run.version and state not in PASSING

    async def _read_unknown(self, runs: Iterable[Watched]) -> None:
        async with self._reading:  # who comes while somebody reads finds it read
            if any(run.pk not in self.versions for run in runs):
                await self._read(list(self._watching))

    async def _read(self, pks: list[uuid.UUID]) -> None:
        changed = []
        for pk, (version, state) in (await _in_thread(_versions)(pks)).items():
            if self.versions.get(pk) != version and pk in self._watching:
                self.versions[pk] = version
                changed.append(pk)
            if self._states.get(pk, ("", 0))[0] != state:
                self._states[pk] = (state, version)
                self._states.move_to_end(pk)
        while len(self._states) > KEPT_STATES:
            self._states.popitem(last=False)
        for pk in changed:
            for poll in self._watching.get(pk, ()):
                poll.look()

    def _begin(self, runs: tuple[Watched, ...]) -> _Poll:
        poll = self._polls[runs] = _Poll(self, runs)
        for run in runs:
            self._watching.setdefault(run.pk, set()).add(poll)
        self._has_polls.set()
        return poll

    def _forget(self, poll: _Poll) -> None:
        poll.stop_gathering()
        del self._polls[poll.runs]
        for run in poll.runs:
            polls = self._watching.get(run.pk, set())
            polls.discard(poll)
            if not polls:
                self._watching.pop(run.pk, None)
                self.versions.pop(run.pk, None)
        if not self._polls:
            self._has_polls.clear()

    async def drawn(self, found: Sequence[Watched]) -> News:
        """The news of these runs."""
        markup = [await self.fragment(run) for run in found]
        versions = " ".join(f"{run.pk}:{run.version}:{run.view}" for run in found)
        return News(b"".join(markup), versions.encode())

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


def _versions(pks: list[uuid.UUID]) -> dict[uuid.UUID, tuple[int, str]]:
    return {pk: (version, state) for pk, version, state in _VERSIONS.all(pks=pks)}


def _draw(pk: uuid.UUID, view: str) -> tuple[int, bytes]:
    run = _WHOLE.get(pk=pk)
    return run.version, renderers.changed(run, view).encode()


def _in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """One thread for all of this process's polls: one database connection, no contention."""

    def carefully(*args: Any) -> Any:
        try:
            return function(*args)
        except DatabaseError:
            close_old_connections()  # the next one finds a good connection
            raise

    return sync_to_async(carefully, thread_sensitive=True)
