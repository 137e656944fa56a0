"""What was said on shares, for the search of results: over all shares that show a result."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet

from catalog.filters.conditions import Span
from library import feedback
from library.feedback import Said
from library.search import conditions as keys
from sharing.models import Comment, Pick, Rating, ShareItem

_OPEN = Q(resolved_at=None, parent=None)


class ReviewFeedback(feedback.Feedback):
    """Picks, ratings and comments; of deleted comments nothing is said."""

    def runs(self, key: str, span: Span | None) -> QuerySet[Any, Any]:
        """Return the keys of runs with a result for which a condition of the line holds."""
        if key == keys.COMMENTED:
            comments = Comment.objects.filter(deleted_at=None, item__run__isnull=False)
            comments = comments.filter(_OPEN) if span is None else comments
            return comments.order_by().values("item__run")
        amount = Count("picks") if key == keys.PICKED else Avg("ratings__stars")
        results = ShareItem.objects.filter(run__isnull=False).order_by().values("run", "position")
        return results.annotate(amount=amount).filter(_within(span or Span())).values("run")

    def said(self, runs: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Said]:
        """Return what was said of these runs; one query where none is shared, else four."""
        shared = ShareItem.objects.filter(run__in=list(runs)).order_by().values_list("run")
        of_runs = {"item__run__in": {run for (run,) in shared}}
        if not of_runs["item__run__in"]:
            return {}
        picks = _grouped(Pick.objects.filter(**of_runs), picks=Count("pk"))
        stars = _grouped(Rating.objects.filter(**of_runs), stars=Avg("stars"))
        comments = _grouped(
            Comment.objects.filter(**of_runs, deleted_at=None),
            comments=Count("pk"),
            open_comments=Count("pk", filter=_OPEN),
        )
        return {
            run: Said(**picks.get(run, {}), **stars.get(run, {}), **comments.get(run, {}))
            for run in {*picks, *stars, *comments}
        }


def _grouped(rows: QuerySet[Any, Any], **amounts: Any) -> dict[uuid.UUID, dict[str, Any]]:
    """Return the amounts by run."""
    grouped = rows.order_by().values("item__run").annotate(**amounts)
    return {row.pop("item__run"): row for row in grouped}


def _within(span: Span) -> Q:
    low = Q(amount__gt=span.low) if span.is_above else Q(amount__gte=span.low)
    if span.high == float("inf"):
        return low
    return low & (Q(amount__lt=span.high) if span.is_below else Q(amount__lte=span.high))
