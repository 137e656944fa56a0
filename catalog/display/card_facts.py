"""What a card says in its last line: what helps choosing and the page has not said already."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.utils import timezone

from catalog.filters.facts import is_new, texts, usual_s
from catalog.filters.vocabulary import NEW_FOR_DAYS
from catalog.models import Endpoint
from catalog.search.query import Query
from core.formatting import category_name, duration

_MOST_TAGS = 2
_DAY = timedelta(days=1)  # upstream writes a listing again within hours of its publication
_ANY = Query()


def card_facts(endpoint: Endpoint, query: Query = _ANY) -> list[str]:
    """Return category, dates and tags, without those that the query asks for.

    What the query sorts by comes first: a narrow card has no room for more.
    """
    conditions = {f"{c.key}:{c.values[0]}" for c in query.conditions if len(c.values) == 1}
    order = query.order
    facts = {
        "category": category_name(endpoint.category),
        "fastest": _time(endpoint) if order == "fastest" else "",
        "newest": _published(endpoint, order == "newest", "is:new" in conditions),
        "changed": _changed(endpoint, order == "changed"),
    }
    if f"category:{endpoint.category}" in conditions:
        del facts["category"]
    tags = (tag for tag in _telling_tags(endpoint) if f"tag:{tag}" not in conditions)
    return [fact for fact in (facts.pop(order, ""), *facts.values(), *tags) if fact]


def _time(endpoint: Endpoint) -> str:
    """Return how long a run takes, and who says so; empty if nobody does."""
    seconds = usual_s(endpoint)
    if seconds is None:
        return ""
    source = "fal's estimate" if endpoint.median_s is None else "our median"
    return f"{duration(seconds)}, {source}"


def _published(endpoint: Endpoint, is_order: bool, is_known_new: bool) -> str:
    if endpoint.published_at is None:
        return ""
    if is_new(endpoint.published_at) and not (is_order or is_known_new):
        return "new"
    return f"since {_date(endpoint.published_at, '%-d %b %Y' if is_order else '%b %Y')}"


def _changed(endpoint: Endpoint, is_order: bool) -> str:
    """Return when upstream last changed the model, if it did so lately or the order asks."""
    changed_at, published_at = endpoint.updated_at, endpoint.published_at
    if changed_at is None:
        return ""
    is_late = timezone.now() - changed_at <= timedelta(days=NEW_FOR_DAYS)
    is_publication = published_at is not None and changed_at - published_at < _DAY
    if not is_order and (not is_late or is_publication or is_new(published_at)):
        return ""
    return f"changed {_date(changed_at, '%-d %b %Y' if is_order else '%-d %b')}"


def _telling_tags(endpoint: Endpoint) -> list[str]:
    """Return the first tags that neither the name, the owner nor the category contains.

    `new` is left out too: upstream leaves it on models for years.
    """
    shown = _words(f"{endpoint.name} {endpoint.owner} {endpoint.category} new")
    return [tag for tag in texts(endpoint.tags) if not _words(tag) <= shown][:_MOST_TAGS]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _date(moment: datetime, pattern: str) -> str:
    return timezone.localtime(moment).strftime(pattern)
