"""Runs asynchronous processes on uvloop where it is installed, as uvicorn does for the web."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end and return its result, like `asyncio.run`."""
    # uvloop does not exist for Windows.
    loops = import_module("uvloop" if find_spec("uvloop") else "asyncio")
    with asyncio.Runner(loop_factory=loops.new_event_loop) as runner:
        return runner.run(main)
