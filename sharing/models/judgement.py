"""What reviewers choose: picks and ratings."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from sharing.models.reviewer import Reviewer
from sharing.models.share import ShareItem

MOST_STARS = 5


class Pick(models.Model):
    """A reviewer's favourite; `rank` is 1 for the best where picks are ranked, else 0."""

    reviewer = models.ForeignKey(Reviewer, on_delete=models.CASCADE, related_name="picks")
    item = models.ForeignKey(ShareItem, on_delete=models.CASCADE, related_name="picks")
    rank = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["rank", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["reviewer", "item"], name="pick_once_per_item")
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} {self.item_id} {self.rank}"


class Rating(models.Model):
    """A reviewer's stars for one item."""

    reviewer = models.ForeignKey(Reviewer, on_delete=models.CASCADE, related_name="ratings")
    item = models.ForeignKey(ShareItem, on_delete=models.CASCADE, related_name="ratings")
    stars = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MOST_STARS)]
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reviewer", "item"], name="rating_once_per_item")
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} {self.item_id}: {self.stars}"
