"""Reviewers: people who give feedback on a share, by their account or a name that they type."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core.names import name_key
from features.sharing.models.share import Share, ShareItem
from projects.kept.voices.comment import Saying
from projects.kept.voices.participant import Participant

MAX_NAME_CHARS = 60
MAX_KEY_CHARS = MAX_NAME_CHARS * 18  # NFKC may expand one character to 18
MOST_STARS = 5


class Reviewer(models.Model):
    """A reviewer of one share: a user, or a guest, whom a signed cookie recognises."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="reviewers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="empty: a guest",
    )
    name = models.CharField(max_length=MAX_NAME_CHARS)
    name_key = models.CharField(
        max_length=MAX_KEY_CHARS, editable=False, help_text="equal for names that look the same"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(
        null=True, blank=True, help_text="when they said that they are done"
    )
    news_due_at = models.DateTimeField(
        null=True, blank=True, db_index=True, help_text="when the share's user hears what they said"
    )
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="until when the share's user has heard"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["share", "name_key"], name="reviewer_name_once"),
            models.UniqueConstraint(
                fields=["share", "user"],
                condition=models.Q(user__isnull=False),
                name="reviewer_once_per_user",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the reviewer with the key of the name."""
        self.name_key = name_key(self.name)[:MAX_KEY_CHARS]
        super().save(*args, **kwargs)

    @property
    def is_guest(self) -> bool:
        """Whether the reviewer is a guest, who has typed the name."""
        return self.user_id is None

    @property
    def participant(self) -> Participant:
        """Return the participant for rows outside of the share, such as votes on a board."""
        if self.user is not None:
            return Participant.of_user(self.user)
        return Participant.of_guest(f"guest:{self.pk}", self.name)


class Comment(Saying):
    """A reviewer's comment on the share, an item, or a part, a moment or a span of it.

    `x` and `y` are a point of the picture or frame, in thousandths of its width and height; with
    `width` and `height` they are the upper left corner of a region. `from_ms` and `to_ms` are a
    moment or span of a film or sound, in milliseconds.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="comments")
    item = models.ForeignKey(
        ShareItem, null=True, blank=True, on_delete=models.CASCADE, related_name="comments"
    )
    reviewer = models.ForeignKey(Reviewer, on_delete=models.CASCADE, related_name="comments")
    x = models.PositiveSmallIntegerField(null=True, blank=True)
    y = models.PositiveSmallIntegerField(null=True, blank=True)
    width = models.PositiveSmallIntegerField(null=True, blank=True)
    height = models.PositiveSmallIntegerField(null=True, blank=True)
    from_ms = models.PositiveIntegerField(null=True, blank=True)
    to_ms = models.PositiveIntegerField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        Reviewer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    mentioned = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["share", "created_at"], name="comments_of_share")]

    def __str__(self) -> str:
        return f"{self.reviewer_id}: {self.text[:40]}"


class Pick(models.Model):
    """A reviewer's favourite; in ranked picks, `rank` is 1 for the best, otherwise 0."""

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
