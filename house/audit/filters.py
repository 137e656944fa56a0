"""The filters of the audit log, and its pages by keyset, which never count a million entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import reduce
from operator import and_
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.validators import validate_ipv46_address
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.audit.entries import AuditEntry, before_and_after
from core.db.prepared_queries import custom_plans
from core.forms import DayField
from core.http.parameters import parse_key, parse_moment
from house.audit.words import KINDS, deed, field_word, kind_word, value_word
from projects.models import Project

PER_PAGE = 50
MIN_SEARCH_CHARS = 2
# The columns that a search reads; PostgreSQL's index `audit_text` covers them.
SEARCHED = ("actor_name", "event", "object_repr", "detail")
INDEXED_CHARS = 3  # PostgreSQL's index does not find shorter parts of words
SCANNED_FIRST = 5000  # about 10 ms; a word that does not fill a page from these is rare
# The columns that a page and a download read.
COLUMNS = (
    "timestamp",
    "actor_id",
    "actor_name",
    "remote_addr",
    "event",
    "kind",
    "object_pk",
    "object_repr",
    "in_project",
    "detail",
    "changes",
)


class Filters(forms.Form):
    """The filters of the audit log; all are optional."""

    q = forms.CharField(label="Search", required=False, max_length=100, empty_value="")
    who = forms.CharField(required=False, max_length=150)
    event = forms.CharField(label="What", required=False, max_length=60)
    kind = forms.CharField(label="Kind of row", required=False, max_length=100)
    row = forms.CharField(required=False, max_length=255, widget=forms.HiddenInput)
    address = forms.CharField(required=False, max_length=45)
    place = forms.ModelChoiceField(
        Project.objects.filter(person=None).only("pk", "name"),
        label="Project",
        required=False,
        empty_label="all",
        error_messages={"invalid_choice": "There is no such project any more."},
    )
    since = DayField(label="From", required=False)
    until = DayField(label="To", required=False)

    def clean_q(self) -> str:
        """Refuse a search that would match nearly everything."""
        text = str(self.cleaned_data["q"])
        if text and len(text) < MIN_SEARCH_CHARS:
            raise forms.ValidationError("Search for two letters or more.")
        return text

    def clean_address(self) -> str:
        """Refuse a text that is not an IP address."""
        address = str(self.cleaned_data["address"])
        if address:
            validate_ipv46_address(address)
        return address

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning."""
        values = super().clean() or self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day is before the first one.")
        return values

    @property
    def query(self) -> str:
        """Return the filters as a query string without a page, even if they are invalid."""
        return urlencode([(name, self.data[name]) for name in self.fields if self.data.get(name)])

    @property
    def question(self) -> str:
        """Return the query string with its question mark; empty without filters."""
        return f"?{self.query}" if self.query else ""

    def page_before(self, place: str) -> str:
        """Return the relative URL of the page that begins after a place."""
        return f"{self.question or '?'}{'&' * bool(self.query)}{urlencode({'before': place})}"

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Return the kinds to choose from, ordered by label; includes the chosen one."""
        chosen_kind = str(self.data.get("kind", ""))
        labels = {**KINDS, **({chosen_kind: kind_word(chosen_kind)} if chosen_kind else {})}
        return sorted(labels.items(), key=lambda item: item[1])

    @property
    def search_words(self) -> list[str]:
        """Return the search words; empty if a filter is invalid."""
        return str(self.cleaned_data["q"]).split() if self.is_valid() else []

    def entries(self) -> QuerySet[AuditEntry]:
        """Return the matching entries, newest first; none if a filter is invalid."""
        if not self.is_valid():
            return AuditEntry.objects.none()
        values = self.cleaned_data
        exact = {
            "actor_name": values["who"],
            "event": values["event"],
            "kind": values["kind"],
            "object_pk": values["row"],
            "remote_addr": values["address"],
            "in_project": values["place"].pk if values["place"] else None,
        }
        conditions = [Q(**{name: value}) for name, value in exact.items() if value]
        conditions += [_contains(word) for word in self.search_words]
        if values["since"]:
            conditions.append(Q(timestamp__gte=_start_of(values["since"])))
        if values["until"]:
            conditions.append(Q(timestamp__lt=_start_of(values["until"]) + timedelta(days=1)))
        entries = AuditEntry.objects.filter(reduce(and_, conditions, Q()))
        return entries.only(*COLUMNS).order_by("-timestamp", "-pk")


def _contains(word: str) -> Q:
    return Q(*(Q(**{f"{name}__icontains": word}) for name in SEARCHED), _connector=Q.OR)


def _start_of(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class Change(NamedTuple):
    """One field's former and new value; empty if there is none."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class EntryView:
    """An entry as a sentence; `name` is the row's, empty if people acted on their own account."""

    entry: AuditEntry
    deed: str
    name: str
    changes: tuple[Change, ...]
    project: str = ""


@dataclass(frozen=True)
class Page:
    """One page of entries; `earlier` is where the next one begins, empty on the last."""

    entries: tuple[EntryView, ...]
    earlier: str = ""


def page_of_entries(entries: QuerySet[AuditEntry], before: str, words: Sequence[str] = ()) -> Page:
    """Return the entries older than `before`, the place that the previous page ended with.

    Two queries for any number of entries; up to two more if `words` are searched for.
    """
    older = _older_than(entries, before)
    with custom_plans():
        if connection.vendor == "postgresql" and any(len(word) >= INDEXED_CHARS for word in words):
            rows = _rows_by_words(older, before)
        else:
            rows = list(older[: PER_PAGE + 1])
    page_rows = rows[:PER_PAGE]
    keys = {entry.in_project for entry in page_rows if entry.in_project}
    names = dict(Project.objects.filter(pk__in=keys).values_list("pk", "name")) if keys else {}
    return Page(
        tuple(_describe_entry(entry, names) for entry in page_rows),
        _place(page_rows[-1]) if len(rows) > PER_PAGE else "",
    )


def _rows_by_words(older: QuerySet[AuditEntry], before: str) -> list[AuditEntry]:
    """Return the page's entries, and one more if there is another page.

    PostgreSQL assumes that the entries with a word are evenly spread in time. For somebody who left
    a year ago it would read a million entries, newest first. So only the newest are read by time,
    which finds a page for a common word. For other words it must use the index of words.
    """
    every = _older_than(AuditEntry.objects.order_by("-timestamp", "-pk"), before)
    edge = list(every.values_list("timestamp", flat=True)[SCANNED_FIRST : SCANNED_FIRST + 1])
    newest = older.filter(timestamp__gte=edge[0]) if edge else older
    rows = list(newest[: PER_PAGE + 1])
    if not edge or len(rows) > PER_PAGE:
        return rows
    # The same order, but no index is sorted by an expression.
    unindexed_time = Coalesce(F("timestamp"), F("timestamp"))
    return list(older.order_by(unindexed_time.desc(), "-pk")[: PER_PAGE + 1])


def _describe_entry(entry: AuditEntry, projects: Mapping[int, str]) -> EntryView:
    changes = (
        Change(
            field_word(entry.kind, name),
            value_word(entry.kind, name, old),
            value_word(entry.kind, name, new),
        )
        for name, old, new in before_and_after(entry.changes)
        if old != "" or new != ""  # empty fields of an added row
    )
    project = "" if entry.kind == "projects.project" else projects.get(entry.in_project or 0, "")
    is_oneself = entry.kind == "auth.user" and entry.object_pk == str(entry.actor_id)
    name = "" if is_oneself else entry.object_repr or entry.object_pk
    return EntryView(entry, deed(entry.event, entry.kind), name, tuple(changes), project)


def _place(entry: AuditEntry) -> str:
    return f"{entry.timestamp.isoformat()}~{entry.pk}"


def _older_than(entries: QuerySet[AuditEntry], before: str) -> QuerySet[AuditEntry]:
    moment, _, key = before.partition("~")
    at, pk = parse_moment(moment), parse_key(key)
    if at is None or pk is None:
        return entries
    # An index can begin with `timestamp__lte`, which is why it is a condition of its own.
    return entries.filter(Q(timestamp__lt=at) | Q(pk__lt=pk), timestamp__lte=at)
