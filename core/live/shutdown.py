"""Notifies long-poll holders when the server shuts down, which waits for open connections."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SHUTDOWN_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def on_shutdown(callback: Callable[[], None]) -> Iterator[None]:
    """While the block runs, call `callback` in this loop when the process gets a signal to stop.

    The server's own signal handlers are called as well; a signal without a Python handler is left
    alone.
    """
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in SHUTDOWN_SIGNALS}
    # Python allows signal handlers only in the main thread.
    is_main = threading.current_thread() is threading.main_thread()
    former_handlers = {
        number: before for number, before in handlers.items() if is_main and callable(before)
    }

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        former_handlers[signal.Signals(number)](number, frame)

    for number in former_handlers:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, before in former_handlers.items():
            signal.signal(number, before)
