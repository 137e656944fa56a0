"""Questions that somebody asks again and again: kept under a name, each telling what is new in its answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from catalog import search
from catalog.asking import narrowing
from catalog.asking.narrowing import Place
from catalog.curation.texts import one_line
from catalog.finding import bitmaps
from catalog.finding.index import Index, current
from catalog.models import Change, Endpoint, Favourite, Revision, SavedSearch, SyncReport
from catalog.progress import BEAT_IS_STALE_AFTER
from catalog.query import Query

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_NAME, LONGEST_PARAMS = 80, 4000
MOST = 50  # of one person
MOST_NEW = 48  # shown at once
SALT = "vitrine.saved-search"
READS_FOR = timedelta(seconds=30)  # after a sync, what its documents say comes into the answers


@dataclass(frozen=True)
class Listed:
    """A saved search with how many models came into its answer since it was last opened."""

    search: SavedSearch
    new: int

    @property
    def address(self) -> str:
        """Its page, which remembers since when things are new: a reload shows the same."""
        page = reverse("catalog:saved-search", args=[self.search.pk])
        return f"{page}?since={self.search.seen_at.timestamp():.6f}"


def params_of(query: Query) -> str:
    """A question in the one spelling that it is kept in."""
    return replace(Query.from_address(query.as_params()), page=1).as_params().removeprefix("?")


def asked(found: SavedSearch) -> Query:
    """The question that a saved search asks."""
    return Query.from_address(f"?{found.params}")


def suggested(query: Query) -> str:
    """A name for a question, from its words and filters."""
    chips = narrowing.chips(query, Place("", ""))
    # `Category: Text to image` is said without its heading: a name is short.
    parts = [query.text, *(chip.words.rpartition(": ")[2] for chip in chips)]
    return " · ".join(part for part in parts if part)[:LONGEST_NAME] or "All models"


def save(user: User, query: Query, name: str) -> SavedSearch:
    """Keep a question, or rename it where it is kept already; raises ValueError with a sentence."""
    name, params = proper(name), params_of(query)
    if len(params) > LONGEST_PARAMS:
        raise ValueError("This search has too many filters to be kept.")
    mine = SavedSearch.objects.filter(user=user)
    if not mine.filter(params=params).exists() and mine.count() >= MOST:
        raise ValueError(f"You have {MOST} saved searches; delete one first.")
    kept, _ = SavedSearch.objects.update_or_create(
        user=user,
        params=params,
        defaults={"name": name},
        create_defaults={"name": name, "seen_at": timezone.now()},
    )
    return kept


def rename(found: SavedSearch, name: str) -> None:
    """Another name; raises ValueError with a sentence."""
    found.name = proper(name)
    found.save(update_fields=["name"])


def proper(name: str) -> str:
    """A name as it is kept; raises ValueError with a sentence."""
    if not (name := one_line(name, LONGEST_NAME, "name")):
        raise ValueError("Give the search a name.")
    return name


def delete(found: SavedSearch) -> str:
    """Take a search away; what comes back is a signed text that `bring_back` makes it from again."""
    kept = [found.user_id, found.name, found.params, found.seen_at.isoformat()]
    found.delete()
    return signing.dumps(kept, salt=SALT, compress=True)


def bring_back(signed: str, user: User) -> SavedSearch | None:
    """The search that was deleted; None when `signed` is not ours or is somebody else's."""
    try:
        kept: Any = signing.loads(signed, salt=SALT, max_age=24 * 3600)
    except signing.BadSignature:
        return None
    user_id, name, params, seen_at = kept
    if user_id != user.pk:
        return None
    try:
        with transaction.atomic():
            return SavedSearch.objects.create(
                user=user, name=name, params=params, seen_at=datetime.fromisoformat(seen_at)
            )
    except IntegrityError:  # it was saved anew, or brought back in another tab
        return SavedSearch.objects.filter(user=user, params=params).first()


def listed(user: User) -> list[Listed]:
    """A person's searches by name, each with its news; nothing is searched where nothing came."""
    rows = list(SavedSearch.objects.filter(user=user))
    if not rows:
        return []
    came = _came_since(min(row.seen_at for row in rows))
    if not came:
        return [Listed(row, 0) for row in rows]
    starred = frozenset(Favourite.objects.endpoints_of(user))
    index = current(Revision.current())
    return [Listed(row, len(_new(row, row.seen_at, came, starred, index))) for row in rows]


def news(found: SavedSearch, since: datetime) -> list[Endpoint]:
    """The models that came into an answer after a moment, or back into it, ready for cards, the newest first."""
    came = _came_since(since)
    starred = frozenset(Favourite.objects.endpoints_of(found.user))
    keys = _new(found, since, came, starred, current(Revision.current())) if came else []
    endpoints = Endpoint.objects.for_cards().in_bulk(keys[:MOST_NEW])
    return [endpoints[key] for key in keys[:MOST_NEW] if key in endpoints]


def seen_until() -> datetime:
    """Up to when all that came can be in an answer: now, or when the sync began that is still being read.

    Who looks meanwhile is told of the same models once more, rather than never of some.
    """
    now = timezone.now()
    alive = Q(state=SyncReport.State.RUNNING, beat_at__gt=now - BEAT_IS_STALE_AFTER)
    alive |= Q(ended_at__gt=now - READS_FOR)
    began = SyncReport.objects.filter(alive, started_at__lt=now).order_by("started_at")
    return began.values_list("started_at", flat=True).first() or now


def _came_since(moment: datetime) -> list[tuple[int, datetime]]:
    """The keys of listed endpoints that came after a moment, or came back, with when, the newest first."""
    new = Endpoint.objects.listed().filter(first_seen_at__gt=moment).order_by()
    back = Change.objects.filter(kind=Change.Kind.BACK, at__gt=moment, endpoint__gone_at=None)
    came = dict(new.values_list("pk", "first_seen_at"))
    came |= dict(back.order_by("at").values_list("endpoint_id", "at"))
    return sorted(came.items(), key=lambda one: (-one[1].timestamp(), one[0]))


def _new(
    found: SavedSearch,
    since: datetime,
    came: Iterable[tuple[int, datetime]],
    starred: frozenset[int],
    index: Index,
) -> Sequence[int]:
    fresh = [key for key, at in came if at > since and key in index.places]
    if not fresh:
        return []
    hits = _hits(index, found.params, starred if asked(found).favourite else frozenset())
    signs = bitmaps.signs(hits, index.size)
    return [key for key in fresh if signs[index.places[key]] == "1"]


@lru_cache(maxsize=256)
def _hits(index: Index, params: str, starred: frozenset[int]) -> int:
    """What a question finds in an index; kept as long as that index is the catalogue's."""
    return search.hits(Query.from_address(f"?{params}"), starred, index)
