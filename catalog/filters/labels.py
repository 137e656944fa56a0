"""Facts and conditions as text for people: `in:images` → `Takes two or more images`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from catalog.filters.conditions import LINE_NAMES, Condition, line_count, numbers_of, parse_span
from catalog.filters.facts import outcome
from catalog.filters.vocabulary import KEEPER, KEYS
from core.formatting import category_name, money

_T = TypeVar("_T")
_AS_IT_IS = {"tag", "group", "owner"}


class Part(NamedTuple):
    """One ability, and the query string that finds the models with it."""

    words: str
    params: str


class Group(NamedTuple):
    """Abilities of one kind; `title` precedes them."""

    title: str
    parts: list[Part]


def label(key: str, value: str) -> str:
    """Return the label of a value under its key's heading."""
    if key in _AS_IT_IS:
        return value
    if KEYS[key].is_measured:
        return _amount(key, value.partition("@")[0])
    if key == "category":
        return category_name(value)
    return KEYS[key].labels.get(value) or value[:1].upper() + value[1:]


def by_outcome(items: Iterable[_T], category: Callable[[_T], str]) -> list[tuple[str, list[_T]]]:
    """Group items by their category's output, in page order."""
    titles = {**KEYS["out"].labels, "training": "Training"}
    groups: dict[str, list[_T]] = {title: [] for title in (*titles.values(), "Other")}
    for item in items:
        groups[titles.get(outcome(category(item)), "Other")].append(item)
    return [(title, group) for title, group in groups.items() if group]


def describe(condition: Condition, seconds: float | None = None) -> str:
    """Return a condition as text on its own; prices are for a run of `seconds`."""
    key, labels = KEYS[condition.key], [label(condition.key, value) for value in condition.values]
    text = key.said.format(
        title=key.title, labels=" or ".join(labels), lowered=" or ".join(map(_lowered, labels))
    )
    if key.name == "price" and seconds and condition.values != ("0",):
        text = f"{text} for {_seconds(seconds)}"
    return f"Not: {_lowered(text)}" if condition.is_negated else text


def summarize(facts: Iterable[str]) -> list[Group]:
    """Summarize a model's abilities in a line; each part links to similar models."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        key, _, value = fact.partition(":")
        by_key[key].append(value)
    groups = [
        Group("Takes", [_part("in", v) for v in by_key["in"] if f"{v}s" not in by_key["in"]]),
        Group("Makes", [_part("out", v) for v in by_key["out"]]),
        Group("", _lengths(by_key["duration"])),
        Group("", _finest(by_key["resolution"])),
        Group("", [_part("can", v) for v in KEYS["can"].values if v in by_key["can"]]),
    ]
    return [group for group in groups if group.parts]


def _part(key: str, value: str) -> Part:
    text = label(key, value)
    return Part(_lowered(text) if key != "can" else text, urlencode({key: value}))


def _lengths(values: list[str]) -> list[Part]:
    """The shortest and the longest possible length."""
    spans = filter(None, (numbers_of("duration", value, None) for value in values))
    ends = [end for span in spans for end in span]
    if not ends:
        return []
    least, most = min(ends), max(ends)
    first, last = _seconds(least), _seconds(most)
    if first.rpartition(" ")[2] == last.rpartition(" ")[2]:
        first = first.rpartition(" ")[0]
    text = last if least == most else f"{first} to {last}"
    return [Part(text, urlencode({"duration": f">={most:g}"}))]


def _finest(values: list[str]) -> list[Part]:
    ranked = sorted((v for v in values if line_count(v)), key=lambda v: line_count(v) or 0)
    if not ranked:
        return []
    finest = label("resolution", ranked[-1])
    params = urlencode({"resolution": ranked[-1].partition("@")[0]})
    return [Part(f"up to {finest}" if len(ranked) > 1 else finest, params)]


def _amount(key: str, value: str) -> str:
    span = parse_span(key, value)
    if span is None:
        return value
    low, high = (_figure(key, end) for end in (span.low, span.high))
    if span.low == span.high:
        text = "Free" if key == "price" and not span.low else low
    elif not high:
        text = f"More than {low}" if span.is_above else f"{low} or more"
    elif not span.low:
        text = f"Under {high}" if span.is_below else f"Up to {high}"
    else:
        text = f"{low} to {high}"
    return f"{text} {KEYS[key].counted}".rstrip()


def _seconds(value: float) -> str:
    return f"{value / 60:g} min" if value >= 60 and value % 60 == 0 else f"{value:g} s"


def _figure(key: str, value: float) -> str:
    """One end of a range; empty if it is open."""
    if value == float("inf"):
        return ""
    if key in {"price", KEEPER}:
        return money(value)
    if key == "resolution":
        return LINE_NAMES.get(int(value), f"{value:g}p").replace("k", "K")
    return _seconds(value) if key in {"duration", "time"} else f"{value:g}"


def _lowered(text: str) -> str:
    """Lower-case the first letter for use in a sentence: `An image` → `an image`; not `LoRA`."""
    first = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if len(first) == 1 or first[1:].islower() else text
