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
OPERATIONS = (
    Operation(
        "POST DELETE",
        r"presets(/\d+)?",
        "Presets are saved and deleted on the page of their model. The API lists them.",
    ),
    Operation(
        "POST DELETE",
        r"webhooks(/[0-9a-f-]{36})?",
        "Webhooks are managed on the notifications page, or named by each run as webhook_url.",
    ),
    Operation(
        "POST",
        r"deliveries/[0-9a-f-]{36}/repetition",
        "A failed delivery is sent again on the notifications page.",
    ),
)


def reason(method: str, path: str) -> str:
    """Return why the operation at a request's path left; empty if none left there."""
    for operation in OPERATIONS:
        is_at = re.fullmatch(f"{BASE}(?:{operation.path})", path)
        if is_at and method in operation.methods.split():
            return operation.why
    return ""
