"""A user's recent texts for one field, from runs of all models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.db.json_field import small
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RUNS = 200  # newest runs that are searched, by the index `run_history`
MAX_PROMPTS = 20
MAX_CHARS = 10_000  # longer texts are not prompts


def recent_prompts(user: User, field: str) -> list[str]:
    """Return the latest distinct texts that `user` entered in fields of this name, newest first."""
    runs = Run.objects.owned_by(user).order_by("-created_at")
    prompts: dict[str, None] = {}
    for arguments in runs.values_list(small("arguments"), flat=True)[:RUNS]:
        text = arguments.get(field) if isinstance(arguments, dict) else None
        if isinstance(text, str) and text.strip() and len(text) <= MAX_CHARS:
            prompts.setdefault(text)
        if len(prompts) == MAX_PROMPTS:
            break
    return list(prompts)
