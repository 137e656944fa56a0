"""The index in memory is right for its revision; a thread rebuilds a large index."""

from collections.abc import Callable, Iterable
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.filters.conditions import parse_condition
from catalog.models import Endpoint, Favourite, Revision
from catalog.search import index as indexes
from tests.processes import until

pytestmark = pytest.mark.both_databases

Make = Callable[..., Endpoint]


def names_at(index: indexes.Index, places: Iterable[int]) -> set[str]:
    keys = [index.keys[place] for place in places]
    return set(Endpoint.objects.filter(pk__in=keys).values_list("endpoint_id", flat=True))


def test_the_index_is_built_once_per_revision(make_endpoint):
    make_endpoint()
    built = indexes.current(Revision.current())
    with CaptureQueriesContext(connection) as queries:
        assert indexes.current(built.token) is built
    assert len(queries) == 0


def test_a_condition_selects_endpoints_with_an_accepted_fact(make_endpoint):
    make_endpoint("a/1", facts=["in:image", "duration:5-12"])
    make_endpoint("a/2", facts=["in:text", "duration:5-8"])
    index = indexes.current(Revision.current())
    for key, value, expected in [
        ("in", "image", {"a/1"}),
        ("duration", ">=10", {"a/1"}),
        ("duration", ">=6", {"a/1", "a/2"}),
    ]:
        condition = parse_condition(key, value)
        assert condition is not None
        assert names_at(index, index.having(condition)) == expected


def test_text_indexes_are_reused_for_the_same_texts(make_endpoint, user):
    """A star changes the revision; the new index then takes the texts' words from the old one."""
    endpoint = make_endpoint("a/1", description="Pictures")
    before = indexes.current(Revision.current())
    Favourite.objects.create(user=user, endpoint=endpoint)
    after = indexes.current(Revision.current())
    assert after is not before
    assert after.descriptions is before.descriptions
    assert after.names is before.names
    Endpoint.objects.filter(pk=endpoint.pk).update(description="Songs")
    assert indexes.current(Revision.current()).descriptions is not before.descriptions


@pytest.mark.django_db(transaction=True)
def test_a_large_index_is_rebuilt_in_the_background(make_endpoint):
    endpoint = make_endpoint("a/1")
    before = indexes.current(Revision.current())
    current = partial(indexes.current, at_once=0, rest=0)
    Endpoint.objects.filter(pk=endpoint.pk).update(display_name="Renamed")
    revision = Revision.current()
    assert current(revision) is before  # meanwhile, requests get the old index at once
    until(lambda: current(revision).token == revision)
    assert names_at(
        indexes.current(revision), indexes.current(revision).names.find(["renamed"])
    ) == {"a/1"}
