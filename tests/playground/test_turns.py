"""Whose run is sent next, over any numbers of people, runs and places."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from playground.turns import Free, Waiting, fair, numbered, within

START = datetime(2026, 1, 1, tzinfo=UTC)


def waiting(user_id: int, count: int, since_s: int = 0) -> list[Waiting]:
    """A person's runs, a second apart."""
    return [
        Waiting(
            uuid.UUID(int=user_id << 32 | n), user_id, n, START + timedelta(seconds=since_s + n)
        )
        for n in range(1, count + 1)
    ]


def users(chosen: list[uuid.UUID]) -> list[int]:
    return [pk.int >> 32 for pk in chosen]


def test_a_sweep_never_blocks_a_colleagues_single_run() -> None:
    sweep, single = waiting(1, 200), waiting(2, 1, since_s=1000)
    assert users(fair(sweep + single, {1: 9}, 1, 10)) == [2]
    assert users(fair(sweep + single, {}, 3, 10)) == [1, 2, 1]


def test_each_persons_oldest_goes_first() -> None:
    chosen = fair(waiting(1, 5) + waiting(2, 5), {}, 6, 10)
    for user_id in (1, 2):
        numbers = [pk.int & 0xFFFFFFFF for pk in chosen if pk.int >> 32 == user_id]
        assert numbers == [1, 2, 3]


def test_while_few_may_go_those_that_were_not_tried_yet_do() -> None:
    may_go = {"queue": 1}
    at = START
    free = [
        Free(
            uuid.UUID(int=n),
            1,
            at + timedelta(seconds=n),
            "queue",
            3 if n < 9 else 0,
            7 if n == 10 else 1,
            "created",
        )
        for n in range(1, 11)
    ]
    rows = numbered(free, may_go)
    chosen = fair(rows, {}, 9, 4)
    assert [pk.int for pk in within(may_go, chosen, rows)] == [9]
    tried = {1: 2}  # of the one model
    rows = numbered(free, may_go, tried)
    chosen = fair(rows, {}, 9, 4)
    assert [pk.int for pk in within(may_go, chosen, rows, tried)] == [10]
    calm = numbered(free, {})
    assert [pk.int for pk in within({}, fair(calm, {}, 9, 4), calm)] == [1, 2, 3, 4]


@given(
    counts=st.dictionaries(st.integers(1, 6), st.integers(0, 30), max_size=6),
    busy=st.dictionaries(st.integers(1, 6), st.integers(0, 12), max_size=6),
    room=st.integers(-3, 60),
    per_user=st.integers(1, 12),
)
def test_no_place_stays_empty_and_none_is_given_twice(
    counts: dict[int, int], busy: dict[int, int], room: int, per_user: int
) -> None:
    rows = [one for user_id, count in counts.items() for one in waiting(user_id, count)]
    chosen = fair(rows, busy, room, per_user)
    able = {u: min(n, max(per_user - busy.get(u, 0), 0)) for u, n in counts.items()}
    taken = Counter(users(chosen))
    assert len(set(chosen)) == len(chosen) == min(max(room, 0), sum(able.values()))
    assert all(taken[u] <= able[u] for u in counts)
    behind = [busy.get(u, 0) + taken[u] for u in counts if taken[u] < able[u]]
    ahead = [busy.get(u, 0) + taken[u] for u in counts if taken[u]]
    assert not behind or not ahead or max(ahead) <= min(behind) + 1
