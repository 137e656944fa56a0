"""Comments on a board, on one of its rows, or on a cell: threads of one level."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from boards.models.board import Board, Cell, Row
from boards.models.participation import OfParticipant

MAX_CHARS = 5000


class CommentQuerySet(models.QuerySet["Comment"]):
    """Filters for comments."""

    def kept(self) -> CommentQuerySet:
        """The comments that are not deleted."""
        return self.filter(deleted_at=None)


class Comment(OfParticipant):
    """What somebody wrote: on a cell if it has one, else on a row, else on the board."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="comments")
    row = models.ForeignKey(
        Row, null=True, blank=True, on_delete=models.CASCADE, related_name="comments"
    )
    cell = models.ForeignKey(
        Cell, null=True, blank=True, on_delete=models.CASCADE, related_name="comments"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies",
        help_text="the comment that it answers; empty: it begins a thread",
    )  # fmt: skip
    text = models.TextField(max_length=MAX_CHARS)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True, help_text="of a thread's first one")
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.board_id}: {self.text[:60]}"
