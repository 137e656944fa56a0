"""Opaque cursors for the next page of a list."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from api.http.problem import Problem

MAX_CHARS = 400


def encode(*values: Any) -> str:
    """Return a cursor with these JSON values."""
    text = json.dumps(values, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str, *kinds: type) -> list[Any]:
    """Return the values of a cursor, which must be of these types; raises Problem."""
    try:
        padded = text + "=" * (-len(text) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if [type(value) for value in values] == list(kinds):
            return list(values)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        pass
    raise bad_cursor()


def bad_cursor() -> Problem:
    """Return the problem of a cursor that is not from this list."""
    detail = "This cursor belongs to another list. Start again without a cursor."
    return Problem(422, detail, errors=[{"parameter": "cursor", "detail": detail}])
