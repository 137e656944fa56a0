"""Interprets the search line: suggestions while one types, chips for its conditions, remarks.

Suggestions are conditions, and values from the user's runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, cast

from django.contrib.auth.models import User

from catalog.filters.query_parser import PIECE, replace_words
from core.db.name_order import by_name
from core.typed_signs import plain_signs
from fal.db_safe import db_safe_text
from features.library.full_text import Clause
from features.library.models import Series
from features.library.search import conditions as keys
from features.library.search.conditions import BY_NAME, FLAGS, IS, KEYS, Condition, Key
from features.library.search.line import MOST_CHARS, Line
from features.library.search.matching import missing_models
from features.library.wall.filters import with_line
from projects import current
from runs.models import Run

if TYPE_CHECKING:
    from django.http import HttpRequest

MOST = 8
LATEST = 300  # runs whose models are suggested
_DAYS = {
    "today": "today",
    "yesterday": "yesterday",
    "7d": "seven days ago",
    "this-month": "this month",
    "last-month": "last month",
    "this-year": "this year",
}
_COSTS = {">0.1": "more than $0.10", ">1": "more than $1", "<0.01": "less than $0.01"}


class Suggestion(NamedTuple):
    """A word that completes the last piece, and its meaning; `line` is the completed line."""

    word: str
    label: str
    line: str
    is_whole: bool  # False: a value is still missing after the colon


def suggest(request: HttpRequest, text: str) -> list[Suggestion]:
    """Return suggestions for the last piece of a line; a new piece begins after a space."""
    text = plain_signs(db_safe_text(text[:MOST_CHARS]))
    pieces = PIECE.findall(text)
    piece = "" if not pieces or text[-1:].isspace() else pieces[-1]
    before = text[: len(text) - len(piece)]
    sign = "-" if piece[:1] == "-" else ""
    name, colon, value = piece[len(sign) :].partition(":")
    key = BY_NAME.get(name.casefold())
    if colon:
        words = _of_values(request, key, value.strip('"').casefold()) if key else iter(())
    else:
        words = _of_keys(name.casefold())
    return [
        Suggestion(f"{sign}{word}", label, f"{before}{sign}{word}", not word.endswith(":"))
        for word, label in islice(words, MOST)
    ]


def _of_keys(prefix: str) -> Iterator[tuple[str, str]]:
    for name, key in BY_NAME.items():
        if name == key.name and name != IS and _begins(key, prefix):
            yield f"{name}:", f"{key.help}, as in {key.example}"
    for flag in FLAGS:
        if flag.startswith(prefix):
            yield flag, KEYS[IS].values[flag]


def _begins(key: Key, prefix: str) -> bool:
    return any(name.startswith(prefix) for name in (key.name, *(key.names if prefix else ())))


def _of_values(request: HttpRequest, key: Key, prefix: str) -> Iterator[tuple[str, str]]:
    values = _VALUES[key.name](request) if key.name in _VALUES else key.values
    for value, label in values.items():
        if prefix in value.casefold() or prefix in label.casefold():
            yield Condition(key.name, (value,)).word, label


def _models(request: HttpRequest) -> Mapping[str, str]:
    latest = (
        current.rows_in_scope(Run.objects.kept(), request).named().order_by("-created_at")[:LATEST]
    )
    endpoints = {run.endpoint.endpoint_id: run.endpoint.name for run in latest}
    return dict(sorted(endpoints.items(), key=lambda item: item[1].casefold()))


def _series(request: HttpRequest) -> Mapping[str, str]:
    """Return the series of the list's projects, the last changed first."""
    series_in_scope = current.rows_in_scope(Series.objects.kept(), request)
    return dict.fromkeys(series_in_scope.values_list("name", flat=True)[:LATEST], "series")


def _people(request: HttpRequest) -> Mapping[str, str]:
    """Return the project's other members by username, after `me`."""
    project = current.current(request)
    members = User.objects.filter(memberships__project=project, is_active=True)
    names = {
        person.username: person.get_full_name() or person.username
        for person in members.order_by(by_name("username"), "pk")[:LATEST]
        if person != cast("User", request.user)
    }
    return {keys.ME: "yourself", **names}


def _days(request: HttpRequest) -> Mapping[str, str]:
    return _DAYS


_VALUES: Mapping[str, Callable[[HttpRequest], Mapping[str, str]]] = {
    keys.MODEL: _models,
    keys.BY: _people,
    keys.BEFORE: _days,
    keys.AFTER: _days,
    keys.ON: _days,
    keys.SERIES: _series,
    keys.COST: lambda request: _COSTS,
}


class Chip(NamedTuple):
    """A piece of the line as it was understood, and the address without it."""

    label: str
    href: str


class Remark(NamedTuple):
    """A sentence on a piece that was not understood; `href` has the suggestion instead."""

    message: str
    suggestion: str = ""
    href: str = ""


class Interpretation(NamedTuple):
    """The chips and remarks that the page shows for a line."""

    chips: list[Chip]
    remarks: list[Remark]


def interpretation(request: HttpRequest, line: Line) -> Interpretation:
    """Return how a line was understood; one query for each model that it names."""
    texts = [(piece, _in_words(piece, clause)) for piece, clause in line.looked_for]
    conditions = [(piece, condition.label) for piece, condition in line.taken]
    chips = [
        Chip(label, with_line(request, line.without(piece))) for piece, label in texts + conditions
    ]
    remarks = [
        Remark(hint.message, hint.suggestion, _suggested(request, line, hint.word, hint.suggestion))
        for hint in (*line.hints, *missing_models(line))
    ]
    return Interpretation(chips, remarks)


def _in_words(piece: str, clause: Clause) -> str:
    text = piece.lstrip("-!").strip('"') if clause.is_negated else piece.strip('"')
    return f"Without “{text}”" if clause.is_negated else f"“{text}”"


def _suggested(request: HttpRequest, line: Line, word: str, suggestion: str) -> str:
    if not suggestion or suggestion.endswith(":"):
        return ""
    return with_line(request, replace_words(line.text, word, suggestion))
