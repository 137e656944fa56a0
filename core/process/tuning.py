"""Tunes a long-lived process: its open files, garbage collections, and event loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
from collections.abc import Coroutine
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

T = TypeVar("T")


def raise_file_limit() -> None:
    """Raise the soft limit to the hard one: each followed run and each long poll holds a socket."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):  # macOS refuses above an unreported limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def freeze_gc() -> None:
    """Exclude all current objects from later garbage collections.

    A collection of everything that a process has imported takes 50 ms and blocks every response.
    """
    gc.collect()
    gc.freeze()


def run_event_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end and return its result, like `asyncio.run`.

    Uses uvloop if it is installed, as uvicorn does for the web.
    """
    # uvloop does not exist for Windows.
    loops = import_module("uvloop" if find_spec("uvloop") else "asyncio")
    with asyncio.Runner(loop_factory=loops.new_event_loop) as runner:
        return runner.run(main)
