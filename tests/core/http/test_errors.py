"""A database that ends its connections costs a page one more question.

One that is away, a page that asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
Cut = Callable[[int], Any]


def end_by_the_server(kept: Any) -> None:
    """What a restart of PostgreSQL does to a connection; SQLite has no server to end it."""
    if kept.vendor != "postgresql":
        return
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [kept.connection.info.backend_pid])
    other.close()


@pytest.fixture
def cut() -> Cut:
    """`with cut(2):` the first two questions after which a page asked something end with the
    connection.

    PostgreSQL ends it for real; what has no server says what a lost one would.
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
        connection.close()  # for the next test to begin with one that lives

    return cutting


@pytest.fixture
def browser(client: Client, user: User) -> Client:
    """A browser that is shown what a server answers, also where something broke."""
    client.force_login(user)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("address", ["/runs/", "/models/", "/collections/"])
def test_a_page_under_way_when_connections_end_is_answered_all_the_same(
    browser: Client, cut: Cut, address: str
) -> None:
    with cut(1):
        assert browser.get(address).status_code == 200


def test_while_the_database_is_away_a_page_asks_again_by_itself(browser: Client, cut: Cut) -> None:
    with cut(2) as ended:
        response = browser.get("/runs/")
        assert len(ended) == 2  # not on and on
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "3"
    assert b'http-equiv="refresh"' in response.content
    assert browser.get("/runs/").status_code == 200


def test_what_was_to_be_changed_is_never_asked_twice(browser: Client, cut: Cut) -> None:
    with cut(9) as ended:
        response = browser.post("/searches/", {"params": "q=x", "name": "x"})
        assert len(ended) == 1
    assert response.status_code == 503
    assert b"refresh" not in response.content
    assert b"Go back and try again" in response.content


def test_what_the_driver_itself_says_of_a_lost_connection_is_no_error_page(
    browser: Client,
) -> None:
    def closing(*_: Any) -> Any:
        backend: Any = connection  # the stubs lack the driver
        raise backend.Database.OperationalError("the connection is closed")

    with connection.execute_wrapper(closing):
        assert browser.get("/runs/").status_code == 503
    assert browser.get("/runs/").status_code == 200


def test_it_is_told_in_a_line_and_any_other_error_with_its_traceback(
    browser: Client, cut: Cut, caplog: pytest.LogCaptureFixture
) -> None:
    with cut(1):
        browser.get("/runs/")
    (told,) = [one for one in caplog.records if one.levelname in {"WARNING", "ERROR"}]
    assert told.levelname == "WARNING"
    assert "GET /runs/ was not answered" in told.getMessage()
    assert told.exc_info is None

    def broken(*_: Any) -> Any:
        raise LookupError("a mistake of ours")

    with connection.execute_wrapper(broken):
        response = browser.get("/runs/")
    assert response.status_code == 500
    assert b"Something broke" in response.content
    assert caplog.records[-1].exc_info


def test_a_connection_that_ended_at_rest_is_known_without_asking() -> None:
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        with CaptureQueriesContext(connection) as asked:
            assert connection.is_usable()
            end_by_the_server(connection)
            assert connection.is_usable() == (connection.vendor == "sqlite")
        assert len(asked) == 0
        connection.close()
