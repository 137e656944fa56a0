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

FORMER_SQLITE = (
    "CREATE VIRTUAL TABLE catalog_search USING fts5 (name, content='')",
    "CREATE TRIGGER catalog_endpoint_search_insert AFTER INSERT ON catalog_endpoint BEGIN "
    "INSERT INTO catalog_search (rowid, name) VALUES (new.id, new.display_name); END",
)
FORMER_POSTGRESQL = (
    "CREATE TABLE catalog_search_everything (id bigint PRIMARY KEY, words tsvector)",
    "CREATE TABLE catalog_search_description (id bigint PRIMARY KEY, words tsvector)",
    "CREATE FUNCTION catalog_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO catalog_search_everything (id) VALUES (new.id); RETURN NULL; END $$",
    "CREATE TRIGGER catalog_endpoint_search_insert AFTER INSERT ON catalog_endpoint "
    "FOR EACH ROW EXECUTE FUNCTION catalog_keep_words()",
)


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


def test_the_search_tables_of_earlier_versions_are_dropped(make_endpoint: Make) -> None:
    former = FORMER_SQLITE if connection.vendor == "sqlite" else FORMER_POSTGRESQL
    with connection.cursor() as cursor:
        for statement in former:
            cursor.execute(statement)
    revision_triggers.install()
    names = connection.introspection.table_names()
    assert not [name for name in names if name.startswith("catalog_search")]
    make_endpoint("a/after", display_name="After")
    assert search(Query(q="after")).total == 1
