"""Rows requested by people who may not run anything."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.db.json_field import ExactJSONField
from features.boards.models.board import Board, Row
from projects.kept.voices.participant import OfParticipant


class RowRequestQuerySet(models.QuerySet["RowRequest"]):
    """Filters for requested rows."""

    def waiting(self) -> RowRequestQuerySet:
        """Return the undecided requests."""
        return self.filter(decided_at=None)

    def left_out(self) -> RowRequestQuerySet:
        """Return the requests that a maker has declined; they can still be run."""
        return self.filter(decided_at__isnull=False, row=None)


class RowRequest(OfParticipant):
    """An input that waits for a maker, who may make it a row and pay for its runs."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="row_requests")
    label = models.CharField(max_length=300, blank=True)
    values = ExactJSONField(default=dict, help_text="as of a row")
    digest = models.CharField(max_length=64, help_text="of the values")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    row = models.ForeignKey(
        Row, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="what it became; empty: it waits, or was left out",
    )  # fmt: skip

    objects = RowRequestQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["board", "digest"],
                condition=models.Q(decided_at=None),
                name="row_requested_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.board_id}: {self.label}"
