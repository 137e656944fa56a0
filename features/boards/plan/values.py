"""Parses values of a field from text: one value, or the values along an axis."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from fal.db_safe import db_safe, db_safe_text
from schemas.exact import NotJson, identical, loads
from schemas.fields import MISSING, Field
from schemas.meanings import media_of
from schemas.numbers import NotANumber, as_json, read_exactly, read_number

MAX_VALUES = 400
MAX_CHARS = 4 << 20
RANGE_CHARS = 100  # of a range of numbers
MAX_SEEDS_CHARS = 20_000
MAX_SEED_DIGITS = 19
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?"
_RANGE = re.compile(
    rf"\s*+({_NUMBER})\s*+(?:\.\.+|-|\u2013|to|bis)\s*+({_NUMBER})\s*+"
    rf"(?:(?:step|by|:|/)\s*+({_NUMBER})\s*+)?",
    re.IGNORECASE,
)
_SEEDS = re.compile(r"([0-9]{1,19})\s*(?:-|\.\.+|\u2013|to)\s*([0-9]{1,19})")
_BETWEEN_TEXTS = re.compile(r"^[^\S\n]*---+[^\S\n]*$", re.MULTILINE)  # `\s` would match line breaks
# One value of a line, quoted as in CSV or bare, with the empty values before it.
_PART = re.compile(r'[ \t,]*+(?:"((?:[^"]|"")*+)"[ \t]*|([^,]*))(?:,|$)')
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
# What pandas may write into an empty cell of a column of numbers.
_EMPTY_CELLS = {"nan", "<na>"}
_EDGES = " \t\r\n"  # U+2028, for one, belongs to a text


def read_axis(field: Field, text: str) -> list[Any]:
    """Return the values typed for an axis; raises ValueError with a message.

    Texts are one on each line, or separated by lines of `---`; numbers may be ranges such as
    `4-20 step 4`; `all` means every choice. A choice that contains a comma is
    quoted, or alone on its line.
    """
    if len(text) > MAX_CHARS:
        raise ValueError(f"The values of an axis may have up to {MAX_CHARS >> 20} MB in total.")
    if field.is_text or media_of(field) or field.kind in {"object", "list", "map", "json"}:
        expanded: Iterator[list[Any]] = ([read_value(field, part)] for part in split_texts(text))
    else:
        expanded = chain.from_iterable(_values_of_line(field, line) for line in text.split("\n"))
    values: list[Any] = []
    for item_values in expanded:
        values += item_values
        if len(values) > MAX_VALUES:
            raise ValueError(f"An axis takes up to {MAX_VALUES} values; this has more.")
    if not values:
        raise ValueError(f"No value for {field.label} is given: write one on each line.")
    return values


def split_texts(text: str) -> list[str]:
    """Return the texts of a text area: one per line, or those between lines of `---`.

    Lines end at LF alone: U+2028 and the like belong to a text.
    """
    is_long = _BETWEEN_TEXTS.search(text)
    parts = _BETWEEN_TEXTS.split(text) if is_long else text.split("\n")
    return [part for part in (part.strip(_EDGES) for part in parts) if part]


def read_seeds(text: str, most: int) -> tuple[list[str], list[str]]:
    """Return the seeds in a text such as `7, 10-12`, and messages about its problems."""
    if len(text) > MAX_SEEDS_CHARS:
        return [], [f"A board takes up to {most} seeds."]
    seeds: list[str] = []
    problems: list[str] = []
    for part in re.split(r"[,;\s]+", text.replace(" to ", "-")):
        if not part or len(seeds) > most:
            continue
        if match := _SEEDS.fullmatch(part):
            first, last = int(match[1]), int(match[2])
            if first <= last < first + most:
                seeds += [str(seed) for seed in range(first, last + 1)]
            else:
                problems.append(f"“{part}” is not a range of up to {most} seeds.")
        elif (seed := _seed(part)) is not None:
            seeds.append(str(seed))
        else:
            problems.append(f"A seed is a whole number; “{part[:40]}” is not.")
    return list(dict.fromkeys(seeds)), problems


def _seed(text: str) -> int | None:
    try:
        seed = read_number(text, is_whole=True)
    except NotANumber:
        return None
    return int(seed) if 0 <= seed < 10**MAX_SEED_DIGITS else None


def _values_of_line(field: Field, line: str) -> Iterator[list[Any]]:
    """Yield the values of each part of a line; a part may be a range, or `all`."""
    line_value = _member(field, line)
    if line_value is not MISSING:
        yield [line_value]
        return
    for match in _PART.finditer(line):
        quoted, bare = match[1], (match[2] or "").strip()
        if quoted is not None:
            yield [read_value(field, quoted.replace('""', '"'))]
        elif bare:
            yield _expand(field, bare)


def _expand(field: Field, part: str) -> list[Any]:
    if (member := _member(field, part)) is not MISSING:
        return [member]
    is_short = len(part) <= RANGE_CHARS
    if is_numeric(field) and is_short and (match := _RANGE.fullmatch(part)):
        return _range(match[1], match[2], match[3], field.step)
    if part.lower() in {"all", "*"} and (offered := choices(field)):
        return offered
    return [read_value(field, part)]


def _range(first: str, last: str, step: str | None, usual_step: float | None) -> list[Any]:
    try:
        start, end = read_exactly(first), read_exactly(last)
        stride = read_exactly(step or str(usual_step or 1))
    except NotANumber as error:
        raise ValueError(f"“{first} to {last}” {error}.") from error
    if stride <= 0:
        raise ValueError(f"The step of “{first} to {last}” must be more than 0.")
    if end < start:
        raise ValueError(f"“{first} to {last}” runs backwards: write the smaller number first.")
    count = (end - start) // stride + 1
    if count > MAX_VALUES:
        many = count if count < 10**9 else "too many"
        raise ValueError(f"“{first} to {last}” has {many} values; an axis takes {MAX_VALUES}.")
    return [as_json(start + stride * place) for place in range(count)]


def read_cell(field: Field, value: Any) -> Any:
    """Return the value in a cell of a table; MISSING for an empty one.

    Only texts are parsed: JSON has its own types. What pandas writes for an empty cell counts as
    empty, too: NaN in a column of numbers, and null in JSON lines.
    """
    if isinstance(value, str):
        is_empty = is_numeric(field) and value.strip().casefold() in _EMPTY_CELLS
        return MISSING if is_empty and not _takes_text(field) else read_value(field, value)
    return MISSING if value is None and not field.is_nullable else db_safe(value)


def read_value(field: Field, text: str) -> Any:
    """Parse one value according to the field's kind; raises ValueError with a message."""
    text = db_safe_text(text)
    if media_of(field):
        address = text.strip()
        is_single = field.kind == "list" and not address.startswith("[")
        return [address] if is_single else _json_or(address)
    if field.is_text:
        return text
    if (place := _path_field(field)) and not text.startswith(("[", "{")):
        return [{place: text}]
    if (member := _member(field, text)) is not MISSING:
        return member
    if is_numeric(field):
        return _number(field, text.strip())
    if field.kind == "boolean":
        return _truth(field, text.strip())
    if field.kind == "choice":
        choice_list = ", ".join(str(value) for value in choices(field)[:8])
        raise ValueError(f"{field.label} has no choice “{text[:60]}”; it has {choice_list}.")
    return _json_or(text)


def _member(field: Field, text: str) -> Any:
    """Return the choice that a text means, with or without outer spaces; MISSING if none.

    Case only matters if choices differ in nothing else, or if the field takes any text.
    """
    offered = choices(field)
    for candidate in (text, text.strip()):
        for value in offered:
            if candidate == _written(value):
                return value
    if _takes_text(field):
        return MISSING
    similar = [value for value in offered if _written(value).casefold() == text.strip().casefold()]
    is_clear = similar and all(identical(value, similar[0]) for value in similar)
    return similar[0] if is_clear else MISSING


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _path_field(field: Field) -> str:
    """Return the name of the only required text in a list's entries, such as a LoRA's address."""
    item = field.item
    if field.kind != "list" or item is None or item.kind != "object":
        return ""
    required = [child for child in item.children if child.is_required]
    return required[0].name if len(required) == 1 and required[0].kind == "string" else ""


def _json_or(text: str) -> Any:
    try:
        return db_safe(loads(text)) if text[:1] in '{["' else text
    except NotJson:
        return text


def _number(field: Field, text: str) -> Any:
    kinds = {branch.kind for branch in (field, *field.branches)}
    try:
        return read_number(text, is_whole="number" not in kinds)
    except NotANumber as error:
        if _takes_text(field):
            return text
        takes = "whole numbers" if "number" not in kinds else "numbers"
        reason = f"{error}" if "large" in str(error) else "is none"
        raise ValueError(f"{field.label} takes {takes}; “{text[:60]}” {reason}.") from error


def _truth(field: Field, text: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise ValueError(f"{field.label} is on or off; “{text[:60]}” is neither.")


def _takes_text(field: Field) -> bool:
    """Whether any text is a value of one of the field's alternatives."""
    return any(branch.is_text for branch in field.branches)


def is_numeric(field: Field) -> bool:
    """Whether the values are numbers."""
    return any(alternative.traits.is_numeric for alternative in (field, *field.branches))


def choices(field: Field) -> list[Any]:
    """Return the plain values that a field offers."""
    own = [
        option.value
        for option in field.options
        if option.value is not MISSING and not option.branch
    ]
    return own or [o.value for b in field.branches for o in b.options if o.value is not MISSING]


def short_label(value: Any) -> str:
    """Return a value as a short label."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(db_safe_text(text).split())
    return line if len(line) <= 200 else f"{line[:199]}…"
