"""Feedback on results over all shares that show them, for the search of results."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet

from catalog.filters.conditions import Span
from core.formatting import counted
from features.library.feedback import RunFeedback
from features.library.search import conditions as keys
from features.sharing.models import Comment, Pick, Rating, ShareItem

_OPEN = Q(resolved_at=None, parent=None)


def reviewed_runs(key: str, span: Span | None) -> QuerySet[Any, Any]:
    """Return the keys of runs with a result that fulfils a condition; see `library.feedback`.

    Deleted comments do not count.
    """
    if key == keys.COMMENTED:
        comments = Comment.objects.filter(deleted_at=None, item__run__isnull=False)
        comments = comments.filter(_OPEN) if span is None else comments
        return comments.order_by().values("item__run")
    amount = Count("picks") if key == keys.PICKED else Avg("ratings__stars")
    results = ShareItem.objects.filter(run__isnull=False).order_by().values("run", "position")
    return results.annotate(amount=amount).filter(_within(span or Span())).values("run")


def feedback_on(runs: Collection[uuid.UUID]) -> Mapping[uuid.UUID, RunFeedback]:
    """Return the feedback on these runs; one query if none is shared, else four."""
    shared = ShareItem.objects.filter(run__in=list(runs)).order_by().values_list("run")
    keys_of_shared = {run for (run,) in shared}
    if not keys_of_shared:
        return {}
    return _feedback_by("item__run", Count("pk"), item__run__in=keys_of_shared)


def said_on(shares: Collection[uuid.UUID], run: uuid.UUID) -> Mapping[uuid.UUID, RunFeedback]:
    """Return the feedback on the run's results by share; shares without any are left out.

    Its picks count people who picked a result. Three queries; none without shares.
    """
    if not shares:
        return {}
    people = Count("reviewer", distinct=True)
    return _feedback_by("item__share", people, item__share__in=list(shares), item__run=run)


def in_words(review: RunFeedback) -> str:
    """Return "picked by 3, ★ 4.2, 2 comments"; empty without feedback."""
    return ", ".join(
        [
            *([f"picked by {review.picks}"] if review.picks else []),
            *([f"★ {review.stars:.1f}".removesuffix(".0")] if review.stars else []),
            *([counted(review.comments, "comment")] if review.comments else []),
        ]
    )


def _feedback_by(by: str, pick_count: Count, **condition: Any) -> dict[uuid.UUID, RunFeedback]:
    """Return the feedback on items, grouped by a field; `pick_count` counts the picks."""
    picks = _grouped(Pick.objects.filter(**condition), by, picks=pick_count)
    stars = _grouped(Rating.objects.filter(**condition), by, stars=Avg("stars"))
    comments = _grouped(
        Comment.objects.filter(**condition, deleted_at=None),
        by,
        comments=Count("pk"),
        open_comments=Count("pk", filter=_OPEN),
    )
    return {
        key: RunFeedback(**picks.get(key, {}), **stars.get(key, {}), **comments.get(key, {}))
        for key in {*picks, *stars, *comments}
    }


def _grouped(rows: QuerySet[Any, Any], by: str, **amounts: Any) -> dict[uuid.UUID, dict[str, Any]]:
    grouped = rows.order_by().values(by).annotate(**amounts)
    return {row.pop(by): row for row in grouped}


def _within(span: Span) -> Q:
    low = Q(amount__gt=span.low) if span.is_above else Q(amount__gte=span.low)
    if span.high == float("inf"):
        return low
    return low & (Q(amount__lt=span.high) if span.is_below else Q(amount__lte=span.high))
