"""An event loop whose clock advances only while all its tasks wait.

Pauses take no real time, and the load of the machine has no effect.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumps(selectors.DefaultSelector):
    """Instead of waiting for the next timer, advances the clock to it."""

    now_s = 0.0
    threads = 0  # how many threads work for the loop and will wake it

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or (timeout > 0 and self.threads):
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.now_s += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumps = _Jumps()
        super().__init__(self._jumps)

    def time(self) -> float:
        return self._jumps.now_s

    def run_in_executor(  # type: ignore[override]  # the stubs tie `args` to `func`
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Run in a thread; meanwhile, for example during a query, the clock stands still."""
        future = super().run_in_executor(executor, func, *args)
        self._jumps.threads += 1
        future.add_done_callback(self._take_back)
        return future

    def _take_back(self, _: Any) -> None:
        self._jumps.threads -= 1


def run(main: Coroutine[Any, Any, T]) -> T:
    """Like `asyncio.run`, on such a loop; for code that waits only for timers and threads."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)


def now() -> float:
    """Return the running loop's time in seconds."""
    return asyncio.get_running_loop().time()
