"""Whose run is sent next, and who works on it: limits, turns, leases that run out."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from playground import leases
from playground.leases import Waiting
from playground.models import Run

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
    assert users(leases.fair(sweep + single, {1: 9}, 1, 10)) == [2]
    assert users(leases.fair(sweep + single, {}, 3, 10)) == [1, 2, 1]


def test_each_persons_oldest_goes_first() -> None:
    chosen = leases.fair(waiting(1, 5) + waiting(2, 5), {}, 6, 10)
    for user_id in (1, 2):
        numbers = [pk.int & 0xFFFFFFFF for pk in chosen if pk.int >> 32 == user_id]
        assert numbers == [1, 2, 3]


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
    chosen = leases.fair(rows, busy, room, per_user)
    able = {u: min(n, max(per_user - busy.get(u, 0), 0)) for u, n in counts.items()}
    taken = Counter(users(chosen))
    assert len(set(chosen)) == len(chosen) == min(max(room, 0), sum(able.values()))
    assert all(taken[u] <= able[u] for u in counts)
    behind = [busy.get(u, 0) + taken[u] for u in counts if taken[u] < able[u]]
    ahead = [busy.get(u, 0) + taken[u] for u in counts if taken[u]]
    assert not behind or not ahead or max(ahead) <= min(behind) + 1


@pytest.fixture
def limits(settings: Any) -> Any:
    settings.RUNS_AT_ONCE, settings.RUNS_AT_ONCE_PER_USER = 5, 3
    return settings


def test_runs_of_any_worker_count(
    limits: Any, make_run: Callable[..., Run], stranger: User
) -> None:
    for state in ("submitting", "queued", "running"):
        make_run(state=state, worker="elsewhere", handle={}, lease_until=START.replace(year=2100))
    mine, theirs = make_run(), [make_run(user=stranger) for _ in range(3)]
    assert leases.has_free()
    assert leases.claim("w", 100).to_send == theirs[:2]
    assert not leases.has_free()
    Run.objects.filter(state="running").update(state="succeeded")
    assert [run.pk for run in leases.claim("w", 100).to_send] == [mine.pk]


def test_what_is_under_way_is_taken_over_beyond_every_limit(
    limits: Any, make_run: Callable[..., Run]
) -> None:
    sent = [make_run(state="queued", handle={"request_id": "r"}) for _ in range(7)]
    make_run()
    claim = leases.claim("w", 100)
    assert claim.to_follow == [run.pk for run in sent]
    assert not claim.to_send


def test_nothing_is_sent_while_upstream_is_down(make_run: Callable[..., Run]) -> None:
    make_run()
    assert not leases.has_free({"queue": 0})
    assert not leases.claim("w", 100, may_go={"queue": 0}).to_send


def test_a_worker_learns_what_another_has_taken_over(make_run: Callable[..., Run]) -> None:
    runs = [make_run(state="queued", handle={"request_id": "r"}) for _ in range(2)]
    leases.claim("one", 9)
    Run.objects.filter(pk=runs[0].pk).update(lease_until=START)
    assert leases.claim("two", 9).to_follow == [runs[0].pk]
    assert leases.renew("one", [run.pk for run in runs]) == {runs[0].pk}


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_share_the_work_and_keep_the_limit(
    limits: Any, make_run: Callable[..., Run]
) -> None:
    limits.RUNS_AT_ONCE, limits.RUNS_AT_ONCE_PER_USER = 12, 12
    for _ in range(30):
        make_run()
    claimed: list[uuid.UUID] = []
    together = threading.Barrier(4)

    def work(name: str) -> None:
        together.wait()
        try:
            for _ in range(4):
                claimed.extend(run.pk for run in leases.claim(name, 2).to_send)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 12


def test_looking_for_work_reads_unfinished_runs_alone(make_run: Callable[..., Run]) -> None:
    """Not the history, however long: every look goes by the partial index."""
    for _ in range(300):
        make_run(state="succeeded")
    make_run()
    with CaptureQueriesContext(connection) as looked:
        assert leases.has_free()
    looks = [query["sql"] for query in looked if "playground_run" in query["sql"]]
    assert looks
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE playground_run")
        for sql in looks:
            is_sqlite = connection.vendor == "sqlite"
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{sql}")
            assert "run_unfinished" in str(cursor.fetchall()), sql
