"""Feedback of other people on shared results.

`features/sharing/feedback.py` provides it; without that app there is none.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from catalog.filters.conditions import Span
from core.provided import Provided
from runs.models import Run


@dataclass(frozen=True)
class RunFeedback:
    """The feedback on a run's results: picks, the mean of the stars, and comments."""

    picks: int = 0
    stars: float = 0.0
    comments: int = 0
    open_comments: int = 0


@Provided
def reviewed_runs(key: str, span: Span | None) -> QuerySet[Any, Any]:
    """Return the keys of runs with a result that fulfils a condition of the line.

    For `picked` and `rated`, `span` is a range of picks or mean stars. For `commented`, None
    asks for open comments, any span for any comment.
    """
    return Run.objects.none().values("pk")


@Provided
def feedback_on(runs: Collection[uuid.UUID]) -> Mapping[uuid.UUID, RunFeedback]:
    """Return the feedback on these runs, by their keys; runs without any are left out."""
    return {}
