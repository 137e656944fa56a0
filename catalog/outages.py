"""How an error of the database is told: one that passes in a line, any other with its traceback."""

from __future__ import annotations

import logging

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection

# What ends while a cursor is closed comes as the driver says it.
_DRIVER = connection.Database  # type: ignore[attr-defined]  # every backend has it
# A lost connection, a lock, a server that takes no writes while another takes over (internal): nobody's mistake.
PASSING = (
    OperationalError,
    InterfaceError,
    InternalError,
    _DRIVER.OperationalError,
    _DRIVER.InterfaceError,
    _DRIVER.InternalError,
)
# Whatever a database may answer: Django's InterfaceError is no DatabaseError.
ANY = (DatabaseError, *PASSING)


def tell(log: logging.Logger, error: BaseException, words: str, *args: object) -> None:
    """Log what `words` say could not be done, and why; the caller tries again."""
    if isinstance(error, PASSING):
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        log.warning("%s: %s", words % args, reason)
    else:
        log.error(words, *args, exc_info=error)
