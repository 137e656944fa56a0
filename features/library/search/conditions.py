"""The conditions of a line: their keys, and the values and messages of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from catalog.filters.conditions import Span, parse_span
from features.library.search.dates import Period, parse_period
from features.library.search.kinds import NAMES, TITLES
from runs.models import Run

MODEL, IN, OUT, STATE, SEED, COST = "model", "in", "out", "state", "seed", "cost"
BEFORE, AFTER, ON, BY, SERIES, IS = "before", "after", "on", "by", "series", "is"
MARKS = "marks"
PICKED, RATED, COMMENTED = "picked", "rated", "commented"  # by visitors of a share
YES, OPEN = "yes", "open"
STARRED, USED, UPLOAD = "starred", "used", "upload"
UNFINISHED, DELETED = "unfinished", "deleted"
EVERYBODY, ME = "everybody", "me"
STATES: Mapping[str, str] = {
    UNFINISHED: "Under way",
    **{state.value: state.label for state in (Run.State.UNCONFIRMED, *Run.FINAL)},
    DELETED: "Deleted",
}
_STATE_NAMES = {
    "done": Run.State.SUCCEEDED,
    "ok": Run.State.SUCCEEDED,
    "error": Run.State.FAILED,
    "running": UNFINISHED,
    "waiting": UNFINISHED,
    "canceled": Run.State.CANCELLED,
}
_FLAGS = {STARRED: "Starred", USED: "Used as an input since", UPLOAD: "Uploaded"}
_COMMENTED = {YES: "yes", OPEN: "with open comments"}
_MARKS = {"c2pa": "a C2PA signature"}
_ALTERNATIVE = re.compile(r'"[^"]*"|[^,"]+')
MOST_SEED_DIGITS = 20


class BadValue(ValueError):
    """A key has an invalid value; the message says what it takes."""


class Key(NamedTuple):
    """The word before the colon; with `joins_any`, one of several values is enough."""

    name: str
    title: str
    example: str
    help: str
    parse: Callable[[str], str]
    names: tuple[str, ...] = ()  # synonyms
    joins_any: bool = False
    values: Mapping[str, str] = {}  # value → label, if there are few
    reads_content: bool = True  # so it searches only runs that the reader may read


@dataclass(frozen=True)
class Condition:
    """One condition: at least one of its values holds, or none if it is negated."""

    key: str
    values: tuple[str, ...]
    is_negated: bool = False

    @property
    def word(self) -> str:
        """Return the condition as typed."""
        no = "-" if self.is_negated else ""
        if self.key == IS:
            return f"{no}{self.values[0]}"
        return f"{no}{self.key}:{','.join(map(_quoted, self.values))}"

    @property
    def label(self) -> str:
        """Return the condition in words: `Not state: Failed`."""
        key = KEYS[self.key]
        values = " or ".join(key.values.get(value, value) for value in self.values)
        if self.key == IS:
            return f"Not {values.lower()}" if self.is_negated else values
        return f"{'Not ' if self.is_negated else ''}{key.title}: {values}"

    @property
    def spans(self) -> list[Span]:
        """Return the ranges of amounts."""
        return [span for value in self.values if (span := span_of(value))]

    @property
    def periods(self) -> list[Period]:
        """Return the periods of its values, as seen from today."""
        return [period for value in self.values if (period := parse_period(value))]


def span_of(value: str) -> Span | None:
    """Return the range of an amount or count; “yes” means more than zero."""
    return Span(low=0, is_above=True) if value == YES else parse_span("price", value)


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s,]", value) else value


def parse(key: Key, text: str, *, is_negated: bool = False) -> Condition:
    """Return a condition; raises BadValue."""
    parts = [part.strip(' "') for part in _ALTERNATIVE.findall(text)]
    values = dict.fromkeys(key.parse(part) for part in parts if part)
    if not values:
        raise BadValue(f"{key.name}: {key.help}, as in {key.example}.")
    return Condition(key.name, tuple(values), is_negated)


def _choice(name: str, choices: Mapping[str, str], names: Mapping[str, str]) -> Callable[..., str]:
    """Return a parser for a key with few values; their unique beginnings are enough."""

    def parse_choice(text: str) -> str:
        plain = text.casefold()
        if plain in choices or plain in names:
            return names.get(plain, plain)
        candidates = [value for value in choices if value.startswith(plain)]
        if len(candidates) != 1:
            raise BadValue(f"There is no {name}:{text}. It may be {_join_choices(choices)}.")
        return candidates[0]

    return parse_choice


def _join_choices(choices: Mapping[str, str]) -> str:
    *most, last = choices
    return f"{', '.join(most)} or {last}" if most else last


def _seed(text: str) -> str:
    if not re.fullmatch(rf"-?[0-9]{{1,{MOST_SEED_DIGITS}}}", text):
        raise BadValue(f"seed: takes a whole number, not “{text}”: seed:1234.")
    return str(int(text))


def _cost(text: str) -> str:
    if parse_span("price", text) is None:
        raise BadValue(
            f"cost: takes an amount, not “{text}”: cost:>0.1, cost:0.05..0.2 or cost:free."
        )
    return text


def _count(name: str, example: str) -> Callable[[str], str]:
    def parse_count(text: str) -> str:
        if text.casefold() == YES:
            return YES
        if parse_span("price", text) is None:
            raise BadValue(f"{name}: takes yes or a number, not “{text}”: {name}:yes or {example}.")
        return text

    return parse_count


def _date(name: str) -> Callable[[str], str]:
    def parse_date(text: str) -> str:
        if parse_period(text) is None:
            raise BadValue(
                f"{name}: takes a day, a month or a year, not “{text}”: {name}:2026-11, "
                f"{name}:yesterday or {name}:7d."
            )
        return text.casefold()

    return parse_date


def _as_typed(text: str) -> str:
    return text


_LIST = (
    Key(
        MODEL,
        "Model",
        "model:flux",
        "takes words of a model's name or ID",
        _as_typed,
        (),
        joins_any=True,
        reads_content=False,
    ),
    Key(
        OUT,
        "Result",
        "out:image",
        "takes the kind of result",
        _choice(OUT, TITLES, NAMES),
        ("result", "kind", "output"),
        values=TITLES,
    ),
    Key(
        IN,
        "Input",
        "in:image",
        "takes the kind of input",
        _choice(IN, TITLES, NAMES),
        ("input", "from"),
        values=TITLES,
    ),
    Key(
        STATE,
        "State",
        "state:failed",
        "takes the state of runs",
        _choice(STATE, STATES, _STATE_NAMES),
        ("status",),
        joins_any=True,
        values=STATES,
        reads_content=False,
    ),
    Key(SEED, "Seed", "seed:1234", "takes a whole number", _seed, ()),
    Key(
        COST,
        "Cost",
        "cost:>0.1",
        "takes an amount in dollars",
        _cost,
        ("price", "costs"),
        reads_content=False,
    ),
    Key(
        AFTER,
        "From",
        "after:yesterday",
        "takes a day, a month or a year",
        _date(AFTER),
        ("since",),
        reads_content=False,
    ),
    Key(
        BEFORE,
        "Before",
        "before:2026-11",
        "takes a day, a month or a year",
        _date(BEFORE),
        ("until",),
        reads_content=False,
    ),
    Key(
        ON,
        "Made in",
        "on:2026-11",
        "takes a day, a month or a year",
        _date(ON),
        ("date", "when", "during", "month"),
        joins_any=True,
        reads_content=False,
    ),
    Key(
        BY,
        "By",
        "by:me",
        "takes a member's name, or “me”",
        _as_typed,
        ("user", "who", "whose"),
        joins_any=True,
        values={ME: "me", EVERYBODY: "everybody, in all projects"},
        reads_content=False,
    ),
    Key(
        SERIES, "Series", "series:poster", "takes the name of a series", _as_typed, ("tag", "tags")
    ),
    Key(
        MARKS,
        "Marks",
        "marks:c2pa",
        "takes the mark of origin in a file",
        _choice(MARKS, _MARKS, {"signed": "c2pa"}),
        ("provenance",),
        values=_MARKS,
    ),
    Key(
        PICKED,
        "Picked",
        "picked:yes",
        "takes yes, or the number of people who picked it",
        _count(PICKED, "picked:>2"),
        ("favourite", "favorite"),
    ),
    Key(
        RATED,
        "Rated",
        "rated:>=4",
        "takes yes, or the mean of its stars",
        _count(RATED, "rated:>=4"),
        ("stars", "rating"),
    ),
    Key(
        COMMENTED,
        "Commented",
        "commented:open",
        "takes yes or open",
        _choice(COMMENTED, _COMMENTED, {"any": YES}),
        ("comments", "comment"),
        values=_COMMENTED,
    ),
    Key(
        IS,
        "",
        STARRED,
        "takes starred, used, or upload for own files",
        _choice(IS, _FLAGS, {}),
        (),
        values=_FLAGS,
    ),
)
KEYS: Mapping[str, Key] = {key.name: key for key in _LIST}
BY_NAME: Mapping[str, Key] = {name: key for key in _LIST for name in (key.name, *key.names)}
FLAGS = tuple(_FLAGS)
