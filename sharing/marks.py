"""What was said of each item of a share, in numbers: picks, stars, comments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Avg, Count, Q

from sharing.models import Comment, Pick, Rating, Share


@dataclass(frozen=True)
class Mark:
    """The numbers of one item; `stars` is the mean of `ratings` ratings, None without any."""

    number: int
    picks: int = 0
    ratings: int = 0
    stars: float | None = None
    comments: int = 0
    open_comments: int = 0

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing was said of the item."""
        return not (self.picks or self.ratings or self.comments)


def marks_of(share: Share) -> list[Mark]:
    """Return the mark of each item that the share shows, in its order; four queries."""
    picks = dict(
        Pick.objects.filter(item__share=share)
        .order_by()
        .values_list("item_id")
        .annotate(count=Count("pk"))
    )
    ratings = {
        item: (count, stars)
        for item, count, stars in Rating.objects.filter(item__share=share)
        .order_by()
        .values_list("item_id")
        .annotate(count=Count("pk"), mean=Avg("stars"))
    }
    is_open = Q(resolved_at=None, parent=None)
    comments = {
        item: (count, count_open)
        for item, count, count_open in Comment.objects.filter(
            share=share, deleted_at=None, item__isnull=False
        )
        .order_by()
        .values_list("item_id")
        .annotate(count=Count("pk"), count_open=Count("pk", filter=is_open))
    }
    items = (
        share.items.filter(is_gone=False).order_by("place", "number").values_list("pk", "number")
    )
    return [
        Mark(
            number,
            picks.get(pk, 0),
            *ratings.get(pk, (0, None)),
            *comments.get(pk, (0, 0)),
        )
        for pk, number in items.values_list("pk", "number")
    ]
