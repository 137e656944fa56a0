"""Rewords the API's messages for its other callers: assistants' tools and the command line.

A message names only what its reader can use: `vitrine run` has no GET and no body.
"""

from __future__ import annotations

import re
from typing import Any

Terms = tuple[tuple[str, str], ...]  # pattern → replacement
TOOLS: Terms = (
    (r"GET /api/v1/models\?q=…", "find_models"),
    (r"GET /api/v1/models/(\S+)", r"read_model with endpoint_id=\1"),
    (r"GET /api/v1/projects", "list_projects"),
)
COMMANDS: Terms = (
    (r"GET /api/v1/models\?q=…", "vitrine search"),
    (r"GET /api/v1/models/(\S+)", r"vitrine show \1"),
    (r" List yours: GET /api/v1/projects", ""),
    (r"\bmax_cost\b", "--max-cost"),
    (r"\bcreated_(after|before)\b", r"--\1"),
    (r"\bThis Idempotency-Key\b", "This --key"),
    (
        "Send a valid API token as `Authorization: Bearer vitrine_…`",
        "Set VITRINE_TOKEN to a valid token, which `vitrine token` prints on the server",
    ),
    (r"^Name the model by endpoint_id.*", "Name a model, or a preset by --preset."),
)
_OPTIONS = {
    "preset_id": "--preset",
    "transport": "--transport",
    "max_cost": "--max-cost",
    "start_timeout_s": "--start-timeout",
    "priority": "--priority",
}


def in_terms(message: str, terms: Terms) -> str:
    """Return a message of the API in these terms."""
    for pattern, replacement in terms:
        message = re.sub(pattern, replacement, message)
    return message


def option_of(error: dict[str, Any]) -> str:
    """Return the command line's name for an error's place: an input, or an option."""
    place = str(error.get("pointer") or error.get("parameter") or "").removeprefix("#/")
    return _OPTIONS.get(place, place.removeprefix("arguments/").replace("/", "."))
