"""The fair choice of the next runs, for any numbers of users, runs and free slots."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from runs.worker.scheduling.fair_scheduling import (
    FreeRun,
    Limits,
    SubmitLimits,
    WaitingRun,
    limit_per_host,
    number_per_user,
    select_fair,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def waiting(user_id: int, count: int, since_s: int = 0) -> list[WaitingRun]:
    """Return a person's waiting runs, a second apart."""
    return [
        WaitingRun(
            uuid.UUID(int=user_id << 32 | n), user_id, n, START + timedelta(seconds=since_s + n)
        )
        for n in range(1, count + 1)
    ]


def users(chosen: list[uuid.UUID]) -> list[int]:
    return [pk.int >> 32 for pk in chosen]


def test_a_sweep_never_blocks_a_colleagues_single_run():
    sweep, single = waiting(1, 200), waiting(2, 1, since_s=1000)
    limits = Limits(40, 10)
    assert users(select_fair(sweep + single, Counter({1: 9}), limits, 1)) == [2]
    assert users(select_fair(sweep + single, Counter(), limits, 3)) == [1, 2, 1]


def test_many_sweeps_never_block_a_colleagues_single_run():
    limits, sweeps = Limits(40, 10), [row for user in range(1, 6) for row in waiting(user, 200)]
    under_way: Counter[int] = Counter()
    for _ in range(2):  # in the second round, the places are taken
        under_way += Counter(users(select_fair(sweeps, under_way, limits, 99)))
        assert under_way == dict.fromkeys(range(1, 6), 8) | {1: 8, 2: 7, 3: 7, 4: 7, 5: 7}
    single = waiting(9, 3, since_s=1000)
    assert users(select_fair(sweeps + single, under_way, limits, 99)) == [9]
    assert Limits(40, 40).reserved_slots == Limits(9, 3).reserved_slots == 0


def test_each_persons_oldest_goes_first():
    chosen = select_fair(waiting(1, 5) + waiting(2, 5), Counter(), Limits(99, 10), 6)
    for user_id in (1, 2):
        numbers = [pk.int & 0xFFFFFFFF for pk in chosen if pk.int >> 32 == user_id]
        assert numbers == [1, 2, 3]


def test_runs_not_tried_yet_go_first_when_room_is_short():
    submit_limits = SubmitLimits({"queue": 1})
    at = START
    free = [
        FreeRun(
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
    rows = number_per_user(free, submit_limits)
    chosen = select_fair(rows, Counter(), Limits(99, 4), 9)
    assert [pk.int for pk in limit_per_host(submit_limits, chosen, rows)] == [9]
    attempts = {1: 2}  # model 1 has two attempts
    rows = number_per_user(free, submit_limits, attempts)
    chosen = select_fair(rows, Counter(), Limits(99, 4), 9)
    assert [pk.int for pk in limit_per_host(submit_limits, chosen, rows, attempts)] == [10]
    calm = number_per_user(free, SubmitLimits())
    assert [
        pk.int
        for pk in limit_per_host(
            SubmitLimits(), select_fair(calm, Counter(), Limits(99, 4), 9), calm
        )
    ] == [
        1,
        2,
        3,
        4,
    ]


@given(
    counts=st.dictionaries(st.integers(1, 6), st.integers(0, 30), max_size=6),
    busy=st.dictionaries(st.integers(1, 6), st.integers(0, 12), max_size=6),
    room=st.integers(-3, 60),
    everybody=st.integers(1, 60),
    per_user=st.integers(1, 12),
)
def test_every_free_slot_is_used_once(counts, busy, room, everybody, per_user):
    rows = [row for user_id, count in counts.items() for row in waiting(user_id, count)]
    under_way, limits = Counter(busy), Limits(everybody, per_user)
    chosen = select_fair(rows, under_way, limits, room)
    able = {u: min(n, max(per_user - under_way[u], 0)) for u, n in counts.items()}
    claimed = Counter(users(chosen))
    assert len(set(chosen)) == len(chosen)
    assert all(claimed[u] <= able[u] for u in counts)
    # A user without active runs gets any place; the others all places but the reserved ones.
    places = max(min(room, everybody - under_way.total()), 0)
    firsts = sum(1 for u in counts if able[u] and not under_way[u])
    rest = min(room, everybody - under_way.total() - limits.reserved_slots)
    assert len(chosen) == min(sum(able.values()), max(min(firsts, places), rest))
    behind = [under_way[u] + claimed[u] for u in counts if claimed[u] < able[u]]
    ahead = [under_way[u] + claimed[u] for u in counts if claimed[u]]
    assert not behind or not ahead or max(ahead) <= min(behind) + 1


def test_a_refused_account_holds_all_runs_back_but_a_probe():
    runs = [FreeRun(uuid.UUID(int=n), n, START, "queue", 0, 1, "created") for n in (1, 2, 3)]

    def choose_runs(submit_limits: SubmitLimits) -> list[int]:
        rows = number_per_user(runs, submit_limits)
        chosen = select_fair(rows, Counter(), Limits(99, 9), 99)
        return sorted(pk.int for pk in limit_per_host(submit_limits, chosen, rows))

    assert choose_runs(SubmitLimits()) == [1, 2, 3]
    assert choose_runs(SubmitLimits(of_account=0)) == []
    assert choose_runs(SubmitLimits(of_account=1)) == [1]
