"""Makes SQL statements fail or wait, with Django's instrumentation, in every thread."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

Wrapper = Callable[[Callable[..., Any], str, Any, bool, dict[str, Any]], Any]


@contextmanager
def wrapped(wrapper: Wrapper) -> Iterator[None]:
    """Wrap the execution of statements on this thread's connection and on each new connection.

    `wrapper` is one of Django's: https://docs.djangoproject.com/en/5.2/topics/db/instrumentation/.
    """
    wrapped_connections: list[BaseDatabaseWrapper] = []

    def wrap(connection: BaseDatabaseWrapper, **_: Any) -> None:
        if wrapper not in connection.execute_wrappers:
            connection.execute_wrappers.append(wrapper)
            wrapped_connections.append(connection)

    wrap(connection)
    connection_created.connect(wrap)
    try:
        yield
    finally:
        connection_created.disconnect(wrap)
        for wrapped_connection in wrapped_connections:
            wrapped_connection.execute_wrappers.remove(wrapper)


@contextmanager
def before(look: Callable[[str, Any], None]) -> Iterator[None]:
    """Call `look(sql, parameters)` before each statement, which fails with what this raises."""

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        look(sql, params)
        return execute(sql, params, many, context)

    with wrapped(wrapper):
        yield


@contextmanager
def failing(*errors: Exception, where: Callable[[str, Any], bool]) -> Iterator[list[Exception]]:
    """Raise these errors, one by one, at statements for which `where(sql, parameters)` is true.

    Yields the list of errors that are still to be raised.
    """
    left = list(errors)

    def look(sql: str, params: Any) -> None:
        if left and where(sql, params):
            raise left.pop(0)

    with before(look):
        yield left
