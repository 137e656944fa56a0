"""The database renews the revision with every change; triggers lost in a migration come back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from catalog.models import Endpoint, Revision, revision_triggers
from catalog.search.engine import search
from catalog.search.query import Query

pytestmark = pytest.mark.both_databases

Make = Callable[..., Endpoint]


def test_triggers_that_a_migration_lost_are_installed_again(make_endpoint: Make) -> None:
    """SQLite drops a table's triggers when a migration remakes the table."""
    make_endpoint("a/before", display_name="Before")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER catalog_endpoint_insert_revision")
    make_endpoint("a/between", display_name="Between")
    revision_triggers.install()
    revision_triggers.install()
    revision = Revision.current()
    make_endpoint("a/after", display_name="After")
    found = [search(Query(q=word)).total for word in ("before", "between", "after")]
    assert found == [1, 1, 1]
    assert Revision.current() != revision
