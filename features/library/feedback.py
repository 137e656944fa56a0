"""Feedback of other people on shared results.

`features/sharing` registers the source; until then there is no feedback.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from catalog.filters.conditions import Span
from runs.models import Run


@dataclass(frozen=True)
class RunFeedback:
    """The feedback on a run's results: picks, the mean of the stars, and comments."""

    picks: int = 0
    stars: float = 0.0
    comments: int = 0
    open_comments: int = 0


class Feedback:
    """A source of feedback; this default one has none."""

    def runs(self, key: str, span: Span | None) -> QuerySet[Any, Any]:
        """Return the keys of runs with a result that fulfils a condition of the line.

        For `picked` and `rated`, `span` is a range of picks or mean stars. For `commented`, None
        asks for open comments, any span for any comment.
        """
        return Run.objects.none().values("pk")

    def feedback_on(self, runs: Collection[uuid.UUID]) -> Mapping[uuid.UUID, RunFeedback]:
        """Return the feedback on these runs, by their keys; runs without any are left out."""
        return {}


_sources = [Feedback()]


def register(source: Feedback) -> None:
    """Set the source; called once, when the app that provides it is ready."""
    _sources[:] = [source]


def source() -> Feedback:
    """Return the registered source."""
    return _sources[0]
