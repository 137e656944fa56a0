"""Comments on a board, on one of its rows, or on a cell."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from features.boards.models.board import Board, Cell, Row
from projects.kept.voices.comment import Saying
from projects.kept.voices.participant import OfParticipant


class Comment(Saying, OfParticipant):
    """A comment on its cell if it has one, else on its row if it has one, else on the board."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="comments")
    row = models.ForeignKey(
        Row, null=True, blank=True, on_delete=models.CASCADE, related_name="comments"
    )
    cell = models.ForeignKey(
        Cell, null=True, blank=True, on_delete=models.CASCADE, related_name="comments"
    )
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.board_id}: {self.text[:60]}"
