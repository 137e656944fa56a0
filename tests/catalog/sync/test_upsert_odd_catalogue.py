"""A catalogue with entries that no upstream should send is stored, searched and shown safely."""

import copy
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from catalog.filters.conditions import Condition
from catalog.models import Endpoint, Revision
from catalog.search import index
from catalog.search.engine import search
from catalog.search.query import Query
from tests.bench import catalogue
from tests.tables import each_row

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db, pytest.mark.system]

NAMES = [
    "odd/sp ace", "odd/ümlaut", "odd//double", "odd/per%cent", "odd/que?stion", "odd/ha#sh",
    'odd/quo"te', "odd/..", "odd/a/../b", "odd/trailing/", "single", "odd/" + "d/" * 60 + "end",
]  # fmt: skip
ODD: dict[str, dict[str, Any]] = {
    "odd/huge": {"description": "word " * 100_000, "display_name": "H" * 5000},
    "odd/rtl": {"display_name": "\u202egnp.exe مرحبا", "description": "\u2066 isolates \u202e"},
    "odd/emoji": {"display_name": "👩‍🚀🚀", "description": "🚀 only", "tags": ["🚀", "👩‍🚀"]},
    "odd/nul": {"display_name": "a\x00b", "tags": ["t\x00", "", " ", "x" * 300],
        "category": "c\x00d"},
    "odd/tags": {"tags": [f"tag-{n}" for n in range(300)]},
    "odd/mixed": {"tags": [1, None, {"a": 1}, ["x"], "ok"], "category": None, "license_type": None},
    "odd/category": {"category": "quantum-to-dream"},
    "odd/slashes": {"category": "a/b?c=d&e#f"},
    "odd/twin": {"display_name": "Twin"},
    "odd/twin/2": {"display_name": "Twin"},
    "odd/unnamed": {"display_name": ""},
    "odd/lonely": {"group": {"key": "lonely", "label": "Lonely"}},
    "odd/grouped": {"group": {"key": "x" * 500, "label": None}},
    "odd/times": {"duration_estimate": -5, "date": "0001-01-01T00:00:00Z", "updated_at": "never"},
    "odd/ages": {"duration_estimate": 1e12, "date": "9999-12-31T23:59:59Z", "status": "on fire"},
    "odd/html": {"display_name": "<script>alert(1)</script>",
        "description": "<img src=x onerror=alert(1)>", "tags": ["<i>x</i>"],
        "license_type": "<script>", "thumbnail_url": "javascript:alert(1)",
        "thumbnail_animated_url": "data:image/svg+xml,<svg/>"},
    **{name: {} for name in NAMES},
}  # fmt: skip


@pytest.fixture
def odd(catalogue_items: list[dict[str, Any]]) -> list[Endpoint]:
    """The real entries, mixed with odd ones."""
    items = list(catalogue_items)
    for name, metadata in ODD.items():
        item = copy.deepcopy(catalogue_items[0]) | {"endpoint_id": name}
        item["metadata"] |= metadata
        items.append(item)
    catalogue.fill(items)
    endpoints = list(Endpoint.objects.filter(endpoint_id__in=ODD))
    assert len(endpoints) == len(ODD)
    return endpoints


@pytest.mark.exhaustive
def test_every_page_of_an_odd_catalogue_opens_and_runs_no_script(odd, admin_client):
    addresses = [f"/categories/{quote(endpoint.category or 'unknown')}/" for endpoint in odd]
    addresses += [
        f"{endpoint.get_absolute_url()}{tab}" for endpoint in odd for tab in ("", "?tab=about")
    ]
    addresses += ["/", "/models/", "/models/?sort=newest", "/models/?sort=price", "/changes/"]
    for address in dict.fromkeys(addresses):
        response = admin_client.get(address)
        assert response.status_code == 200, address
        html = response.content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "javascript:alert" not in html


@each_row(
    ("typed", "expected"),
    [
        ("مرحبا", {"odd/rtl"}),
        ("twin", {"odd/twin", "odd/twin/2"}),
        ("tag-299", {"odd/tags"}),
        ("quantum to dream", {"odd/category"}),
        ("umlaut", {"odd/ümlaut"}),
        ("group:lonely", {"odd/lonely"}),
        ('tag:"tag-120"', {"odd/tags"}),
        ("\uff34\uff37\uff29\uff2e", {"odd/twin", "odd/twin/2"}),
    ],
)
def test_odd_values_are_searchable(odd, admin_client, typed, expected):
    html = admin_client.get("/models/?" + urlencode({"q": typed})).content.decode()
    assert {name for name in ODD if f'data-endpoint-id="{name}"' in html} == expected


def test_blank_values_are_not_offered_as_facets(odd):
    offered = {
        facet.name: [facet_value.value for facet_value in facet.values]
        for facet in search(Query()).facets
    }
    assert len(offered["tag"]) > 5
    assert not [value for values in offered.values() for value in values if not value.strip()]
    assert not index.current(Revision.current()).having(Condition("tag", (" ",)))
