"""The operations that left the API in 0.3.0: each answers 410 with a sentence.

The rows leave with the next version. `config/gone.py` has the pages.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Operation(NamedTuple):
    """An operation that left, or several of one path."""

    methods: str  # separated by spaces
    path: str  # a regular expression of what follows `BASE`
    why: str  # the sentence that says what to use instead


BASE = "/api/v1/"
OPERATIONS: tuple[Operation, ...] = ()


def reason(method: str, path: str) -> str:
    """Return why the operation at a request's path left; empty if none left there."""
    for operation in OPERATIONS:
        is_at = re.fullmatch(f"{BASE}(?:{operation.path})", path)
        if is_at and method in operation.methods.split():
            return operation.why
    return ""
