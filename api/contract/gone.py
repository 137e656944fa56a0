"""Operations that were removed from the API in 0.3.0. Each answers 410 with a sentence.

The next version removes these rows. `config/gone.py` has the pages.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from api.contract.document import BASE


class Operation(NamedTuple):
    """A removed operation, or several with the same path."""

    methods: str  # separated by spaces
    path: str  # a regular expression for the path below `BASE`
    why: str  # the sentence that says what to use instead


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
    """Return why the operation at a request's path was removed; empty if there was none."""
    for operation in OPERATIONS:
        is_at = re.fullmatch(f"{BASE}/(?:{operation.path})", path)
        if is_at and method in operation.methods.split():
            return operation.why
    return ""
