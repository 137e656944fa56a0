"""Selects which runs are submitted next: users take turns, each user's oldest run first."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from runs.models import Run, Transport

# Number of submitted runs of each model (by its key) since limits apply.
Attempts = Mapping[int, int]
NO_ATTEMPTS: Attempts = {}


class FreeRun(NamedTuple):
    """A run without a worker; the fields are columns of its row."""

    pk: uuid.UUID
    user_id: int
    created_at: datetime
    transport: str
    attempts: int
    endpoint_id: int
    state: str


@dataclass(frozen=True)
class WaitingRun:
    """A run that waits for its submit: its user's `number`-th, counted from the oldest."""

    pk: uuid.UUID
    user_id: int
    number: int
    created_at: datetime
    transport: str = Transport.QUEUE
    attempts: int = 0
    endpoint_id: int = 0


@dataclass(frozen=True)
class SubmitLimits:
    """How many new runs may be submitted; anything unnamed has no limit.

    `of_account` is set while upstream refuses the account.
    """

    by_transport: Mapping[str, int] = field(default_factory=dict)
    of_account: int | None = None

    def __bool__(self) -> bool:
        """Whether a host or the account is in trouble."""
        return bool(self.by_transport) or self.of_account is not None

    def lanes(self, run: FreeRun | WaitingRun) -> dict[str, int]:
        """Return what limits a run, with each limit."""
        limits: dict[str, int] = {}
        if (limit := self.by_transport.get(run.transport)) is not None:
            limits[run.transport] = limit
        if self.of_account is not None:
            limits["account"] = self.of_account
        return limits

    def allow(self, run: FreeRun | WaitingRun) -> bool:
        """Whether a run may be submitted at all."""
        return all(limit > 0 for limit in self.lanes(run).values())


NO_LIMITS = SubmitLimits()


def attempt_order(run: FreeRun | WaitingRun, attempts: Attempts) -> tuple[int, int]:
    """Return the sort key while few runs may go: fewest attempts first, of models, then of runs.

    A refused run may have failed because of its own content; it must not be every probe.
    """
    return attempts.get(run.endpoint_id, 0), run.attempts


def number_per_user(
    free: Sequence[FreeRun], submit_limits: SubmitLimits, attempts: Attempts = NO_ATTEMPTS
) -> list[WaitingRun]:
    """Return the new runs among all free ones (oldest first), numbered per user."""
    if submit_limits:
        free = sorted(free, key=lambda run: attempt_order(run, attempts))
    counts: Counter[int] = Counter()
    waiting_runs = []
    for run in free:
        if run.state == Run.State.CREATED and submit_limits.allow(run):
            counts[run.user_id] += 1
            waiting_runs.append(
                WaitingRun(
                    run.pk,
                    run.user_id,
                    counts[run.user_id],
                    run.created_at,
                    run.transport,
                    run.attempts,
                    run.endpoint_id,
                )
            )
    return waiting_runs


class Limits(NamedTuple):
    """How many runs may be in progress at once."""

    everybody: int
    per_user: int

    @property
    def reserved_slots(self) -> int:
        """Return the slots kept for users without a run in progress, who need not wait for sweeps.

        None are reserved if one user may have all slots.
        """
        return max(min(self.everybody // 10, self.everybody - self.per_user), 0)

    def available_slots(self, under_way: Counter[int], *, is_first: bool) -> int:
        """Return the free slots, for users without a run in progress (`is_first`) or for others."""
        return self.everybody - under_way.total() - (0 if is_first else self.reserved_slots)


def select_fair(
    waiting: Sequence[WaitingRun], under_way: Counter[int], limits: Limits, room: int
) -> list[uuid.UUID]:
    """Return the next waiting runs, at most `room`; `under_way` counts runs by user.

    The user with the fewest runs in progress comes first, so a sweep of two hundred runs never
    delays a colleague's single run.
    """

    def sort_key(run: WaitingRun) -> tuple[int, datetime]:
        return under_way[run.user_id] + run.number, run.created_at

    able = sorted((run for run in waiting if sort_key(run)[0] <= limits.per_user), key=sort_key)
    chosen_pks: list[uuid.UUID] = []
    for run in able:  # starts with each user's first run
        slots = limits.available_slots(under_way, is_first=sort_key(run)[0] == 1)
        if len(chosen_pks) < min(room, slots):
            chosen_pks.append(run.pk)
    return chosen_pks


def limit_per_host(
    submit_limits: SubmitLimits,
    chosen_pks: Sequence[uuid.UUID],
    waiting_runs: Sequence[WaitingRun],
    attempts: Attempts = NO_ATTEMPTS,
) -> list[uuid.UUID]:
    """Return those of `chosen_pks` within `submit_limits`, fewest attempts first."""
    if not submit_limits:
        return list(chosen_pks)
    runs = {run.pk: run for run in waiting_runs}
    sent_per_lane: Counter[str] = Counter()
    selected = []
    for pk in sorted(chosen_pks, key=lambda pk: attempt_order(runs[pk], attempts)):
        lanes = submit_limits.lanes(runs[pk])
        if all(sent_per_lane[lane] < limit for lane, limit in lanes.items()):
            sent_per_lane.update(lanes.keys())
            selected.append(pk)
    return selected
