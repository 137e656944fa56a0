"""Keeps long-lived processes small: excludes start-up objects from GC, returns freed memory."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# mallopt(3), glibc: blocks of this size and more return to the system as soon as they are freed.
# By default glibc raises the threshold to up to 32 MB as it frees such blocks, and then keeps them.
M_MMAP_THRESHOLD = -3
LARGE_BLOCK_BYTES = 1 << 20
TRIM_AFTER_S = 5.0
MIN_GROWTH_BYTES = 4 << 20  # trimming takes milliseconds, so less growth is not worth it
# Of gc.set_threshold. Requests that wait for their turn reach the oldest generation, which Python
# collects late by default: 2 MB more with 128 clients. But each of its collections walks through
# everything that thousands of waiting long polls hold, so it has to stay rare.
COLLECT_AFTER = (1500, 5, 2)


def freeze_gc() -> None:
    """Exclude all current objects from later garbage collections, and free large blocks at once.

    A collection of everything that a process has imported takes 50 ms and blocks every response.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    with suppress(OSError, AttributeError):  # no glibc
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)


def resident_bytes() -> int:
    """Return this process's resident memory; 0 without Linux's /proc."""
    with suppress(OSError):
        pages = Path("/proc/self/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def trim() -> None:
    """Return free heap memory to the system, which glibc does not do by itself."""
    with suppress(OSError, AttributeError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)  # ctypes releases the GIL meanwhile


class MemoryTrimmer:
    """Trims the heap some seconds after work that grew it; no timer runs while idle."""

    def __init__(
        self,
        after_s: float = TRIM_AFTER_S,
        resident: Callable[[], int] = resident_bytes,
        trim: Callable[[], None] = trim,
    ) -> None:
        self._after_s = after_s
        self._resident = resident
        self._trim = trim
        self._resident_after_trim = 0
        self._timer: asyncio.TimerHandle | None = None

    def schedule(self) -> None:
        """Start the timer if it does not run; call on the event loop after each request."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._after_s, self._trim_if_grown, loop)

    def _trim_if_grown(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self._resident() >= self._resident_after_trim + MIN_GROWTH_BYTES:
            loop.run_in_executor(None, self._trim_now)

    def _trim_now(self) -> None:
        self._trim()
        self._resident_after_trim = self._resident()
