"""Reports: a board as one page for whoever decides."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse

from boards.models import Board
from core.db.json_field import ExactJSONField
from projects.models import InProject, InProjectQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class ReportQuerySet(InProjectQuerySet["Report"]):
    """Filters for reports."""

    def kept(self) -> ReportQuerySet:
        """The reports that are not deleted."""
        return self.filter(deleted_at=None)

    def readable_by(self, user: User | AnonymousUser) -> ReportQuerySet:
        """The reports that the user may read: theirs to see, on boards that are theirs to see."""
        boards = Board.objects.open_to(user).filter(pk=models.OuterRef("board"))
        return self.open_to(user).filter(models.Exists(boards))


class Report(InProject):
    """A report on a board: a question, sentences of its maker, and what the board shows.

    `snapshot` is the board's content (`sharing/reports/content.py`) at `snapshot_at`: a frozen
    report shows it, a live one says what has changed since.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="reports")
    question = models.CharField(max_length=300)
    sentences = ExactJSONField(default=dict, help_text="the maker's own texts, by section")
    snapshot = ExactJSONField(default=dict, help_text="the board's content when it was kept last")
    snapshot_at = models.DateTimeField()
    frozen_at = models.DateTimeField(
        null=True, blank=True, help_text="shows the snapshot since; empty: follows the board"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["project", "-created_at"], name="report_in_project")]

    def __str__(self) -> str:
        return self.question

    def get_absolute_url(self) -> str:
        """Return the address of the report's page."""
        return reverse("sharing:report", args=[self.pk])
