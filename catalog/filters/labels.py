"""Facts and conditions in words that people read: `in:images` → `Takes two or more images`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from catalog.filters.conditions import LINE_NAMES, Condition, line_count, parse_span
from catalog.filters.facts import outcome
from catalog.filters.vocabulary import KEYS
from core.formatting import category_name, money

_ALONE = {"can", "resolution", "duration", "price", "ratio", "is", "size"}  # need no heading
_T = TypeVar("_T")
_COUNTED = {
    "fps": "frames a second",
    "outputs": "results at once",
    "megapixels": "megapixels",
    "voices": "voices",
    "languages": "languages",
}


class Part(NamedTuple):
    """One ability, and the query string that finds the models with it."""

    words: str
    params: str


class Group(NamedTuple):
    """Abilities of one kind; `title` stands before them."""

    title: str
    parts: list[Part]


def label(key: str, value: str) -> str:
    """One value under the heading of its key."""
    if KEYS[key].labels:
        return KEYS[key].labels.get(value, value)
    if KEYS[key].is_number or key == "resolution":
        return _amount(key, value.partition("@")[0])
    if key == "category":
        return category_name(value)
    if key in {"tag", "group", "owner", "ratio", "size"}:
        return value
    return value[:1].upper() + value[1:]


def by_outcome(items: Iterable[_T], category: Callable[[_T], str]) -> list[tuple[str, list[_T]]]:
    """Items under what their category makes, in the order of the page."""
    titles = {**KEYS["out"].labels, "training": "Training"}
    found: dict[str, list[_T]] = {title: [] for title in (*titles.values(), "Other")}
    for item in items:
        found[titles.get(outcome(category(item)), "Other")].append(item)
    return [(title, group) for title, group in found.items() if group]


def describe(asked: Condition) -> str:
    """A condition by itself, as the page repeats it."""
    key, words = asked.key, " or ".join(label(asked.key, value) for value in asked.values)
    if key in {"in", "out"}:
        words = f"{KEYS[key].title} {_lowered(words)}"
    elif key == "per":
        words = f"Priced per {words.lower()}"
    elif key == "time":
        words = f"Ready in {_lowered(words)}"
    elif key == "price" and asked.seconds and asked.values != ("0",):
        words = f"{words} for {_seconds(asked.seconds)}"
    elif key not in _ALONE and key not in _COUNTED:
        words = f"{KEYS[key].title}: {words}"
    return f"Not: {_lowered(words)}" if asked.is_negated else words


def summarize(facts: Iterable[str]) -> list[Group]:
    """What a model can do, in a line: each part with the words that search for its like."""
    held: dict[str, list[str]] = {}
    for fact in facts:
        key, _, value = fact.partition(":")
        held.setdefault(key, []).append(value)
    taken = [v for v in held.get("in", []) if f"{v}s" not in held["in"]]
    groups = [
        Group("Takes", [_part("in", value) for value in taken]),
        Group("Makes", [_part("out", value) for value in held.get("out", [])]),
        Group("", _lengths(held.get("duration", []))),
        Group("", _finest(held.get("resolution", []))),
        Group(
            "",
            [_part("can", value) for value in KEYS["can"].values if value in held.get("can", [])],
        ),
    ]
    return [group for group in groups if group.parts]


def _part(key: str, value: str) -> Part:
    words = label(key, value)
    return Part(_lowered(words) if key != "can" else words, urlencode({key: value}))


def _lengths(values: list[str]) -> list[Part]:
    """The shortest and the longest that can be asked for."""
    ends = [float(end) for value in values for end in value.split("-")]
    if not ends:
        return []
    least, most = min(ends), max(ends)
    first, last = _seconds(least), _seconds(most)
    if first.rpartition(" ")[2] == last.rpartition(" ")[2]:
        first = first.rpartition(" ")[0]
    words = last if least == most else f"{first} to {last}"
    return [Part(words, urlencode({"duration": f">={most:g}"}))]


def _finest(values: list[str]) -> list[Part]:
    ranked = sorted((v for v in values if line_count(v)), key=lambda v: line_count(v) or 0)
    if not ranked:
        return []
    words = label("resolution", ranked[-1])
    params = urlencode({"resolution": ranked[-1].partition("@")[0]})
    return [Part(f"up to {words}" if len(ranked) > 1 else words, params)]


def _amount(key: str, value: str) -> str:
    span = parse_span(key, value)
    if span is None:
        return value
    low, high = (_figure(key, end) for end in (span.low, span.high))
    if span.low == span.high:
        words = "Free" if key == "price" and not span.low else low
    elif not high:
        words = f"More than {low}" if span.is_above else f"{low} or more"
    elif not span.low:
        words = f"Under {high}" if span.is_below else f"Up to {high}"
    else:
        words = f"{low} to {high}"
    return f"{words} {_COUNTED[key]}" if key in _COUNTED else words


def _seconds(value: float) -> str:
    return f"{value / 60:g} min" if value >= 60 and value % 60 == 0 else f"{value:g} s"


def _figure(key: str, value: float) -> str:
    """One end of a span; empty where it is open."""
    if value == float("inf"):
        return ""
    if key == "price":
        return money(value)
    if key == "resolution":
        return LINE_NAMES.get(int(value), f"{value:g}p").replace("k", "K")
    return _seconds(value) if key in {"duration", "time"} else f"{value:g}"


def _lowered(words: str) -> str:
    """Within a sentence: `An image` → `an image`; `3D models` and `LoRA` stay."""
    first = words.partition(" ")[0]
    return words[:1].lower() + words[1:] if len(first) == 1 or first[1:].islower() else words
