"""Comments on a share or on a place in what it shows."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from sharing.models.reviewer import Reviewer
from sharing.models.share import Share, ShareItem

MAX_TEXT_CHARS = 5000


class Comment(models.Model):
    """What a reviewer said of the share, or of an item: of a point, a moment or a span of it.

    `x` and `y` are a point of the picture or frame, in thousandths of its width and height;
    `from_ms` and `to_ms` a moment or span of a film or sound, in milliseconds. An answer has a
    `parent`, which has none itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="comments")
    item = models.ForeignKey(
        ShareItem, null=True, blank=True, on_delete=models.CASCADE, related_name="comments"
    )
    reviewer = models.ForeignKey(Reviewer, on_delete=models.CASCADE, related_name="comments")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies"
    )
    text = models.TextField(max_length=MAX_TEXT_CHARS)
    x = models.PositiveSmallIntegerField(null=True, blank=True)
    y = models.PositiveSmallIntegerField(null=True, blank=True)
    from_ms = models.PositiveIntegerField(null=True, blank=True)
    to_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        Reviewer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")
    mentioned = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["share", "created_at"], name="comments_of_share")]

    def __str__(self) -> str:
        return f"{self.reviewer_id}: {self.text[:40]}"
