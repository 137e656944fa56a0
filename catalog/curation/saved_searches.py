"""Saved searches: queries stored under a name, with the number of new results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from catalog.curation.text_cleaning import one_line
from catalog.display import facets
from catalog.display.facets import SearchScope
from catalog.models import Change, Endpoint, Favourite, Revision, SavedSearch, SyncReport
from catalog.search import engine
from catalog.search.index import Index, Places, current
from catalog.search.query import Query
from catalog.sync.progress import STALE_HERE
from core.byte_cache import byte_cached

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_NAME, LONGEST_PARAMS = 80, 4000
MOST = 50  # of one person
MOST_NEW = 48  # shown at once
SALT = "vitrine.saved-search"
READS_FOR = timedelta(
    seconds=30
)  # time after a sync in which facts from its schemas still reach the index


@dataclass(frozen=True)
class Listed:
    """A saved search with the number of models that are new since it was last opened."""

    search: SavedSearch
    new: int

    @property
    def address(self) -> str:
        """The URL of its page; contains `since`, so that a reload shows the same models as new."""
        page = reverse("catalog:saved-search", args=[self.search.pk])
        return f"{page}?since={self.search.seen_at.timestamp():.6f}"


def params_of(query: Query) -> str:
    """The canonical query string under which a query is stored.

    Without a filter by rules: the search is the user's, and rules are those of a project.
    """
    stored = replace(Query.from_address(query.as_params()), page=1, allowed="")
    return stored.as_params().removeprefix("?")


def query_of(search: SavedSearch) -> Query:
    """The query of a saved search."""
    return Query.from_address(f"?{search.params}")


def suggested(query: Query) -> str:
    """A default name for a query, from its text and filters."""
    chips = facets.chips(query, SearchScope("", ""))
    # Leave out the heading of `Category: Text to image`, to keep the name short.
    parts = [query.text, *(chip.words.rpartition(": ")[2] for chip in chips)]
    return " · ".join(part for part in parts if part)[:LONGEST_NAME] or "All models"


def save(user: User, query: Query, name: str) -> SavedSearch:
    """Save a query, or rename it if it exists; raises ValueError with a message."""
    name, params = clean_name(name), params_of(query)
    if len(params) > LONGEST_PARAMS:
        raise ValueError("This search has too many filters to be kept.")
    searches = SavedSearch.objects.filter(user=user)
    if not searches.filter(params=params).exists() and searches.count() >= MOST:
        raise ValueError(f"You have {MOST} saved searches; delete one first.")
    search, _ = SavedSearch.objects.update_or_create(
        user=user,
        params=params,
        defaults={"name": name},
        create_defaults={"name": name, "seen_at": timezone.now()},
    )
    return search


def rename(search: SavedSearch, name: str) -> None:
    """Rename a search; raises ValueError with a message."""
    search.name = clean_name(name)
    search.save(update_fields=["name"])


def clean_name(name: str) -> str:
    """The cleaned name; raises ValueError with a message."""
    if not (name := one_line(name, LONGEST_NAME, "name")):
        raise ValueError("Give the search a name.")
    return name


def delete(search: SavedSearch) -> str:
    """Delete a search; returns a signed token for `restore`."""
    fields = [search.user_id, search.name, search.params, search.seen_at.isoformat()]
    search.delete()
    return signing.dumps(fields, salt=SALT, compress=True)


def restore(signed: str, user: User) -> SavedSearch | None:
    """Restore a deleted search; None if the token is invalid or another user's."""
    try:
        fields: Any = signing.loads(signed, salt=SALT, max_age=24 * 3600)
    except signing.BadSignature:
        return None
    user_id, name, params, seen_at = fields
    if user_id != user.pk:
        return None
    try:
        with transaction.atomic():
            return SavedSearch.objects.create(
                user=user, name=name, params=params, seen_at=datetime.fromisoformat(seen_at)
            )
    except IntegrityError:  # it was saved again, or restored in another tab
        return SavedSearch.objects.filter(user=user, params=params).first()


def listed(user: User) -> list[Listed]:
    """A user's searches by name with new counts; no search runs if no model is new."""
    rows = list(SavedSearch.objects.filter(user=user))
    if not rows:
        return []
    arrivals = _came_since(min(row.seen_at for row in rows))
    if not arrivals:
        return [Listed(row, 0) for row in rows]
    starred = frozenset(Favourite.objects.endpoints_of(user))
    index = current(Revision.current())
    return [Listed(row, len(_new(row, row.seen_at, arrivals, starred, index))) for row in rows]


def news(saved: SavedSearch, since: datetime) -> list[Endpoint]:
    """The results that are new or back since a time, for cards, newest first."""
    arrivals = _came_since(since)
    starred = frozenset(Favourite.objects.endpoints_of(saved.user))
    keys = _new(saved, since, arrivals, starred, current(Revision.current())) if arrivals else []
    endpoints = Endpoint.objects.for_cards().in_bulk(keys[:MOST_NEW])
    return [endpoints[key] for key in keys[:MOST_NEW] if key in endpoints]


def seen_until() -> datetime:
    """The time up to which results are complete: now, or the start of a running sync.

    A model may so be shown as new twice, but is never missed.
    """
    now = timezone.now()
    alive = Q(state=SyncReport.State.RUNNING, beat_at__gt=now - STALE_HERE)
    alive |= Q(ended_at__gt=now - READS_FOR)
    began = SyncReport.objects.filter(alive, started_at__lt=now).order_by("started_at")
    return began.values_list("started_at", flat=True).first() or now


def _came_since(moment: datetime) -> list[tuple[int, datetime]]:
    """Keys and times of listed endpoints that are new or back since a time, newest first."""
    new = Endpoint.objects.listed().filter(first_seen_at__gt=moment).order_by()
    back = Change.objects.filter(kind=Change.Kind.BACK, at__gt=moment, endpoint__gone_at=None)
    arrivals = dict(new.values_list("pk", "first_seen_at"))
    arrivals |= dict(back.order_by("at").values_list("endpoint_id", "at"))
    return sorted(arrivals.items(), key=lambda arrival: (-arrival[1].timestamp(), arrival[0]))


def _new(
    saved: SavedSearch,
    since: datetime,
    arrivals: Iterable[tuple[int, datetime]],
    starred: frozenset[int],
    index: Index,
) -> Sequence[int]:
    fresh = [key for key, at in arrivals if at > since and key in index.places]
    if not fresh:
        return []
    hits = _hits(index, saved.params, starred if query_of(saved).favourite else frozenset())
    return [key for key in fresh if index.places[key] in hits]


@byte_cached(1 << 20, key=lambda index, params, starred: (index.token, params, starred))
def _hits(index: Index, params: str, starred: frozenset[int]) -> Places:
    """All results of a query in an index, cached by the index's token."""
    return engine.find_all(Query.from_address(f"?{params}"), starred, index)
