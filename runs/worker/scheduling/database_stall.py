"""Detects when the database was locked or down, to give other workers time to renew leases."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError
from django.db import close_old_connections

from core.db import transient_errors
from runs.state import transitions

RETRY_AFTER_S = 1.0
# After a database stall, each living worker has renewed its leases within this time.
GRACE_S = 2 * transitions.HOLDER_RENEWS_EVERY_S

T = TypeVar("T")
log = logging.getLogger(__name__)


class DatabaseStall:
    """Runs queries of one worker and remembers when the database last failed.

    Other workers have `grace_s` seconds after that to renew their leases.
    """

    def __init__(self, grace_s: float = GRACE_S, retry_after_s: float = RETRY_AFTER_S) -> None:
        self._grace_s = grace_s
        self._retry_after_s = retry_after_s
        self._grace_until = 0.0

    @property
    def is_recent(self) -> bool:
        """Whether other workers may not have renewed their leases yet."""
        return time.monotonic() < self._grace_until

    def record(self) -> None:
        """Record that the database failed or was locked just now."""
        self._grace_until = time.monotonic() + self._grace_s

    async def query(self, query: Callable[[], Awaitable[T]]) -> T | None:
        """Return the result of `query`; after a database error sleep a moment and return None."""
        try:
            return await query()
        except DatabaseError as error:
            transient_errors.log_failure(
                log, error, "the database did not do its part; again in a moment"
            )
            self.record()
            await sync_to_async(close_old_connections)()
            await asyncio.sleep(self._retry_after_s)
            return None
