"""The clock that machines share is the database's, asked now and then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.db import clock

pytestmark = pytest.mark.django_db

AT_MOST = timedelta(seconds=5)  # on a busy machine


@pytest.fixture(autouse=True)
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_last_sync", None)


def test_it_tells_the_time_and_goes_on() -> None:
    before = clock.now()
    assert abs(before - datetime.now(UTC)) < AT_MOST
    assert before < clock.now() < before + AT_MOST


def test_the_database_is_asked_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = int(connection.vendor == "postgresql")
    with CaptureQueriesContext(connection) as asked:
        for _ in range(5):
            clock.now()
    assert len(asked) == asks
    monkeypatch.setattr(clock, "RESYNC_EVERY_S", 0.0)
    with CaptureQueriesContext(connection) as asked:
        for _ in range(5):
            clock.now()
    assert len(asked) == 5 * asks
