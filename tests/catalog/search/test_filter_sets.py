"""Facets with any combination of typed and chosen filters, compared with a count by hand."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.filters.conditions import combine, parse_condition
from catalog.filters.facts import Listing, facts_of
from catalog.filters.vocabulary import KEYS
from catalog.models import Endpoint
from catalog.search.engine import search
from catalog.search.index import Index
from catalog.search.query import Query

pytestmark = pytest.mark.both_databases

DRAWN = {
    "in": KEYS["in"].values,
    "out": KEYS["out"].values,
    "can": KEYS["can"].values,
    "resolution": ("480p", "720p", "1080p", "1080p@8", "4k"),
    "duration": ("5", "10", "3-12", "20-60"),
    "ratio": ("1:1", "16:9"),
    "language": ("german", "english"),
    "voices": ("3", "30"),
}
PICKS = [(key, value) for key, values in DRAWN.items() for value in values]
PICKS += [(name, step) for name in ("duration", "price", "time") for step in KEYS[name].steps]
PICKS += [
    ("category", "vision"),
    ("category", "text-to-video"),
    ("license", "commercial"),
    ("license", "research"),
    ("tag", "a b"),
    ("tag", "c"),
    ("per", "second"),
    ("resolution", ">=720p"),
    ("is", "new"),
    ("is", "gone"),
    ("owner", "bria"),
]
TYPED = [f"{key}:{value}" for key, value in PICKS if " " not in value] + [
    "-can:seed",
    "-is:gone",
    "-out:video",
    'tag:"A B"',
    "price:<1",
    "duration:>=10",
    "duration:4..9",
    "out:image,video",
    "license:research,commercial",
]


@cache
def rows() -> list[Listing]:
    """Return sixty endpoints with all kinds of facts."""
    draw = random.Random(7)
    listings = []
    for number in range(60):
        facts = [
            f"{key}:{value}"
            for key, values in DRAWN.items()
            for value in values
            if draw.random() < 0.3
        ]
        endpoint = Endpoint(
            endpoint_id=f"{draw.choice(['fal-ai', 'bria'])}/m{number}",
            display_name=f"M {number}",
            owner=draw.choice(["fal-ai", "bria"]),
            category=draw.choice(["vision", "text-to-video", ""]),
            tags=draw.sample(["a b", "c", "a-b"], draw.randrange(3)),
            license_type=draw.choice(["commercial", "research", ""]),
            duration_estimate_min=draw.choice([None, 0.1, 0.4, 3]),
            unit_price_usd=draw.choice([None, *map(Decimal, ("0", "0.02", "0.09", "0.6"))]),
            price_unit=draw.choice(["seconds", "image"]),
            published_at=draw.choice([None, datetime.now(UTC), datetime(2020, 1, 1, tzinfo=UTC)]),
            facts=facts,
            gone_at=draw.choice([None, None, None, datetime.now(UTC)]),
        )
        listings.append(Listing._make(getattr(endpoint, name) for name in Listing._fields))
    return listings


@cache
def example_index() -> Index:
    return Index("t", [(place, "", *row) for place, row in enumerate(rows())], Counter())


@cache
def every() -> list[tuple[str, ...]]:
    return [facts_of(row) for row in rows()]


def count(query: Query) -> int:
    """Count the rows that a query without text finds, row by row."""
    asks_for_gone = any(condition.word == "is:gone" for condition in query.conditions)
    return sum(
        all(condition.holds(facts, query.seconds) for condition in query.conditions)
        for facts in every()
        if asks_for_gone or ("is:gone" in facts) == (query.status == "gone")
    )


@pytest.mark.django_db
@given(
    st.lists(st.sampled_from(TYPED), max_size=3),
    st.lists(st.sampled_from(PICKS), max_size=3, unique=True),
)
def test_facet_counts_equal_a_count_row_by_row(typed, picked):
    picks = [
        (key, condition.values[0])
        for key, value in picked
        if (condition := parse_condition(key, value))
    ]
    query = Query(q=" ".join(typed), picked=frozenset(picks))
    answer = search(query, index=example_index())
    assert answer.total == count(query)
    for facet in answer.facets:
        for value in facet.values:
            rest = query if KEYS[facet.name].joins_all else query.without(facet.name)
            with_it = replace(rest, picked=rest.picked | {(facet.name, value.value)})
            assert value.count == count(with_it), (facet.name, value)
    for relaxation in answer.relaxations:
        assert relaxation.count == count(relaxation.query), relaxation


def test_conditions_of_a_key_are_intersected_or_joined_as_alternatives():
    combined = combine(
        [c for w in ("5", ">=3") if (c := parse_condition("duration", w))]
        + [c for w in ("a", "b") if (c := parse_condition("license", w))]
        + [c for w in ("image", "text") if (c := parse_condition("in", w))]
    )
    assert [condition.word for condition in combined] == [
        "duration:5",
        "license:a,b",
        "in:image",
        "in:text",
    ]
