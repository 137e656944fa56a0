"""What a person asked for lately: the texts of one field, over all models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RUNS = 200  # how far back is looked, by the index `run_history`
MOST = 20
LONGEST = 10_000  # characters: what is longer was no prompt


def recent(user: User, field: str) -> list[str]:
    """The latest distinct texts that `user` gave a field of this name, newest first."""
    runs = Run.objects.filter(user=user).order_by("-created_at")
    found: dict[str, None] = {}
    for arguments in runs.values_list("arguments", flat=True)[:RUNS]:
        text = arguments.get(field) if isinstance(arguments, dict) else None
        if isinstance(text, str) and text.strip() and len(text) <= LONGEST:
            found.setdefault(text)
        if len(found) == MOST:
            break
    return list(found)
