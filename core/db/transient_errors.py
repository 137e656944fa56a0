"""Classifies and logs database errors: transient ones on one line, others with a traceback."""

from __future__ import annotations

import logging

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection

# Django does not wrap the driver's exceptions that are raised while a cursor is closed.
_DRIVER = connection.Database  # type: ignore[attr-defined]  # every backend has it
# Lost connections, lock timeouts, and a server that is read-only during failover (InternalError).
TRANSIENT = (
    OperationalError,
    InterfaceError,
    InternalError,
    _DRIVER.OperationalError,
    _DRIVER.InterfaceError,
    _DRIVER.InternalError,
)
# Every database error: Django's InterfaceError is not a DatabaseError.
ANY_DATABASE_ERROR = (DatabaseError, *TRANSIENT)


def log_failure(log: logging.Logger, error: BaseException, message: str, *args: object) -> None:
    """Log `message % args`, which says what failed, and the reason; the caller retries."""
    if isinstance(error, TRANSIENT):
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        log.warning("%s: %s", message % args, reason)
    else:
        log.error(message, *args, exc_info=error)
