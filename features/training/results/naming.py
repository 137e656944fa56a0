"""Names weights in the picker, since all their files have the same name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.contrib.auth.models import User

from features.training.models import Weights
from runs.files.artifact_urls import run_of


def names_of(user_id: int, addresses: Sequence[str]) -> dict[str, str]:
    """Return names and trigger words of weights that a user sees, by address; one query."""
    runs = {uuid.UUID(run) for address in addresses if (run := run_of(address))}
    rows = Weights.objects.kept().shown_to(User(pk=user_id)).filter(training__in=runs)
    return {weights.address: _name(weights) for weights in rows.select_related("training")}


def _name(weights: Weights) -> str:
    word = weights.training.trigger_word
    return f"{weights.name} ({word})" if word and word != weights.name else weights.name
