"""Every change gives the database a new revision; triggers lost in a migration are reinstalled."""

from collections.abc import Callable

import pytest
from django.db import connection

from catalog.filters.facts import Listing
from catalog.models import CollectionItem, Endpoint, Revision, revision_triggers
from catalog.search.engine import search
from catalog.search.index import UPSTREAM_ORDER
from catalog.search.query import Query

pytestmark = pytest.mark.both_databases

Make = Callable[..., Endpoint]


def test_triggers_lost_in_a_migration_are_reinstalled(make_endpoint):
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
    totals = [search(Query(q=word)).total for word in ("before", "between", "after")]
    assert totals == [1, 1, 1]
    assert Revision.current() != revision


def test_every_column_of_cards_and_search_has_a_trigger():
    watched = revision_triggers.watched()
    searched = {*Listing._fields, "field_words", *(name.lstrip("-") for name in UPSTREAM_ORDER)}
    assert searched <= set(watched["catalog_endpoint"])
    for query in (Endpoint.objects.for_cards().query, CollectionItem.objects.for_cards().query):
        compiler = query.get_compiler("default")
        compiler.setup_query()
        for expression, *_ in compiler.select:
            column = expression.target
            if column.model._meta.db_table in watched and not column.primary_key:
                assert column.column in watched[column.model._meta.db_table]


def test_a_change_of_a_watched_column_changes_the_revision(make_endpoint):
    make_endpoint("a/live", display_name="Live")
    revision = Revision.current()
    Endpoint.objects.update(stream_url="https://fal.run/a/live/stream")
    streamed = Revision.current()
    assert streamed != revision
    Endpoint.objects.update(schema_error="not read")
    assert Revision.current() == streamed
