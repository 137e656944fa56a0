"""Finds new models of a stored query, for saved views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from catalog.display import facets
from catalog.display.facets import SearchScope
from catalog.models import Change, Endpoint, Favourite, Revision, SyncReport
from catalog.search import engine
from catalog.search.index import Index, Places, current
from catalog.search.query import Query
from catalog.sync.progress import STALE_HERE
from core.byte_cache import byte_cached

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_NAME = 80
MOST_NEW = 48  # shown at once
READS_FOR = timedelta(
    seconds=30
)  # time after a sync in which facts from its schemas still reach the index


def params_of(query: Query) -> str:
    """Return the canonical query string under which a query is stored.

    It lacks the filter by rules, because rules belong to a project and the query to a user.
    """
    stored_query = replace(Query.from_address(query.as_params()), page=1, locked=False)
    return stored_query.as_params().removeprefix("?")


def query_of(params: str) -> Query:
    """Return the query that was stored as `params`."""
    return Query.from_address(f"?{params}")


def in_words(query: Query) -> str:
    """Return a query's text and filters in words, at most `LONGEST_NAME` characters."""
    chips = facets.chips(query, SearchScope("", ""))
    # Leave out the heading of `Category: Text to image`, to keep it short.
    parts = [query.text, *(chip.words.rpartition(": ")[2] for chip in chips)]
    return " · ".join(part for part in parts if part)[:LONGEST_NAME] or "All models"


def counts(user: User, queries: Sequence[tuple[str, datetime]]) -> list[int]:
    """Count the new models of each stored query since its time, in at most 3 SQL queries."""
    if not queries:
        return []
    arrivals = _came_since(min(since for _, since in queries))
    if not arrivals:
        return [0] * len(queries)
    starred, index = _starred(user), current(Revision.current())
    return [len(_new(params, since, arrivals, starred, index)) for params, since in queries]


def news(user: User, params: str, since: datetime) -> list[Endpoint]:
    """Return the models that are new or back in a stored query, for cards, newest first."""
    arrivals = _came_since(since)
    if not arrivals:
        return []
    keys = _new(params, since, arrivals, _starred(user), current(Revision.current()))
    endpoints = Endpoint.objects.for_cards().in_bulk(keys[:MOST_NEW])
    return [endpoints[key] for key in keys[:MOST_NEW] if key in endpoints]


def seen_until() -> datetime:
    """Return the time up to which results are complete: now, or the start of a running sync.

    A model may therefore be shown as new twice, but is never missed.
    """
    now = timezone.now()
    alive = Q(state=SyncReport.State.RUNNING, beat_at__gt=now - STALE_HERE)
    alive |= Q(ended_at__gt=now - READS_FOR)
    began = SyncReport.objects.filter(alive, started_at__lt=now).order_by("started_at")
    return began.values_list("started_at", flat=True).first() or now


def _starred(user: User) -> frozenset[int]:
    return frozenset(Favourite.objects.endpoints_of(user))


def _came_since(moment: datetime) -> list[tuple[int, datetime]]:
    """Return keys and times of listed endpoints that are new or back since then, newest first."""
    new = Endpoint.objects.listed().filter(first_seen_at__gt=moment).order_by()
    returns = Change.objects.filter(kind=Change.Kind.BACK, at__gt=moment, endpoint__gone_at=None)
    arrivals = dict(new.values_list("pk", "first_seen_at"))
    arrivals |= dict(returns.order_by("at").values_list("endpoint_id", "at"))
    return sorted(arrivals.items(), key=lambda arrival: (-arrival[1].timestamp(), arrival[0]))


def _new(
    params: str,
    since: datetime,
    arrivals: Iterable[tuple[int, datetime]],
    starred: frozenset[int],
    index: Index,
) -> Sequence[int]:
    fresh = [key for key, at in arrivals if at > since and key in index.places]
    if not fresh:
        return []
    hits = _hits(index, params, starred if query_of(params).favourite else frozenset())
    return [key for key in fresh if index.places[key] in hits]


@byte_cached(1 << 20, key=lambda index, params, starred: (index.token, params, starred))
def _hits(index: Index, params: str, starred: frozenset[int]) -> Places:
    """Return all results of a query in an index, cached by the index's token."""
    return engine.find_all(query_of(params), starred, index)
