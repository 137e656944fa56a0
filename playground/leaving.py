"""Tells those who hold connections that the server ends: it waits for them, and breaks them off in the end."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDINGS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def told(leave: Callable[[], None]) -> Iterator[None]:
    """While the block runs, `leave` is called in this loop when the process is told to end.

    What the server itself does then it does all the same; where nobody handles a signal,
    it stays so.
    """
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in ENDINGS}
    is_main = threading.current_thread() is threading.main_thread()  # only there are signals heard
    ours = {number: before for number, before in handlers.items() if is_main and callable(before)}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(leave)
        ours[signal.Signals(number)](number, frame)

    for number in ours:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, before in ours.items():
            signal.signal(number, before)
