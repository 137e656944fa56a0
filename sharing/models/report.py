"""Reports: a board as one page for whoever decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from boards.models import Board
from core.db.json_field import ExactJSONField
from kept.models import Kept, KeptQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class ReportQuerySet(KeptQuerySet["Report"]):
    """Filters for reports."""

    def readable_by(self, user: User | AnonymousUser) -> ReportQuerySet:
        """The reports that the user may read: theirs to see, on boards that are theirs to see."""
        boards = Board.objects.open_to(user).filter(pk=models.OuterRef("board"))
        return self.open_to(user).filter(models.Exists(boards))


class Report(Kept):
    """A report on a board: a question, sentences of its maker, and what the board shows.

    `snapshot` is the board's content (`sharing/reports/content.py`) at `snapshot_at`: a frozen
    report shows it, a live one says what has changed since.
    """

    slug, route, searched = "report", "sharing:report", ("question",)
    is_shared = True
    moves_alone = False  # but with its board

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="reports")
    question = models.CharField(max_length=300)
    sentences = ExactJSONField(default=dict, help_text="the maker's own texts, by section")
    snapshot = ExactJSONField(default=dict, help_text="the board's content when it was kept last")
    snapshot_at = models.DateTimeField()
    frozen_at = models.DateTimeField(
        null=True, blank=True, help_text="shows the snapshot since; empty: follows the board"
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["project", "-created_at"], name="report_in_project")]
