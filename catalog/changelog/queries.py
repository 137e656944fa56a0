"""Queries for the change log: pages by day, filters, and counts of unread changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, DateTimeField, IntegerField, Max, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils import timezone

from catalog.models import Change, Endpoint, Reader
from catalog.models.querysets import ChangeQuerySet
from core.byte_cache import byte_cached
from core.db.prepared_queries import Param, PreparedQuery
from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PER_PAGE = 50
ON_A_MODEL = 5
A_WEEK = timedelta(days=7)
_CHANGED = (Change.Kind.LISTING, Change.Kind.PRICE, Change.Kind.SCHEMA)
KINDS = {  # filter value → its label, and the changes that it selects
    "new": ("New", Q(kind__in=[Change.Kind.NEW, Change.Kind.BACK])),
    "changed": ("Changed", Q(kind__in=_CHANGED)),
    "gone": ("Gone", Q(kind=Change.Kind.GONE)),
    "breaking": ("May break", Q(weight=Change.Weight.BREAKING)),
}
_SHOWN = [
    f"endpoint__{name}"
    for name in (
        *Endpoint.NAMED_BY,
        "category",
        "description",
        "unit_price_usd",
        "price_unit",
        "currency",
        "measured_price",
        "measured_unit",
    )
]
_COUNTS = {name: Count("pk", filter=condition) for name, (_, condition) in KINDS.items()}


@dataclass(frozen=True)
class Filters:
    """The filters of a change log's URL; invalid values are ignored."""

    kind: str = ""
    category: str = ""
    model: str = ""
    is_favourite: bool = False
    page: int = 1

    @classmethod
    def from_query(cls, get: QueryDict) -> Filters:
        """The filters in a query string."""
        kind, page = get.get("kind", ""), get.get("page", "")
        return cls(
            kind=kind if kind in KINDS else "",
            category=db_safe_text(get.get("category", "").strip()[:64]),
            model=db_safe_text(get.get("model", "").strip()[:255]),
            is_favourite=get.get("favourite") == "1",
            page=int(page) if page.isdecimal() and 0 < len(page) < 7 and int(page) else 1,
        )

    @property
    def is_narrow(self) -> bool:
        """Whether any filter is set."""
        return bool(self.kind or self.category or self.model or self.is_favourite)

    @property
    def query(self) -> str:
        """The canonical query string with its question mark; empty if no filter is set."""
        params = {
            "kind": self.kind,
            "category": self.category,
            "model": self.model,
            "favourite": "1" if self.is_favourite else "",
            "page": str(self.page) if self.page > 1 else "",
        }
        text = urlencode({name: value for name, value in params.items() if value})
        return f"?{text}" if text else ""

    @property
    def narrow(self) -> str:
        """`query` for the first page."""
        return replace(self, page=1).query

    def filter(self, changes: ChangeQuerySet, starred: tuple[int, ...]) -> ChangeQuerySet:
        """Apply all filters except the kind; `starred` are keys of the user's favourites."""
        if self.category:
            names = [self.category, ""] if self.category == "unknown" else [self.category]
            changes = changes.filter(endpoint__category__in=names)
        if self.model:
            changes = changes.filter(endpoint__endpoint_id=self.model)
        return changes.filter(endpoint_id__in=starred) if self.is_favourite else changes


class Kind(NamedTuple):
    """A link of the kind filter with the number of its changes."""

    word: str
    number: int
    href: str
    is_chosen: bool


class Day(NamedTuple):
    """The changes of one day, newest first."""

    day: date
    changes: list[Change]


@dataclass(frozen=True)
class Page:
    """One page of the log."""

    filters: Filters
    days: list[Day]
    kinds: list[Kind]
    earlier: str  # query string of the next, older page; empty on the last page
    later: str


def page_of_changes(filters: Filters, starred: tuple[int, ...]) -> Page:
    """One page of the log, in two queries."""
    filtered = filters.filter(Change.objects.worth_showing(), starred)
    counts = filtered.order_by().aggregate(all=Count("pk"), **_COUNTS)
    most = counts[filters.kind or "all"]
    number = min(filters.page, max(-(-most // PER_PAGE), 1))
    filters = replace(filters, page=number)
    start = (number - 1) * PER_PAGE
    rows = list(chosen(filters, filtered)[start : start + PER_PAGE])
    first = replace(filters, page=1)
    kinds = [Kind("All", counts["all"], replace(first, kind="").query or "?", not filters.kind)]
    kinds += [
        Kind(word, counts[name], replace(first, kind=name).query, filters.kind == name)
        for name, (word, _) in KINDS.items()
    ]
    has_more = start + PER_PAGE < most
    return Page(
        filters,
        [
            Day(day, list(changes))
            for day, changes in groupby(rows, lambda change: timezone.localdate(change.at))
        ],
        kinds,
        earlier=replace(filters, page=number + 1).query if has_more else "",
        later=(replace(filters, page=number - 1).query or "?") if number > 1 else "",
    )


def chosen(filters: Filters, changes: ChangeQuerySet) -> ChangeQuerySet:
    """The changes of the chosen kind, without loading schemas."""
    if filters.kind:
        changes = changes.filter(KINDS[filters.kind][1])
    return changes.select_related("endpoint").only("kind", "at", "lines", "weight", *_SHOWN)


def of_model(endpoint: Endpoint) -> list[Change]:
    """The newest changes of one model."""
    changes = Change.objects.worth_showing().filter(endpoint=endpoint)
    return list(changes.only("kind", "at", "lines", "weight")[:ON_A_MODEL])


@dataclass(frozen=True)
class News:
    """Counts of the changes that a user has not seen."""

    since: datetime | None  # last visit; None: never, so the counts cover one week
    new: int
    changed: int
    gone: int
    breaking: int

    @property
    def parts(self) -> list[str]:
        """The counts above zero in words: `12 new`, `3 changed`."""
        counts = [
            (self.new, "new"),
            (self.changed, "changed"),
            (self.gone, "gone"),
            (self.breaking, "may break what you have"),
        ]
        return [f"{count:,} {word}" for count, word in counts if count]


def unread_counts(user: User) -> News:
    """Count the changes since a user's last visit, in one query."""
    return News(**_UNREAD.get(user=user.pk, week=timezone.now() - A_WEEK))


def _unread() -> QuerySet[Change, dict[str, Any]]:
    reader = Reader.objects.filter(user=Param("user", IntegerField()))
    last_seen = Subquery(reader.values("seen_at")[:1])
    later = Q(at__gt=Coalesce(last_seen, Param("week", DateTimeField())))
    fresh = Change.objects.worth_showing().filter(later).order_by().annotate(seen=last_seen)
    # One group of all rows, also if there are none: as `aggregate`, but the query can be compiled.
    in_one = fresh.annotate(group=Value(1)).values("group")
    with_counts: Any = in_one.annotate(since=Max("seen"), **_COUNTS)
    unread: QuerySet[Change, dict[str, Any]] = with_counts.values("since", *_COUNTS)
    return unread


_UNREAD = PreparedQuery(_unread)


def mark_read(user: User) -> datetime | None:
    """Record a visit to the log; returns the time of the previous visit."""
    reader, _ = Reader.objects.get_or_create(user=user)
    before = reader.seen_at
    newest = Change.objects.values_list("at", flat=True).first()
    if newest and (before is None or newest > before):
        reader.seen_at = timezone.now()
        reader.save(update_fields=["seen_at"])
    return before


@byte_cached(1 << 18)
def categories(revision: str) -> list[str]:
    """The names of all categories, sorted, cached per catalogue revision (`Revision`)."""
    names = Endpoint.objects.order_by("category").values_list("category", flat=True).distinct()
    return [name for name in names if name]
