"""Whose run is sent next: people take turns, and each one's oldest goes first."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from playground.models import Run, Transport

# How many new runs may be sent by each transport; those that are not named have no limit.
MayGo = Mapping[str, int]
NO_LIMIT: MayGo = {}
# How many runs of each model were sent since there have been limits.
Tried = Mapping[int, int]
NONE_TRIED: Tried = {}


class Free(NamedTuple):
    """A run that nobody works on."""

    pk: uuid.UUID
    user_id: int
    created_at: datetime
    transport: str
    attempts: int
    endpoint_id: int
    state: str


@dataclass(frozen=True)
class Waiting:
    """A run that waits to be sent: the person's `number`-th, counted from the oldest."""

    pk: uuid.UUID
    user_id: int
    number: int
    created_at: datetime
    transport: str = Transport.QUEUE
    attempts: int = 0
    endpoint_id: int = 0


def untried(one: Free | Waiting, tried: Tried) -> tuple[int, int]:
    """By what runs are sorted while few may go: first those of models, and then those, that were not tried.

    What was turned away may have been for itself alone, and would be turned away each time that one may try.
    """
    return tried.get(one.endpoint_id, 0), one.attempts


def numbered(free: Sequence[Free], may_go: MayGo, tried: Tried = NONE_TRIED) -> list[Waiting]:
    """The new ones of all free runs, from the oldest on, each with its place among its person's."""
    before: Counter[int] = Counter()
    waiting = []
    for one in sorted(free, key=lambda one: untried(one, tried)) if may_go else free:
        if one.state == Run.State.CREATED and may_go.get(one.transport, 1) > 0:
            before[one.user_id] += 1
            number = before[one.user_id]
            waiting.append(
                Waiting(
                    one.pk,
                    one.user_id,
                    number,
                    one.created_at,
                    one.transport,
                    one.attempts,
                    one.endpoint_id,
                )
            )
    return waiting


class Limits(NamedTuple):
    """How many runs may be under way at once."""

    everybody: int
    per_user: int

    @property
    def kept_free(self) -> int:
        """Places that only those get who have nothing under way: however many sweep, a single run goes at once.

        None where one person may have them all.
        """
        return max(min(self.everybody // 10, self.everybody - self.per_user), 0)

    def places(self, under_way: Counter[int], *, is_first: bool) -> int:
        """How many are left for runs of those who have none under way, or of others; in total, not for each."""
        return self.everybody - under_way.total() - (0 if is_first else self.kept_free)


def fair(
    waiting: Sequence[Waiting], under_way: Counter[int], limits: Limits, room: int
) -> list[uuid.UUID]:
    """Which of the waiting runs go next, `room` at most: people take turns, and each one's oldest goes first.

    Whoever has the fewest runs under way comes first, so a sweep of two hundred never
    keeps a colleague's single run waiting.
    """

    def turn(one: Waiting) -> tuple[int, datetime]:
        return under_way[one.user_id] + one.number, one.created_at

    able = sorted((one for one in waiting if turn(one)[0] <= limits.per_user), key=turn)
    chosen: list[uuid.UUID] = []
    for one in able:  # first those that are somebody's first
        places = limits.places(under_way, is_first=turn(one)[0] == 1)
        if len(chosen) < min(room, places):
            chosen.append(one.pk)
    return chosen


def within(
    may_go: MayGo,
    chosen: Sequence[uuid.UUID],
    waiting: Sequence[Waiting],
    tried: Tried = NONE_TRIED,
) -> list[uuid.UUID]:
    """Those of `chosen` that may go, first those not tried yet; the others wait for another look."""
    if not may_go:
        return list(chosen)
    known = {one.pk: one for one in waiting}
    left = dict(may_go)
    going = []
    for pk in sorted(chosen, key=lambda pk: untried(known[pk], tried)):
        way = known[pk].transport
        if (limit := left.get(way)) is not None:
            if limit <= 0:
                continue
            left[way] = limit - 1
        going.append(pk)
    return going
