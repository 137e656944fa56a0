"""Parses values from URLs and form posts; a malformed value counts as missing."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.utils.dateparse import parse_datetime

from core.forms import NUL

if TYPE_CHECKING:
    from django.core.paginator import Page
    from django.http import HttpRequest

KEY_DIGITS = 18  # a key has fewer; the largest that databases hold has 19
MAX_PAGE = 9999
MAX_WORDS_CHARS = 200


def parse_uuid(text: str) -> uuid.UUID | None:
    """Return the UUID in `text`; None if it is not one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def parse_key(text: str | None) -> int | None:
    """Return the primary key in `text`; None if it is not one that a database can hold."""
    is_key = text and text.isascii() and text.isdecimal() and len(text) < KEY_DIGITS
    return int(text) if text and is_key else None


def parse_moment(text: str) -> datetime | None:
    """Return the time with time zone in `text`, in UTC; None if it is not one.

    Year 1 at +14:00 is a time, but in UTC it is before the first year that databases can compare.
    """
    try:
        moment = parse_datetime(text.replace(" ", "+"))  # an unescaped `+` in an address
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def page_number(text: str) -> int:
    """Return the page number in `text`, counted from 1; 1 if it is not one."""
    key = parse_key(text)
    return key if key and key <= MAX_PAGE else 1


def page_of(request: HttpRequest, rows: Any, on_page: int) -> Page[Any]:
    """Return the page of the rows that the address asks for; the nearest, if there is none such."""
    return Paginator(rows, on_page).get_page(page_number(request.GET.get("page", "")))


def search_words(request: HttpRequest, name: str = "q") -> str:
    """Return the search text in the address, cut to MAX_WORDS_CHARS."""
    text = unicodedata.normalize("NFC", request.GET.get(name, "").replace(NUL, ""))
    return text.strip()[:MAX_WORDS_CHARS]
