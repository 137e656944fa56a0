"""Parses values of a field from text: one value, or the values along an axis."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from schemas.carry.meanings import media_of
from schemas.exact import NotJson, loads
from schemas.fields import MISSING, Field

MAX_VALUES = 400
MAX_CHARS = 4 << 20
NUMBER_CHARS = 100  # of a number, or of a range of numbers
_NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)"
_RANGE = re.compile(
    rf"\s*({_NUMBER})\s*(?:\.\.+|-|\u2013|to|bis)\s*({_NUMBER})\s*"
    rf"(?:(?:step|by|:|/)\s*({_NUMBER}))?\s*",
    re.IGNORECASE,
)
_BETWEEN_TEXTS = re.compile(r"^[^\S\n]*---+[^\S\n]*$", re.MULTILINE)  # `\s` takes line breaks
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
_NUMERIC = {"integer", "number"}


def read_axis(field: Field, text: str) -> list[Any]:
    """Return the values typed for an axis; raises ValueError with a message.

    Texts are one on each line, or separated by lines of `---`; numbers may be ranges such as
    `4-20 step 4`; `all` means every choice.
    """
    if len(text) > MAX_CHARS:
        raise ValueError(f"The values of an axis may have {MAX_CHARS >> 20} MB together.")
    if is_text(field) or media_of(field) or field.kind in {"object", "list", "map", "json"}:
        parts = split_texts(text)
    else:
        parts = [part for line in text.splitlines() for part in line.split(",") if part.strip()]
    values: list[Any] = []
    for part in parts:
        values += _expand(field, part.strip())
        if len(values) > MAX_VALUES:
            raise ValueError(f"An axis takes up to {MAX_VALUES} values; this has more.")
    if not values:
        raise ValueError(f"No value for {field.label} is given: write one on each line.")
    return values


def split_texts(text: str) -> list[str]:
    """Return the texts of a text area: one per line, or those between lines of `---`."""
    is_long = _BETWEEN_TEXTS.search(text)
    parts = _BETWEEN_TEXTS.split(text) if is_long else text.splitlines()
    return [part.strip() for part in parts if part.strip()]


def _expand(field: Field, part: str) -> list[Any]:
    is_short = len(part) <= NUMBER_CHARS
    if is_numeric(field) and is_short and (match := _RANGE.fullmatch(part)):
        return _range(field, *match.groups())
    if part.lower() in {"all", "*"} and (offered := choices(field)):
        return offered
    return [read_value(field, part)]


def _range(field: Field, first: str, last: str, step: str | None) -> list[Any]:
    start, end, stride = float(first), float(last), float(step or field.step or 1)
    if stride <= 0:
        raise ValueError(f"The step of “{first} to {last}” must be more than 0.")
    if end < start:
        raise ValueError(f"“{first} to {last}” runs backwards: write the smaller number first.")
    count = int((end - start) / stride + 1e-9) + 1
    if count > MAX_VALUES:
        raise ValueError(f"“{first} to {last}” has {count} values; an axis takes {MAX_VALUES}.")
    numbers = [round(start + stride * place, 6) for place in range(count)]
    return [int(one) if one.is_integer() else one for one in numbers]


def read_value(field: Field, text: str) -> Any:
    """Parse one value according to the field's kind; raises ValueError with a message."""
    if media_of(field):
        return [text] if field.kind == "list" and not text.startswith("[") else _json_or(text)
    if is_text(field):
        return text
    if (place := _path_field(field)) and not text.startswith(("[", "{")):
        return [{place: text}]
    if offered := choices(field):
        known = {str(value).casefold(): value for value in offered}
        if text.casefold() in known:
            return known[text.casefold()]
    if is_numeric(field):
        return _number(field, text)
    if field.kind == "boolean":
        return _truth(field, text)
    if field.kind == "choice":
        some = ", ".join(str(value) for value in choices(field)[:8])
        raise ValueError(f"{field.label} has no choice “{text[:60]}”; it has {some}.")
    return _json_or(text)


def _path_field(field: Field) -> str:
    """Return the name of the only required text in a list's entries, such as a LoRA's address."""
    item = field.item
    if field.kind != "list" or item is None or item.kind != "object":
        return ""
    needed = [child for child in item.children if child.is_required]
    return needed[0].name if len(needed) == 1 and needed[0].kind == "string" else ""


def _json_or(text: str) -> Any:
    try:
        return loads(text) if text[:1] in '{["' else text
    except NotJson:
        return text


def _number(field: Field, text: str) -> int | float:
    try:
        value = float(text) if len(text) <= NUMBER_CHARS else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{field.label} takes numbers; “{text[:60]}” is none.")
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else value


def _truth(field: Field, text: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise ValueError(f"{field.label} is on or off; “{text[:60]}” is neither.")


def is_text(field: Field) -> bool:
    """Whether any text is a value."""
    return field.kind == "string" and not field.media


def is_numeric(field: Field) -> bool:
    """Whether the values are numbers."""
    return field.kind in _NUMERIC or (
        field.kind == "union" and any(one.kind in _NUMERIC for one in field.branches)
    )


def choices(field: Field) -> list[Any]:
    """Return the plain values that a field offers."""
    own = [one.value for one in field.options if one.value is not MISSING and not one.branch]
    return own or [o.value for b in field.branches for o in b.options if o.value is not MISSING]


def words(value: Any) -> str:
    """Return a value as a short label."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:199]}…"
