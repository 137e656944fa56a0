"""A failing host gets no calls, then single probes, and all calls again once it has recovered."""

import asyncio

import pytest

import fal
from runs.worker.circuit_breaker import (
    LONGEST_PAUSE_ANSWERING_S,
    LONGEST_PAUSE_S,
    MAX_TRACKED_MODELS,
    BreakerRegistry,
)
from tests import clock

URL = "https://queue.test/requests/1"
SUBMIT = "https://queue.test/acme/model"
AWAY = fal.Unreachable("refused")
BROKEN = fal.UpstreamFailed("", status=503)


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def seconds_until_open(pace: BreakerRegistry, clock: Clock) -> float:
    """Return the seconds for which the host is left alone."""
    start = clock.now_s
    while not pace.host(URL).try_acquire():
        clock.now_s += 0.01
    return clock.now_s - start


@pytest.mark.parametrize(("error", "times"), [(AWAY, 1), (BROKEN, 3)])
def test_a_failing_host_is_not_called(error, times):
    pace = BreakerRegistry(Clock())
    for number in range(times):
        assert pace.host(URL).try_acquire()
        pace.record_response(f"{URL}{number}", error)
    assert not pace.host(URL).try_acquire()
    assert pace.trouble.startswith("queue.test ")
    assert pace.host("https://media.test/a").try_acquire()


@pytest.mark.parametrize(
    ("error", "longest_s"), [(AWAY, LONGEST_PAUSE_S), (BROKEN, LONGEST_PAUSE_ANSWERING_S)]
)
def test_pauses_for_a_failing_host_grow_to_a_limit(error, longest_s):
    clock = Clock()
    pace = BreakerRegistry(clock)
    for number in range(3):
        pace.record_response(f"{URL}{number}", error)
    pauses = []
    for _ in range(12):
        pauses.append(seconds_until_open(pace, clock))
        pace.record_response(URL, error)
    assert pauses[0] < 1
    assert longest_s * 0.7 < pauses[-1] < longest_s * 1.3


def test_a_failing_host_is_probed_by_one_at_a_time():
    clock = Clock()
    pace = BreakerRegistry(clock)
    pace.record_response(URL, AWAY)
    clock.now_s += 1
    assert [pace.host(URL).try_acquire() for _ in range(5)] == [True, False, False, False, False]


def test_a_requested_retry_delay_is_honoured():
    clock = Clock()
    pace = BreakerRegistry(clock)
    patience = fal.RateLimited("", status=429, retry_after_s=7)
    pace.record_response(SUBMIT, patience)
    # the limit may be one model's, so calls for other models go on
    assert seconds_until_open(pace, clock) < 1
    for model in ("a", "b"):
        pace.record_response(f"{SUBMIT}-{model}", patience)
    assert seconds_until_open(pace, clock) == pytest.approx(7, abs=0.1)


def test_a_rate_limited_submit_does_not_delay_following_runs():
    pace = BreakerRegistry(Clock())
    pace.record_response(SUBMIT, fal.RateLimited("", status=429, retry_after_s=60))
    assert not pace.host(URL).may_submit(has_followers=True)
    asyncio.run(asyncio.wait_for(pace.acquire(URL), 1))
    pace.record_response(URL, AWAY)
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(pace.acquire(URL), 0.1))


@pytest.mark.parametrize(
    "error",
    [
        fal.RunFailed("the model's own", status=500),
        fal.RequestRejected("", status=404),
        fal.InvalidInput("", status=422),
        fal.NotReady("", status=202),
    ],
)
def test_an_error_about_one_request_does_not_blame_the_host(error):
    pace = BreakerRegistry(Clock())
    for _ in range(9):
        pace.record_response(URL, error)
    assert pace.host(URL).try_acquire()
    assert not pace.trouble


def test_a_request_that_always_fails_is_reported_and_blocks_no_other():
    pace = BreakerRegistry(Clock())
    for way in ["", "/status", "/status/stream"] * 3:
        pace.record_response(URL + way, BROKEN)
    assert pace.trouble == "queue.test answers with errors (503)."
    assert pace.host(URL).may_submit(has_followers=True)
    for _ in range(3):  # each submit is a different request
        pace.record_response("https://queue.test/acme/model", BROKEN)
    assert not pace.host(URL).may_submit(has_followers=True)


@pytest.mark.parametrize(
    ("error", "after_s"), [(fal.RateLimited("", status=429), 3), (BROKEN, 3), (AWAY, 10)]
)
def test_a_new_run_probes_a_host_whose_followed_runs_all_fail(error, after_s):
    clock = Clock()
    pace = BreakerRegistry(clock)
    host = pace.host(URL)
    for number in range(3):
        pace.record_response(f"{URL}{number}", error)
    assert not host.may_submit(has_followers=True)
    while not host.may_submit(has_followers=True):
        clock.now_s += 0.01
        if host.try_acquire():
            pace.record_response(URL, error)
    assert clock.now_s == pytest.approx(1000 + after_s, abs=0.1)
    host.record_submit()
    assert not host.may_submit(has_followers=True)
    assert not host.try_acquire()
    pace.record_response("https://queue.test/acme/model", None)
    assert host.is_closed


ODD, OTHER = "https://queue.test/acme/odd/requests/", "https://queue.test/acme/well/requests/"


@pytest.mark.parametrize("is_read", [False, True])
def test_errors_of_one_model_beside_healthy_ones_do_not_blame_the_host(is_read):
    time = Clock()
    pace = BreakerRegistry(time)

    def err(url: str) -> None:
        if is_read:
            pace.record_response(url, None)
            pace.record_readable(url, fal.UpstreamFailed("not JSON"))
        else:
            pace.record_response(url, BROKEN)

    for number in range(3):
        err(f"{ODD}{number}")
    assert not pace.host(URL).is_closed
    pace.record_readable(f"{OTHER}1")  # another model's status event was readable
    assert pace.host(URL).is_closed
    for number in range(9):
        err(f"{ODD}{number}")
        assert pace.host(URL).may_submit(has_followers=True)
        assert not pace.trouble
    time.now_s += 5
    for number in range(3):
        err(f"{OTHER}{number}")  # now no model is healthy
    assert not pace.host(URL).is_closed
    assert pace.trouble


def test_an_unreachable_host_opens_the_breaker_for_all_models():
    pace = BreakerRegistry(Clock())
    pace.record_response(f"{ODD}1", BROKEN)
    pace.record_response(f"{OTHER}1", None)
    pace.record_response(f"{ODD}1", AWAY)
    assert not pace.host(URL).is_closed


def test_memory_for_many_models_is_bounded():
    pace = BreakerRegistry(Clock())
    for number in range(2000):
        pace.record_readable(f"https://queue.test/files/{number}", fal.UpstreamFailed("not JSON"))
        pace.record_response(f"https://queue.test/well/{number}", None)
    host = pace.host(URL)
    assert max(len(host._failing), len(host._healthy), len(host._unreadable)) <= MAX_TRACKED_MODELS
    assert host._unreadable <= host._failing.keys()


def test_a_refused_key_is_reported_and_pauses_nobody():
    pace = BreakerRegistry(Clock())
    pace.record_response(URL, fal.AuthFailed("", status=401))
    assert pace.host(URL).try_acquire()
    assert pace.trouble.startswith("queue.test does not accept the key. An admin can ")


def test_unreadable_answers_count_as_trouble_despite_status_200():
    pace = BreakerRegistry(Clock())
    for _ in range(3):
        pace.record_response(URL, None)
        pace.record_readable(URL, fal.UpstreamFailed("not JSON"))
    assert pace.trouble == "queue.test gives unreadable answers."
    pace.record_response(URL, None)
    assert pace.trouble
    pace.record_readable(URL)
    assert not pace.trouble
    assert pace.host(URL).try_acquire()


def test_after_recovery_waiters_continue_one_after_another():
    async def main() -> list[float]:
        pace = BreakerRegistry(clock.now)
        pace.record_response(SUBMIT, AWAY)
        moments: list[float] = []

        async def ask() -> None:
            await pace.acquire(URL)
            moments.append(clock.now())

        asking = [asyncio.create_task(ask()) for _ in range(100)]
        await asyncio.sleep(0.05)
        assert not moments
        pace.record_response(URL, None)
        await asyncio.gather(*asking)
        return moments

    moments = clock.run(main())
    assert 0.1 < max(moments) - min(moments) < 2


def test_a_retry_delay_for_one_request_does_not_open_the_breaker():
    clock = Clock()
    pace = BreakerRegistry(clock)
    patience = fal.RateLimited("", status=429, retry_after_s=3600)
    pace.record_response(URL, patience)
    assert pace.host(URL).is_closed
    for number in range(3):
        pace.record_response(f"{URL}{number}", patience)
    assert seconds_until_open(pace, clock) < 1


def test_successes_before_the_trouble_do_not_keep_the_breaker_shut():
    pace = BreakerRegistry(Clock())
    pace.record_response(f"{OTHER}1", None)
    for number in range(3):
        pace.record_response(f"{ODD}{number}", BROKEN)
    assert not pace.host(URL).is_closed


def test_a_cancelled_waiter_is_no_longer_counted():
    pace = BreakerRegistry(Clock())
    pace.record_response(URL, AWAY)

    async def wait() -> None:
        waiting = [asyncio.create_task(pace.acquire(URL)) for _ in range(5)]
        await asyncio.sleep(0.01)
        assert pace.host(URL)._waiter_count == 5
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)

    asyncio.run(wait())
    assert pace.host(URL)._waiter_count == 0
