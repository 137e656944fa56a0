"""Lenient accessors for JSON from the wire: a value of the wrong type counts as missing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

import msgpack

from fal.db_safe import db_safe_text
from fal.errors import UpstreamFailed

Json = Mapping[str, Any]
MAX_MEDIA_TYPE_CHARS = 127
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
UNREADABLE = "The answer could not be read."  # shown to users; the body is stored with it
EXACT_FLOAT_CHARS = 16  # a float holds 15 digits and the point exactly


def parse(content: bytes | str) -> Any:
    """Parses `content` with exact integers; raises UpstreamFailed if it is not JSON."""
    return parse_whole(content)[0]


def parse_exact(content: bytes) -> Any:
    """As `parse`, with every fraction as a Decimal: for sums of money."""
    try:
        return json.loads(
            content.decode("utf-8-sig"), parse_float=Decimal, parse_constant=lambda _: None
        )
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise UpstreamFailed(UNREADABLE, is_retryable=True) from error


def parse_whole(content: bytes | str) -> tuple[Any, bool]:
    """As `parse`, and whether the value is exactly what `content` says.

    NaN, Infinity, 1E400 (some models emit them) and integers of thousands of digits become null;
    a number with more digits than a float holds is rounded.
    """
    numbers = _Numbers()
    try:
        if isinstance(content, bytes):
            content = content.decode("utf-8-sig")
        value = json.loads(
            content, parse_constant=numbers.none, parse_float=numbers.read, parse_int=numbers.whole
        )
    except (ValueError, RecursionError) as error:
        raise UpstreamFailed(UNREADABLE, is_retryable=True) from error
    return value, numbers.are_exact


class _Numbers:
    """Number hooks for `json.loads` that record whether any number lost precision."""

    are_exact = True

    def none(self, text: str) -> None:
        self.are_exact = False

    def whole(self, text: str) -> int | None:
        try:
            return int(text)
        except ValueError:  # sys.get_int_max_str_digits
            self.are_exact = False
            return None

    def read(self, text: str) -> float | None:
        value = float(text)
        if not isfinite(value):
            self.are_exact = False
            return None
        if len(text) > EXACT_FLOAT_CHARS and Decimal(text) != Decimal(repr(value)):
            self.are_exact = False
        return value


def unpack(frame: bytes, most_nodes: int) -> Any:
    """The value in a msgpack frame; raises ValueError if it is unreadable or has more nodes.

    One byte may decode to an empty object of 64 bytes, and five bytes may announce a list of any
    length, so both are limited during decoding.
    """
    left = most_nodes

    def count(container: Any) -> Any:
        nonlocal left
        left -= 1 + len(container)
        if left < 0:
            raise ValueError(f"it has more than {most_nodes:,} values")
        return container

    try:
        return msgpack.unpackb(
            frame,
            strict_map_key=False,
            max_array_len=most_nodes,
            max_map_len=most_nodes,
            object_hook=count,
            list_hook=count,
        )
    except (msgpack.UnpackException, TypeError) as error:  # a list as a key
        raise ValueError("it is not msgpack") from error


def item_texts(content: bytes, key: str) -> list[str]:
    """The items of the list at `key` of a JSON object, each with its original text in `content`.

    Expects JSON that was parsed before; raises ValueError if `key` has no list.
    """
    text = content.decode("utf-8-sig")
    at, name = text.index("{") + 1, ""
    while name != key:
        name, at = _scan(text, at)
        start = _gap(text, at)
        if name != key:
            _, at = _scan(text, start)
    if text[start] != "[":
        raise ValueError(f"{key} is not a list")
    texts, at = [], _gap(text, start + 1)
    while text[at] != "]":
        _, end = _scan(text, at)
        texts.append(text[at:end])
        at = _gap(text, end)
    return texts


_GAP = re.compile(r"[\s,:]*")
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)  # the value itself is not used


def _gap(text: str, at: int) -> int:
    """The position of the next value or bracket."""
    return at + len(_GAP.match(text, at)[0])  # type: ignore[index]  # it always matches


def _scan(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at `at` or after a gap, and the position of its end."""
    return _DECODER.raw_decode(text, _gap(text, at))


def as_mapping(value: Any) -> Json:
    """`value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(raw: Json, key: str) -> str:
    """The text at `key` as a database accepts it, else ""."""
    value = raw.get(key)
    return db_safe_text(value) if isinstance(value, str) else ""


def text_or_none(raw: Json, key: str) -> str | None:
    """The text at `key`; empty counts as missing."""
    return text(raw, key) or None


def texts(raw: Json, key: str) -> tuple[str, ...]:
    """The texts in the list at `key`."""
    value = raw.get(key)
    if not isinstance(value, list):
        return ()
    return tuple(db_safe_text(item) for item in value if isinstance(item, str))


def flag(raw: Json, key: str) -> bool | None:
    """The boolean at `key`, None when it is null or missing."""
    value = raw.get(key)
    return value if isinstance(value, bool) else None


def integer(raw: Json, key: str) -> int | None:
    """The integer at `key`; booleans do not count."""
    value = raw.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(raw: Json, key: str) -> float | None:
    """The finite number at `key`."""
    value = decimal(raw.get(key))
    return None if value is None else float(value)


def decimal(value: Any) -> Decimal | None:
    """A JSON number or decimal text as Decimal; None unless finite."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        result = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        return None
    return result if result.is_finite() and result.adjusted() < 300 else None


def time(raw: Json, key: str) -> datetime | None:
    """The ISO 8601 time at `key`; UTC if it names no time zone."""
    return parse_time(text(raw, key))


def parse_time(text: str) -> datetime | None:
    """Parses an ISO 8601 time; UTC if it names no time zone. None if invalid."""
    try:
        value = datetime.fromisoformat(text)
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def http_date(text: str) -> datetime | None:
    """Parses the date of an HTTP header (RFC 9110, 5.6.7). None if invalid."""
    try:
        value = parsedate_to_datetime(text)
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def media_type(claim: str) -> str:
    """The media type in `claim`, in lower case without parameters; "" if it is not one.

    The result is at most 127 characters and safe to put into a header.
    """
    name = claim.partition(";")[0].strip().lower()
    is_one = len(name) <= MAX_MEDIA_TYPE_CHARS and _MEDIA_TYPE.fullmatch(name)
    return name if is_one else ""
