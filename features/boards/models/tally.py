"""Judgements per board, counted by pairs of models. The house's leaderboard adds them up."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import F

from catalog.models import Endpoint
from features.boards.models.board import Board
from features.boards.models.vote import TAG_CHARS


class BoardTallyQuerySet(models.QuerySet["BoardTally"]):
    """Filters for the tallies of boards."""

    def judged(self, board_id: uuid.UUID) -> None:
        """Mark the board's tally as due, in the transaction that changes votes or winners.

        One update; two and an insert at a board's first judgement. A vote never waits for a
        count: the worker counts (`features/boards/leaderboard/counting.py`).
        """
        row = self.filter(pk=board_id)
        if not row.update(changes=F("changes") + 1):
            self.bulk_create([BoardTally(board_id=board_id)], ignore_conflicts=True)
            row.update(changes=F("changes") + 1)

    def due(self) -> BoardTallyQuerySet:
        """Return the tallies of boards whose judgements have changed since the last count."""
        return self.exclude(changes=F("counted"))


class BoardTally(models.Model):
    """The state of counting a board's judgements."""

    board = models.OneToOneField(
        Board, primary_key=True, on_delete=models.CASCADE, related_name="tally"
    )
    changes = models.PositiveIntegerField(default=0, help_text="number of changes of judgements")
    counted = models.PositiveIntegerField(default=0, help_text="`changes` when it was counted last")
    counted_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(
        default=0, help_text="number of counts with a new outcome; 0: nothing was ever to count"
    )
    figures: Any = models.JSONField(
        default=dict, help_text="key of a model → [[dollars, seconds], …] of its results"
    )

    objects = BoardTallyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "board tallies"

    def __str__(self) -> str:
        return f"{self.board_id}: {self.version}"


class Tally(models.Model):
    """The comparisons of two models on a board: all (`tag` is empty), or those of one tag."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="tallies")
    first = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="+", help_text="has the smaller key"
    )
    second = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+")
    tag = models.CharField(max_length=TAG_CHARS, blank=True)
    first_wins = models.PositiveIntegerField(default=0)
    second_wins = models.PositiveIntegerField(default=0)
    ties = models.PositiveIntegerField(default=0)
    by_guests = models.PositiveIntegerField(default=0, help_text="how many of all three")
    last_at = models.DateTimeField(help_text="when they were compared last")

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["board", "tag", "first", "second"], name="tally_once_per_pair"
            )
        ]

    def __str__(self) -> str:
        return f"{self.board_id}: {self.first_id} {self.first_wins}:{self.second_wins}"
