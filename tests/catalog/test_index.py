"""The index in memory: right under its revision, made anew behind the scenes where that takes long."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.asking.facts import condition
from catalog.finding import bitmaps
from catalog.finding import index as indexes
from catalog.models import Endpoint, Revision
from tests.processes import until

Make = Callable[..., Endpoint]


def names(index: indexes.Index, bits: int) -> set[str]:
    keys = [index.keys[place] for place in bitmaps.places(bits, index.size)]
    return set(Endpoint.objects.filter(pk__in=keys).values_list("endpoint_id", flat=True))


def test_an_index_is_made_once_for_a_revision(make_endpoint: Make) -> None:
    make_endpoint()
    made = indexes.current(Revision.current())
    with CaptureQueriesContext(connection) as queries:
        assert indexes.current(made.token) is made
    assert len(queries) == 0


def test_a_condition_holds_of_whoever_has_an_accepted_fact(make_endpoint: Make) -> None:
    make_endpoint("a/1", facts=["in:image", "duration:5-12"])
    make_endpoint("a/2", facts=["in:text", "duration:5-8"])
    index = indexes.current(Revision.current())
    for key, value, found in [
        ("in", "image", {"a/1"}),
        ("duration", ">=10", {"a/1"}),
        ("duration", ">=6", {"a/1", "a/2"}),
    ]:
        asked = condition(key, value)
        assert asked is not None
        assert names(index, index.having(asked)) == found


def test_small_sets_of_a_large_catalogue_count_as_large_ones_do(
    make_endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(70):
        make_endpoint(f"a/{n}", group_key=f"g{n % 9}", tags=[f"t{n % 4}", "all"][: n % 3])
    small = indexes.current(Revision.current())
    monkeypatch.setattr(indexes, "_SMALL", 10)
    Endpoint.objects.filter(endpoint_id="a/0").update(display_name="again")
    large = indexes.current(Revision.current())
    for hits in (small.everything, bitmaps.of(range(0, 70, 3), 70), bitmaps.of([1, 2, 5], 70), 0):
        for key in ("group", "tag", "category", "status"):
            for most in (1, 3, 50):
                assert large.count(key, hits, most) == small.count(key, hits, most)


@pytest.mark.django_db(transaction=True)
def test_a_large_catalogue_is_read_anew_behind_the_scenes(
    make_endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = make_endpoint("a/1")
    before = indexes.current(Revision.current())
    monkeypatch.setattr(indexes, "AT_ONCE", 0)
    monkeypatch.setattr(indexes, "REST", 0)
    Endpoint.objects.filter(pk=endpoint.pk).update(display_name="Renamed")
    revision = Revision.current()
    assert indexes.current(revision) is before  # nobody waits
    until(lambda: indexes.current(revision).token == revision)
    assert names(
        indexes.current(revision), indexes.current(revision).names.with_word("renamed")[0]
    ) == {"a/1"}
