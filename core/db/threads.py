"""Runs queries for asynchronous code: in one thread, with one database connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in the thread that all asynchronous code shares, and return its result.

    The thread keeps its database connection until an error; then the next call opens a new one.
    """

    def with_fresh_connection() -> T:
        try:
            return function(*args, **kwargs)
        except DatabaseError:
            close_old_connections()
            raise

    return await sync_to_async(with_fresh_connection, thread_sensitive=True)()
