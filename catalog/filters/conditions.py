"""Conditions of a query on an endpoint's facts: `duration:>=10` accepts `duration:5-12`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.filters.vocabulary import KEYS, SYNONYMS, Key
from core.byte_cache import byte_cached
from schemas.wording.languages import language

_NUMBER = r"[$€£]?+\s*+(\d{1,9}(?:[.,]\d{1,9})?|[.,]\d{1,9})\s*+([a-z%$€£¢]*)"
_SIGN = r"(>=|=>|≥|<=|=<|≤|>|<|=)?"
_COMPARED = re.compile(rf"{_SIGN}\s*+{_NUMBER}")
_SIGNED = re.compile(rf"{_SIGN}(.+)")
_BETWEEN = re.compile(rf"{_NUMBER}\s*+(?:\.\.|…|-|\u2013|to)\s*+{_NUMBER}")
_SAME = {"=>": ">=", "≥": ">=", "=<": "<=", "≤": "<="}
BY_DURATION = {"price", "resolution"}  # keys whose values depend on a video's length
_LINES = {"1k": 1024, "2k": 2048, "4k": 2160, "8k": 4320}
LINE_NAMES = {lines: name for name, lines in _LINES.items()}
_ALTERNATIVE = re.compile(r'"[^"]*"|[^,"]+')
_PRICE = re.compile(r"([\d.]+)/s\*([\d.]+)")


class Span(NamedTuple):
    """Numbers from `low` to `high`, either of which may be excluded."""

    low: float = 0.0
    high: float = math.inf
    is_above: bool = False  # low itself is excluded
    is_below: bool = False  # high itself is excluded

    def meets(self, low: float, high: float) -> bool:
        """Whether the ranges overlap."""
        starts = high > self.low or (high == self.low and not self.is_above)
        return starts and (low < self.high or (low == self.high and not self.is_below))


@dataclass(frozen=True)
class Condition:
    """One condition. It holds for an endpoint with at least one fact that it accepts (`holds`).

    `values` are alternatives, in canonical form. Typed values of an open key match loosely (`lip
    sync` finds `lip-sync`), selected ones exactly. Prices and resolutions are compared for a run of
    `seconds`, if the query states a length.
    """

    key: str
    values: tuple[str, ...]
    is_negated: bool = False
    is_loose: bool = False

    def accepts(self, fact: str, seconds: float | None = None) -> bool:
        """Whether the condition matches this fact, regardless of `is_negated`."""
        key, _, value = fact.partition(":")
        return key == self.key and any(
            self._matches(expected, value, seconds) for expected in self.values
        )

    def holds(self, facts: Iterable[str], seconds: float | None = None) -> bool:
        """Whether the condition holds for an endpoint with these facts."""
        return any(self.accepts(fact, seconds) for fact in facts) is not self.is_negated

    @property
    def word(self) -> str:
        """The condition as typed in a query."""
        value_list = ",".join(f'"{v}"' if re.search(r'[\s,"]', v) else v for v in self.values)
        return f"{'-' if self.is_negated else ''}{self.key}:{value_list}"

    def _matches(self, expected: str, value: str, seconds: float | None) -> bool:
        if self.key == "resolution":
            value, _, length = value.partition("@")
            longest = numbers_of("duration", length, None) if length else (math.inf, math.inf)
            if longest is None or (seconds and seconds > longest[0]):
                return False
        if expected == value:
            return True
        if KEYS[self.key].is_measured:
            span, numbers = parse_span(self.key, expected), numbers_of(self.key, value, seconds)
            return span is not None and numbers is not None and span.meets(*numbers)
        return self.is_loose and folded(expected) == folded(value)


def parse_condition(key: str, value: str, *, is_typed: bool = False) -> Condition | None:
    """Parse `key:value`; None if the key or the value is unknown.

    `value` may contain alternatives, separated by commas.
    """
    known_key = KEYS.get(key) or KEYS.get(SYNONYMS.get(key.casefold(), key.casefold()))
    if known_key is None:
        return None
    parts = [value]
    if is_typed and not known_key.is_number:
        parts = [
            part for alternative in _ALTERNATIVE.findall(value) if (part := alternative.strip(' "'))
        ]
    is_exact = known_key.is_open and not is_typed
    values = parts if is_exact else [canonical(known_key, part) for part in parts]
    if not values or not all(values):
        return None
    return Condition(
        known_key.name, tuple(dict.fromkeys(values)), is_loose=is_typed and known_key.is_open
    )


def canonical(key: Key, value: str) -> str:
    """Return a value in the spelling of the facts; empty if the key has no such value.

    A prefix of a known value is accepted, so that results appear while somebody types.
    """
    text, plain = value.strip(), folded(value)
    for form, spelling in key.spellings:
        plain = form.sub(spelling, plain) if form.fullmatch(plain) else plain
    if key.name == "resolution" and (match := _SIGNED.fullmatch(plain)):
        text = f"{match[1] or ''}{key.synonyms.get(match[2], match[2])}"
    if key.is_measured:
        span = parse_span(key.name, text)
        return _written(key.name, span) if span else ""
    plain = key.synonyms.get(plain, plain)
    if key.name == "language":
        return (language(text) or plain)[:255]
    if key.is_open:
        return (plain if key.synonyms or key.spellings else text)[:255]
    candidates = [candidate for candidate in key.values if plain and candidate.startswith(plain)]
    shortest = min(candidates, key=len, default="")
    return shortest if all(candidate.startswith(shortest) for candidate in candidates) else ""


@byte_cached(1 << 20)
def parse_span(key: str, text: str) -> Span | None:
    """Parse a number or range: `>=10`, `10s`, `5..10`, `$0.50`, `50c`; None if it is neither."""
    text = text.strip().lower()
    if key == "price" and text in {"free", "gratis", "0"}:
        return Span(0, 0)
    if match := _BETWEEN.fullmatch(text):
        low, high = _number(key, match[1], match[2] or match[4]), _number(key, match[3], match[4])
        return None if low is None or high is None else Span(min(low, high), max(low, high))
    if text.endswith(("+", "..")):
        text = f">={text.rstrip('+.')}"
    match = _COMPARED.fullmatch(re.sub(r"^\.\.", "<=", text))
    number = _number(key, match[2], match[3]) if match else None
    if match is None or number is None:
        return None
    sign = _SAME.get(match[1] or "", match[1] or KEYS[key].plain)
    low, high = 0 if "<" in sign else number, math.inf if ">" in sign else number
    return Span(low, high, is_above=sign == ">", is_below=sign == "<")


def combine(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Combine conditions that must all hold into as few equivalent ones as possible.

    Numbers of a key become one range (`duration:>=5 duration:<=10`), other values become
    alternatives if the key allows them.
    """
    combined: dict[tuple[object, ...], Condition] = {}
    for condition in conditions:
        key = KEYS[condition.key]
        is_alone = key.joins_all or condition.is_negated
        place = (condition.key, condition.is_negated, *(condition.values if is_alone else ()))
        former = combined.get(place)
        if former is None or is_alone:
            combined[place] = condition
        elif key.is_number:
            combined[place] = _narrowed(former, condition)
        else:
            values = tuple(dict.fromkeys([*former.values, *condition.values]))
            combined[place] = replace(
                former, values=values, is_loose=former.is_loose or condition.is_loose
            )
    return tuple(combined.values())


def asked_length(conditions: Iterable[Condition]) -> float | None:
    """Return the shortest requested length in seconds, for comparing prices; None: unspecified."""
    durations = (c for c in conditions if c.key == "duration" and not c.is_negated)
    first = next(durations, None)
    span = parse_span("duration", first.values[0]) if first else None
    return (span.low or None) if span else None


def folded(text: str) -> str:
    """Normalize a text for loose matching: `Lip Sync` and `lip_sync` → `lip-sync`."""
    return re.sub(r"[\s_-]+", "-", text.strip().casefold())


def format_number(number: float) -> str:
    """Format a number as short as possible: `10.0` → `10`, `0.05` → `0.05`."""
    return f"{number:.8f}".rstrip("0").rstrip(".") if number else "0"


def line_count(resolution: str) -> int | None:
    """Return a resolution's number of lines, for comparison: `1080p` → 1080, `4k` → 2160.

    Ignores the longest duration that a fact may state: `1080p@8`.
    """
    name = resolution.partition("@")[0]
    if name in _LINES:
        return _LINES[name]
    match = re.fullmatch(r"([0-9]{1,5})([pk]?)", name)
    return int(match[1]) * (1024 if match[2] == "k" else 1) if match else None


def _number(key: str, digits: str, unit: str) -> float | None:
    if key == "resolution":
        return line_count(f"{digits}{unit}")
    scale = KEYS[key].units.get(unit) if unit else 1
    return None if scale is None else round(float(digits.replace(",", ".")) * scale, 8)


def numbers_of(key: str, value: str, seconds: float | None) -> tuple[float, float] | None:
    """Return the numbers of a fact; a price per second is multiplied by `seconds`.

    None if they cannot be read, such as a negative one: then no condition selects the fact.
    """
    if key == "resolution":
        return (lines, lines) if (lines := line_count(value)) else None
    try:
        if match := _PRICE.fullmatch(value):
            cost = round(float(match[1]) * (seconds or float(match[2])), 8)
            return cost, cost
        low, _, high = value.partition("-")
        return float(low), float(high or low)
    except ValueError:
        return None


def _narrowed(was: Condition, narrower: Condition) -> Condition:
    first, second = (parse_span(c.key, c.values[0]) for c in (was, narrower))
    if first is None or second is None:
        return narrower
    low = max((first.low, first.is_above), (second.low, second.is_above))
    high = min((first.high, not first.is_below), (second.high, not second.is_below))
    span = Span(low[0], high[0], low[1], not high[1])
    span_text = _written(was.key, span)
    is_same = span.low <= span.high and parse_span(was.key, span_text) == span
    return replace(narrower, values=(span_text,)) if is_same else narrower


def _written(key: str, span: Span) -> str:
    """Format numbers as typed; `=5` if a plain 5 would have another meaning."""
    low, high = (
        LINE_NAMES.get(int(n), f"{n:g}p")
        if key == "resolution" and n < math.inf
        else format_number(n)
        for n in (span.low, span.high)
    )
    if span.low == span.high:
        is_bare = KEYS[key].plain == "=" or (key == "price" and not span.low)
        return low if is_bare else f"={low}"
    if span.high == math.inf:
        return f"{'>' if span.is_above else '>='}{low}"
    if span.low == 0 and not span.is_above:
        return f"{'<' if span.is_below else '<='}{high}"
    return f"{low}..{high}"
