"""If the database closes its connections, a page repeats a query.

If the database is away, the page reloads itself.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
Cut = Callable[[int], Any]


def end_by_the_server(open_connection: Any) -> None:
    """End a connection as a restart of PostgreSQL does. SQLite has no server."""
    if open_connection.vendor != "postgresql":
        return
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(%s, 5000)", [open_connection.connection.info.backend_pid]
        )
    other.close()


@pytest.fixture
def cut() -> Cut:
    """`with cut(2):` the connection ends at the first two queries about users.

    PostgreSQL really ends it; SQLite raises the error of a lost connection.
    """

    @contextmanager
    def cutting(times: int) -> Iterator[list[str]]:
        ended: list[str] = []

        def end(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if "auth_user" not in sql or len(ended) == times:
                return execute(sql, params, many, context)
            ended.append(sql)
            if connection.vendor != "postgresql":
                raise OperationalError("the connection is lost")
            end_by_the_server(context["connection"])
            return execute(sql, params, many, context)

        with connection.execute_wrapper(end):
            yield ended
        connection.close()  # so that the next test begins with a working connection

    return cutting


@pytest.fixture
def browser(client: Client, user: User) -> Client:
    """A browser that gets the server's answer even after an error."""
    client.force_login(user)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("address", ["/runs/", "/models/", "/collections/"])
def test_a_page_survives_the_end_of_its_database_connection(browser, cut, address):
    with cut(1):
        assert browser.get(address).status_code == 200


def test_during_a_database_outage_a_page_reloads_itself(browser, cut):
    with cut(2) as ended:
        response = browser.get("/runs/")
        assert len(ended) == 2  # no further attempts
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "3"
    assert b'http-equiv="refresh"' in response.content
    assert browser.get("/runs/").status_code == 200


def test_a_post_is_never_retried(browser, cut):
    with cut(9) as ended:
        response = browser.post("/views/new/", {"params": "q=x", "name": "x"})
        assert len(ended) == 1
    assert response.status_code == 503
    assert b"refresh" not in response.content
    assert b"Go back and try again" in response.content


def test_a_lost_connection_reported_by_the_driver_is_a_503(browser):
    def closing(*_: Any) -> Any:
        backend: Any = connection  # the type stubs lack the driver
        raise backend.Database.OperationalError("the connection is closed")

    with connection.execute_wrapper(closing):
        assert browser.get("/runs/").status_code == 503
    assert browser.get("/runs/").status_code == 200


def test_a_lost_connection_is_one_log_line_and_other_errors_have_tracebacks(browser, cut, caplog):
    with cut(1):
        browser.get("/runs/")
    (record,) = [
        candidate for candidate in caplog.records if candidate.levelname in {"WARNING", "ERROR"}
    ]
    assert record.levelname == "WARNING"
    assert "GET /runs/ was not answered" in record.getMessage()
    assert record.exc_info is None

    def broken(*_: Any) -> Any:
        raise LookupError("a mistake of ours")

    with connection.execute_wrapper(broken):
        response = browser.get("/runs/")
    assert response.status_code == 500
    assert b"Something broke" in response.content
    assert caplog.records[-1].exc_info
