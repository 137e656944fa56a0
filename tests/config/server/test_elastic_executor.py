"""A pool computes with a few threads, and has more only while those wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from config.server.elastic_executor import CHECK_S, ElasticExecutor

pytestmark = pytest.mark.anyio
USUAL, MOST = 2, 4
MakePool = Callable[..., ElasticExecutor]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def make_pool() -> AsyncIterator[MakePool]:
    pools: list[ElasticExecutor] = []

    def make(cpu_s: Callable[[], float] = lambda: 0.0) -> ElasticExecutor:
        pools.append(ElasticExecutor(USUAL, MOST, thread_name_prefix="test", cpu_s=cpu_s))
        return pools[-1]

    yield make
    for pool in pools:
        pool.shutdown()


class Jobs:
    """Jobs that wait until they are released; knows how many run at once."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    def run(self, number: int) -> int:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.released.wait(30)
        with self._lock:
            self.running -= 1
        return number


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.released.set()


def start(pool: ElasticExecutor, jobs: Jobs, count: int) -> list[asyncio.Future[int]]:
    loop = asyncio.get_running_loop()
    return [loop.run_in_executor(pool, jobs.run, number) for number in range(count)]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110  what threads do has no asyncio event
            await asyncio.sleep(0.01)


async def test_what_computes_gets_no_more_threads(make_pool: MakePool, jobs: Jobs) -> None:
    computed = iter(range(1000))  # a second more at each look
    checks: list[float] = []

    def cpu_s() -> float:
        checks.append(0)
        return float(next(computed))

    pool = make_pool(cpu_s)
    started = start(pool, jobs, 10)
    await until(lambda: len(checks) > 8)  # two for each interval
    assert (jobs.most, pool.size) == (USUAL, USUAL)
    jobs.released.set()
    assert await asyncio.gather(*started) == list(range(10))
    assert jobs.most == USUAL


async def test_what_waits_gets_more_threads_up_to_the_most(make_pool: MakePool, jobs: Jobs) -> None:
    pool = make_pool()
    started = start(pool, jobs, 10)
    await until(lambda: jobs.running == MOST)
    await asyncio.sleep(3 * CHECK_S)
    assert (jobs.most, pool.size) == (MOST, MOST)
    jobs.released.set()
    assert await asyncio.gather(*started) == list(range(10))
    assert jobs.most == MOST


async def test_threads_that_wait_keep_their_number_while_no_job_is_queued(
    make_pool: MakePool, jobs: Jobs
) -> None:
    pool = make_pool()
    started = start(pool, jobs, USUAL)
    await until(lambda: jobs.running == USUAL)
    await asyncio.sleep(3 * CHECK_S)
    assert pool.size == USUAL
    jobs.released.set()
    await asyncio.gather(*started)


async def test_an_exception_reaches_who_awaits_and_the_thread_goes_on(make_pool: MakePool) -> None:
    pool, loop = make_pool(), asyncio.get_running_loop()

    def fail() -> Any:
        raise LookupError("no such page")

    for _ in range(2 * MOST):
        with pytest.raises(LookupError, match="no such page"):
            await loop.run_in_executor(pool, fail)
    assert await loop.run_in_executor(pool, int, "3") == 3


async def test_what_is_cancelled_while_queued_never_runs(make_pool: MakePool, jobs: Jobs) -> None:
    pool = make_pool(iter(range(1000)).__next__)
    started = start(pool, jobs, USUAL)
    ran: list[int] = []
    queued = asyncio.get_running_loop().run_in_executor(pool, ran.append, 1)
    queued.cancel()
    await asyncio.sleep(0)
    jobs.released.set()
    await asyncio.gather(*started)
    pool.shutdown()
    assert not ran


async def test_a_shutdown_cancels_what_is_queued_if_asked(make_pool: MakePool, jobs: Jobs) -> None:
    pool = make_pool(iter(range(1000)).__next__)
    started = start(pool, jobs, USUAL + 1)
    await until(lambda: jobs.running == USUAL)
    pool.shutdown(wait=False, cancel_futures=True)
    with pytest.raises(asyncio.CancelledError):
        await started[-1]
    jobs.released.set()
    assert await asyncio.gather(*started[:-1]) == [0, 1]
