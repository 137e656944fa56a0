"""Counts the listed runs by model, kind, state, person, series, review and month.

Only the newest MOST_COUNTED matches are counted. If there are more, a count is a lower bound:
`600+`. So the page takes as long for a million runs as for thousands.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth.models import User
from django.utils import formats, timezone

from catalog.models import Endpoint
from features.library import feedback
from features.library.models import Series, SeriesItem
from features.library.search import conditions as keys
from features.library.search.conditions import Condition
from features.library.search.kinds import TITLES, from_bits
from features.library.search.line import Line
from features.library.wall.filters import with_line
from runs.files import content_types
from runs.models.querysets import RunQuerySet

if TYPE_CHECKING:
    from django.http import HttpRequest

    from runs.models import Upload
    from runs.models.upload import UploadQuerySet

SHOWN = "facets"  # the parameter with which the page contains the facets
MOST_COUNTED = 1000
MOST_VALUES = 12  # of one facet
COLUMNS = (
    "pk",
    "endpoint_id",
    "state",
    "user_id",
    "created_at",
    "search_entry__kinds",
    "is_starred",
)


@dataclass(frozen=True)
class Choice:
    """One value of a facet; `href` adds it to the line, or removes it if it is chosen."""

    label: str
    count: str
    href: str
    is_chosen: bool


class Facet(NamedTuple):
    """One facet, with the most frequent values first, or the latest months first."""

    title: str
    choices: list[Choice]


class Row(NamedTuple):
    """The counted properties of a run."""

    pk: uuid.UUID
    endpoint: int
    state: str
    user: int
    created_at: datetime
    kinds: int | None
    is_starred: bool


def facets(
    request: HttpRequest, line: Line, runs: RunQuerySet, left_out: Iterable[str]
) -> list[Facet]:
    """Return the facets of these runs; at most seven queries, three of them for reviews.

    `left_out` are the states that the page shows only if the line names one; the facet of states
    still counts them.
    """
    newest = runs.order_by("-created_at").values_list(*COLUMNS)[: MOST_COUNTED + 1]
    rows = [Row(*row) for row in newest]
    is_cut = len(rows) > MOST_COUNTED
    counting = _Counting(request, line, is_cut)
    hidden = set() if line.values(keys.STATE) else set(left_out)
    visible = [row for row in rows[:MOST_COUNTED] if row.state not in hidden]
    models = counting.facet("Model", (row.endpoint for row in visible), _models)
    kinds = counting.facet(
        "Kind", (kind for row in visible for kind in from_bits(row.kinds or 0)), _kinds
    )
    states = counting.facet("State", (_state(row) for row in rows[:MOST_COUNTED]), _states)
    people = counting.facet("Person", (row.user for row in visible), _people)
    series = counting.facet("Series", _series_of(request, visible), _series)
    review_facet = counting.facet("Review", _said_of(visible), _describe_conditions)
    months = counting.facet("Month", (_month(row) for row in visible), _months, is_by_value=True)
    every = (models, kinds, states, people, series, review_facet, months)
    return [facet for facet in every if facet.choices]


def facets_of_uploads(request: HttpRequest, line: Line, uploads: UploadQuerySet) -> list[Facet]:
    """Return the facets of these uploads; at most two queries."""
    newest = uploads.order_by("-created_at").select_related(None)
    rows = list(newest.only("content_type", "user", "created_at")[: MOST_COUNTED + 1])
    counting = _Counting(request, line, is_cut=len(rows) > MOST_COUNTED)
    newest_rows = rows[:MOST_COUNTED]
    every = (
        counting.facet("Kind", (_kind(row.content_type) for row in newest_rows), _kinds),
        counting.facet("Person", (row.user_id for row in newest_rows), _people),
        counting.facet("Month", map(_month, newest_rows), _months, is_by_value=True),
    )
    return [facet for facet in every if facet.choices]


class _Counting:
    """Makes facets of values, for one page."""

    def __init__(self, request: HttpRequest, line: Line, is_cut: bool) -> None:
        self.request = request
        self.line = line
        self.is_cut = is_cut

    def facet(
        self,
        title: str,
        values: Iterable[Any],
        describe: Callable[[Sequence[Any]], dict[Any, tuple[str, Condition]]],
        *,
        is_by_value: bool = False,
    ) -> Facet:
        """Count values; `describe` returns the label and condition of each."""
        counts = Counter(values)
        most = sorted(counts, reverse=True) if is_by_value else [v for v, _ in counts.most_common()]
        described = describe(most[:MOST_VALUES])
        choices = [
            self.choice(*described[value], counts[value])
            for value in most[:MOST_VALUES]
            if value in described
        ]
        is_needed = (
            len(choices) > 1 or title in {"Series", "Review"} or any(c.is_chosen for c in choices)
        )
        return Facet(title, choices if is_needed else [])

    def choice(self, label: str, condition: Condition, count: int) -> Choice:
        piece = next((piece for piece, other in self.line.taken if other == condition), "")
        line = self.line.without(piece) if piece else self.line.with_word(condition.word)
        count_text = f"{count:,}{'+' if self.is_cut else ''}"
        return Choice(label, count_text, with_line(self.request, line), bool(piece))


_PICKED = Condition(keys.PICKED, (keys.YES,))
_RATED = Condition(keys.RATED, (keys.YES,))
_COMMENTED = Condition(keys.COMMENTED, (keys.YES,))
_OPEN = Condition(keys.COMMENTED, (keys.OPEN,))
_SAID = {
    _PICKED: "Picked",
    _RATED: "Rated",
    _COMMENTED: "Commented",
    _OPEN: "With open comments",
}
Descriptions = dict[Any, tuple[str, Condition]]


def _models(pks: Sequence[int]) -> Descriptions:
    endpoints = Endpoint.objects.only(*Endpoint.NAMED_BY).filter(pk__in=pks)
    return {
        endpoint.pk: (endpoint.name, Condition(keys.MODEL, (endpoint.endpoint_id,)))
        for endpoint in endpoints
    }


def _kinds(kinds: Sequence[str]) -> Descriptions:
    return {kind: (TITLES[kind], Condition(keys.OUT, (kind,))) for kind in kinds}


def _state(row: Row) -> str:
    return row.state if row.state in keys.STATES else keys.UNFINISHED


def _states(states: Sequence[str]) -> Descriptions:
    return {state: (keys.STATES[state], Condition(keys.STATE, (state,))) for state in states}


def _people(pks: Sequence[int]) -> Descriptions:
    if len(pks) < 2:  # a list of one person's runs, mostly the reader's own
        return {}
    return {
        person.pk: (
            person.get_short_name() or person.username,
            Condition(keys.BY, (person.username,)),
        )
        for person in User.objects.filter(pk__in=pks)
    }


def _series_of(request: HttpRequest, rows: Sequence[Row]) -> Iterable[str]:
    """Return the names of the series with these runs, each once per run."""
    visible_series = Series.objects.kept().shown_to(request.user).values("pk")
    items = SeriesItem.objects.filter(
        run__in=[row.pk for row in rows], series__in=visible_series, removed_at=None
    )
    return [name for _, name in items.order_by().values_list("run", "series__name").distinct()]


def _series(names: Sequence[str]) -> Descriptions:
    return {name: (name, Condition(keys.SERIES, (name,))) for name in names}


def _said_of(rows: Sequence[Row]) -> Iterable[Condition]:
    """Yield the conditions that the feedback on these shared runs fulfils, each once per run."""
    for review in feedback.feedback_on([row.pk for row in rows]).values():
        if review.picks:
            yield _PICKED
        if review.stars:
            yield _RATED
        if review.comments:
            yield _COMMENTED
        if review.open_comments:
            yield _OPEN


def _describe_conditions(conditions: Sequence[Condition]) -> Descriptions:
    return {condition: (_SAID[condition], condition) for condition in conditions}


def _month(row: Row | Upload) -> str:
    return f"{timezone.localtime(row.created_at):%Y-%m}"


def _kind(content_type: str) -> str:
    return content_types.kind(content_type) or "file"


def _months(months: Sequence[str]) -> Descriptions:
    return {
        month: (
            formats.date_format(datetime.strptime(month, "%Y-%m"), "F Y"),  # noqa: DTZ007
            Condition(keys.ON, (month,)),
        )
        for month in months
    }
