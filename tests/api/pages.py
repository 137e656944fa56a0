"""The pages as the web process serves them, for tests over the wire."""

from threading import Barrier

from django.db import connections

from config.server.thread_pool import THREADS, ThreadPoolApp


class Pages(ThreadPoolApp):
    """The pages. `close` ends their threads' connections, which would outlive the test."""

    def close(self) -> None:
        for pool in (self._pages, self._bodies, self._files):
            together = Barrier(THREADS)

            def close(barrier: Barrier = together) -> None:
                barrier.wait()  # the barrier makes each thread take one of these jobs
                connections.close_all()

            for closing in [pool.submit(close) for _ in range(THREADS)]:
                closing.result()
            pool.shutdown()
