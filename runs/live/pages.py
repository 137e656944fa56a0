"""Renders newer versions of the runs that open pages watch, once for all pages.

Pages that have the same versions of the same runs are answered together (`core/live/broker.py`).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from cachetools import LRUCache

from core.byte_cache import ByteCache
from core.db.threads import in_thread
from core.live.broker import Source, Topic
from runs.live import wire
from runs.live.wire import WatchedRun
from runs.models import Run
from runs.progress import watch_tokens
from runs.promises.places import LiveView, Places
from runs.promises.registry import registered

FRAGMENTS_BYTES = 4 << 20
MAX_STATES = 4096
COALESCE_S = 0.1  # log lines are collected and sent at most ten times a second
# This state mostly ends before anybody could see it, so it is not sent at once.
COALESCED_STATES = {Run.State.SUBMITTING}

# The state of each run, and the version in which it entered that state. Kept longer than the run is
# watched, since a page polls again a moment after an answer.
_states: LRUCache[uuid.UUID, tuple[str, int]] = LRUCache(MAX_STATES)


class RunNow(NamedTuple):
    """A run as it was last read, and the version in which it entered its state."""

    version: int
    state: str
    since: int


def _load(pks: list[uuid.UUID]) -> dict[uuid.UUID, RunNow]:
    runs = {}
    rows = Run.objects.filter(pk__in=pks).values_list("pk", "version", "state")
    for pk, version, state in rows:
        if pk not in _states or _states[pk][0] != state:
            _states[pk] = (state, version)
        runs[pk] = RunNow(version, *_states[pk])
    return runs


RUNS = Source("the watched runs", _load)


class News(NamedTuple):
    """News for a page: the markup, the versions in it, and both encoded as a response's body."""

    markup: str
    versions: Sequence[WatchedRun]
    body: bytes
    ended: Sequence[uuid.UUID]  # the runs whose end the markup shows


NOTHING = News("", (), b"", ())


class Fragments:
    """Renders runs for all pages."""

    def __init__(self, coalesce_s: float) -> None:
        self.coalesce_s = coalesce_s
        self._lock = asyncio.Lock()
        self._fragments: ByteCache[tuple[int, str]] = ByteCache(
            "fragments", FRAGMENTS_BYTES, lambda fragment: len(fragment[1].encode())
        )

    async def get(self, run: WatchedRun) -> str:
        """Return a run's markup in a view, in this version or newer, rendered once for all."""
        key = (run.pk, run.view)
        cached: tuple[int, str] | None = self._fragments.get(key)
        if cached is None or cached[0] < run.version:
            async with self._lock:  # another poll may have rendered it meanwhile
                cached = self._fragments.get(key)
                if cached is None or cached[0] < run.version:
                    cached = await in_thread(render_newest, run.pk, run.view)
                    self._fragments.put(key, cached)
        return cached[1]


@dataclass(frozen=True)
class NewsOfRuns(Topic[uuid.UUID, RunNow, News]):
    """The runs that a page watches, in the versions that it has.

    A new state is sent at once; other changes are collected for a moment and sent together.
    """

    runs: tuple[WatchedRun, ...]
    fragments: Fragments
    source = RUNS

    @property
    def keys(self) -> tuple[uuid.UUID, ...]:
        """Return the keys of the runs."""
        return tuple(run.pk for run in self.runs)

    def due_in(self, rows: Mapping[uuid.UUID, RunNow | None]) -> float | None:
        """Return the seconds until newer runs are sent; None if there are none."""
        if any(_has_changed_state(run, rows.get(run.pk)) for run in self.runs):
            return 0.0
        return self.fragments.coalesce_s if self._newer(rows) else None

    async def answer(self, rows: Mapping[uuid.UUID, RunNow | None]) -> News:
        """Render the runs that are newer; encoded once for all pages."""
        newer = self._newer(rows)
        states = ((run.pk, rows[run.pk]) for run in newer)
        ended = [pk for pk, now in states if now and now.state in Run.FINAL]
        markup = "".join([await self.fragments.get(run) for run in newer])
        return News(markup, newer, wire.encode(markup, newer), ended)

    def _newer(self, rows: Mapping[uuid.UUID, RunNow | None]) -> list[WatchedRun]:
        """Return the runs that are newer than the page's, in their newest version."""
        return [
            replace(run, version=now.version)
            for run in self.runs
            if (now := rows.get(run.pk)) and now.version > run.version
        ]


def _has_changed_state(run: WatchedRun, now: RunNow | None) -> bool:
    """Whether the run has entered a state since the page's version that is sent at once."""
    return now is not None and now.since > run.version and now.state not in COALESCED_STATES


def render(run: Run, view: str) -> str:
    """Render the fragments that pages in this view swap in.

    Empty if no app has the view: a tab that an earlier version drew may ask for it, together with
    all other tabs of its browser.
    """
    live_view = _view(view)
    return live_view.render(run, view) if live_view else ""


def render_newest(pk: uuid.UUID, view: str) -> tuple[int, str]:
    """Load a run as the view needs it; return its version and the fragments."""
    live_view = _view(view)
    is_of_list = live_view is not None and live_view.is_of_list
    run = (Run.objects.recent() if is_of_list else Run.objects.with_endpoint()).get(pk=pk)
    return run.version, render(run, view)


def _view(view: str) -> LiveView | None:
    """Return how the app of this view renders a run."""
    kind = watch_tokens.kind_of(view)
    for owner in registered(Places):
        if live_view := owner.live_views().get(kind):
            return live_view
    return None
