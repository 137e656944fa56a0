"""Values in addresses and posts, parsed: what is malformed counts as missing."""

from __future__ import annotations

import uuid

KEY_DIGITS = 18  # the largest key has 19
MAX_PAGE = 9999


def parse_uuid(text: str) -> uuid.UUID | None:
    """The UUID in a text; None if it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def parse_key(text: str | None) -> int | None:
    """The primary key in a text; None if it is none that a database could hold."""
    is_key = text and text.isascii() and text.isdecimal() and len(text) < KEY_DIGITS
    return int(text) if text and is_key else None


def page_number(text: str) -> int:
    """The number of a page in a text, from 1; the first where it is none."""
    key = parse_key(text)
    return key if key and key <= MAX_PAGE else 1
