"""The last line of a card: what helps choosing, without what the page has said already."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.display.card_facts import card_facts
from catalog.models import Endpoint
from catalog.search.query import Query

NOW = timezone.now()
OLD = NOW.replace(year=2026, month=5, day=2)


def facts(asked: str = "", sort: str = "", **values: Any) -> list[str]:
    defaults = {"endpoint_id": "a/blur", "display_name": "Blur", "category": "text-to-image"}
    return card_facts(Endpoint(**defaults | values), Query(q=asked, sort=sort))


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, []),
        ({"published_at": NOW}, ["new"]),
        ({"published_at": OLD, "updated_at": OLD}, ["since May 2026"]),
        ({"published_at": NOW, "updated_at": NOW}, ["new"]),
        ({"tags": ["new", "blur", "text-to-image", "", 5, "pro", "a b", "c"]}, ["pro", "a b"]),
        ({"median_s": 3.0}, []),
    ],
)  # fmt: skip
def test_a_card_has_category_date_and_telling_tags(values, line):
    assert facts(**values) == ["Text to image", *line]


def test_a_late_change_is_on_the_card():
    yesterday = NOW - timedelta(days=1)
    changed = f"changed {timezone.localtime(yesterday):%-d %b}"
    assert facts(published_at=OLD, updated_at=yesterday)[2] == changed


@pytest.mark.parametrize(
    ("asked", "sort", "line"),
    [
        ("category:text-to-image", "", ["since May 2026", "pro"]),
        ("tag:pro", "", ["Text to image", "since May 2026"]),
        ("", "newest", ["since 2 May 2026", "Text to image", "pro"]),
        ("", "changed", ["changed 2 May 2026", "Text to image", "since May 2026", "pro"]),
        ("", "fastest", ["30 s, fal's estimate", "Text to image", "since May 2026", "pro"]),
    ],
)
def test_a_card_does_not_repeat_the_query_and_explains_the_order(asked, sort, line):
    dates = {"published_at": OLD, "updated_at": OLD}
    assert facts(asked, sort, tags=["pro"], duration_estimate_min=0.5, **dates) == line


def test_our_median_comes_before_the_estimate():
    assert "4.2 s, our median" in facts("", "fastest", duration_estimate_min=0.5, median_s=4.2)
    assert facts("is:new", published_at=NOW)[1] == f"since {timezone.localtime(NOW):%b %Y}"
