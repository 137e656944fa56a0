"""A thread pool that starts more threads only while its threads wait for something.

Python's threads take turns at one core, so for work that computes, more threads bring no more
results, only more memory: each has a database connection of its own. They help while the others
wait, for a slow query or a locked database.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

CHECK_S = 0.1
# A process that computed for less of an interval than this, while jobs were queued, was waiting.
BUSY_SHARE = 0.7

Job = tuple[Future[Any], Callable[[], Any]]


class ElasticExecutor(Executor):
    """Runs jobs in `usual` threads, and in up to `most` while they are queued and few compute.

    A thread, once started, is kept. `cpu_s` returns the seconds of CPU time that this process has
    used.
    """

    def __init__(
        self,
        usual: int,
        most: int,
        *,
        thread_name_prefix: str,
        cpu_s: Callable[[], float] = time.process_time,
    ) -> None:
        self._threads = ThreadPoolExecutor(most, thread_name_prefix)
        self._allowed = usual
        self._most = most
        self._cpu_s = cpu_s
        self._lock = threading.Lock()
        self._queued: deque[Job] = deque()
        self._running = 0
        self._is_watching = False

    @property
    def size(self) -> int:
        """How many jobs may run at once at present."""
        return self._allowed

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn` in a thread as soon as one may; return its future."""
        future: Future[Any] = Future()
        with self._lock:
            self._queued.append((future, lambda: fn(*args, **kwargs)))
            if self._running < self._allowed:
                self._start_thread()
            else:
                self._watch()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads after the jobs that run, as `Executor.shutdown` does."""
        if cancel_futures:
            with self._lock:
                for future, _ in self._queued:
                    future.cancel()  # so `_run` skips it
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def _run_queued(self) -> None:
        """Run queued jobs in this thread until none is left."""
        while True:
            with self._lock:
                if not self._queued:
                    self._running -= 1
                    return
                future, call = self._queued.popleft()
            _run(future, call)
            del future, call  # a thread that rests keeps no response alive

    def _start_thread(self) -> None:
        """Let one more thread run queued jobs; needs the lock."""
        self._running += 1
        self._threads.submit(self._run_queued)

    def _watch(self) -> None:
        """Look in a moment whether queued jobs need one more thread; needs the lock."""
        if self._is_watching or self._allowed == self._most:
            return
        self._is_watching = True
        timer = threading.Timer(CHECK_S, self._grow, (time.monotonic(), self._cpu_s()))
        timer.daemon = True
        timer.start()

    def _grow(self, started: float, cpu_s: float) -> None:
        """Allow one more thread if jobs are queued and the process has computed little."""
        with self._lock:
            self._is_watching = False
            if not self._queued:
                return
            elapsed = time.monotonic() - started
            if self._cpu_s() - cpu_s < BUSY_SHARE * elapsed:
                self._allowed += 1
                self._start_thread()
            self._watch()


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    """Run one job and pass its result or exception to its future, as ThreadPoolExecutor does."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
        del future  # which keeps the traceback, and so this frame
    else:
        future.set_result(result)
