"""The pages as the web process serves them, for tests on the wire."""

from __future__ import annotations

from threading import Barrier

from django.db import connections

from config.server.thread_pool import THREADS, ThreadPoolApp


class Pages(ThreadPoolApp):
    """The pages; their threads close their connections, which else outlive the test."""

    def close(self) -> None:
        """End the threads."""
        for pool in (self._pages, self._bodies, self._files):
            together = Barrier(THREADS)

            def close(barrier: Barrier = together) -> None:
                barrier.wait()  # each of the threads takes one
                connections.close_all()

            for closing in [pool.submit(close) for _ in range(THREADS)]:
                closing.result()
            pool.shutdown()
