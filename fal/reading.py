"""Tolerant readers of JSON from the wire: the wrong type reads as a missing value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from fal.errors import UpstreamFailed
from fal.storable import storable_text

Json = Mapping[str, Any]
LONGEST_MEDIA_TYPE = 127
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
UNREADABLE = "The answer could not be read."  # people see it; what came is kept beside it
ALWAYS_EXACT = 16  # characters of a fraction: 15 digits and the point come back as they were


def parse(content: bytes | str) -> Any:
    """The JSON in `content` with integers exact; raises UpstreamFailed when there is none."""
    return parse_whole(content)[0]


def parse_whole(content: bytes | str) -> tuple[Any, bool]:
    """`parse`, and whether that says all that `content` does.

    NaN, Infinity and 1E400, which some models emit and no JSON or float holds, read as null, as an
    integer of thousands of digits does; a number finer than a float is rounded.
    """
    numbers = _Numbers()
    try:
        if isinstance(content, bytes):
            content = content.decode("utf-8-sig")
        found = json.loads(
            content, parse_constant=numbers.none, parse_float=numbers.read, parse_int=numbers.whole
        )
    except (ValueError, RecursionError) as error:
        raise UpstreamFailed(UNREADABLE, is_retryable=True) from error
    return found, numbers.are_exact


class _Numbers:
    """Reads numbers, and notes where one is not what the text says."""

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
        if len(text) > ALWAYS_EXACT and Decimal(text) != Decimal(repr(value)):
            self.are_exact = False
        return value


def as_mapping(value: Any) -> Json:
    """`value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(raw: Json, key: str) -> str:
    """The text at `key`, else ""; storable."""
    value = raw.get(key)
    return storable_text(value) if isinstance(value, str) else ""


def text_or_none(raw: Json, key: str) -> str | None:
    """The text at `key`; empty counts as missing."""
    return text(raw, key) or None


def texts(raw: Json, key: str) -> tuple[str, ...]:
    """The texts in the list at `key`."""
    value = raw.get(key)
    if not isinstance(value, list):
        return ()
    return tuple(storable_text(item) for item in value if isinstance(item, str))


def flag(raw: Json, key: str) -> bool | None:
    """The boolean at `key`, None when it is null or missing."""
    value = raw.get(key)
    return value if isinstance(value, bool) else None


def integer(raw: Json, key: str) -> int | None:
    """The integer at `key`; true is not one."""
    value = raw.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(raw: Json, key: str) -> float | None:
    """The finite number at `key`."""
    value = decimal(raw.get(key))
    return None if value is None else float(value)


def decimal(value: Any) -> Decimal | None:
    """`value`, a JSON number or decimal text, as the decimal that it shows; None unless finite."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        return None
    return result if result.is_finite() and result.adjusted() < 300 else None


def moment(raw: Json, key: str) -> datetime | None:
    """The ISO 8601 time at `key`, in UTC when it does not say where."""
    return moment_of(text(raw, key))


def moment_of(text: str) -> datetime | None:
    """The moment that an ISO 8601 time means, in UTC when it does not say where."""
    try:
        value = datetime.fromisoformat(text)
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def http_date(text: str) -> datetime | None:
    """The moment that a date in a header means (RFC 9110, 5.6.7), in UTC where it does not say."""
    try:
        value = parsedate_to_datetime(text)
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def media_type(claim: str) -> str:
    """The type that a header or an address names, in small letters and without parameters; "" where it names none.

    What is longer than any type is none, and nothing is left that could break a header.
    """
    found = claim.partition(";")[0].strip().lower()
    is_one = len(found) <= LONGEST_MEDIA_TYPE and _MEDIA_TYPE.fullmatch(found)
    return found if is_one else ""
