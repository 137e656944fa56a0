"""The machines share the database's clock, which they query now and then."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from core.db import clock

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]

AT_MOST = timedelta(seconds=5)  # allows for a busy machine


def test_the_shared_clock_advances_with_the_time():
    before = clock.now(resync_every_s=0.0)
    assert abs(before - datetime.now(UTC)) < AT_MOST
    assert before < clock.now() < before + AT_MOST


def test_the_database_time_is_queried_rarely():
    asks = int(connection.vendor == "postgresql")
    clock.now(resync_every_s=0.0)
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            clock.now()
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            clock.now(resync_every_s=0.0)
    assert len(queries) == 5 * asks


@pytest.mark.anyio
async def test_the_event_loop_never_queries_the_database_time(database_misuses):
    """On PostgreSQL, a submit failed if the last query of the time was ten seconds ago."""
    with pytest.raises(SynchronousOnlyOperation):
        clock.now()
    assert "test_clock.py" in database_misuses.pop()
    assert abs(await clock.anow() - datetime.now(UTC)) < AT_MOST
    # the thread of the query has a connection of its own
    await sync_to_async(connections.close_all)()
