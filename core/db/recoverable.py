"""Rows that can be brought back for a day after their deletion, and then go for good."""

from __future__ import annotations

from typing import Any, TypeVar

from django.apps import apps
from django.db import models
from django.utils import timezone

from core.periods import UNDO_WITHIN
from core.refusals import Refused

Row = TypeVar("Row", bound=models.Model, covariant=True)


class NotDeleted(models.Manager[Row]):
    """Leaves out what is deleted, also of a row's related rows."""

    def get_queryset(self) -> Any:
        """Return the rows that are not deleted."""
        return super().get_queryset().filter(deleted_at=None)


class Recoverable(models.Model):
    """A row that `remove` takes out of sight, and `bring_back` restores for a day.

    Its `objects` are a `NotDeleted` manager.
    """

    deleted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="can be undone for a day"
    )

    with_deleted = models.Manager()

    class Meta:
        abstract = True

    def remove(self) -> None:
        """Delete the row so that it can be brought back."""
        self.deleted_at = timezone.now()
        self.save(update_fields=["deleted_at"])

    def bring_back(self) -> None:
        """Undo the deletion; raises Refused if it was too long ago."""
        if self.deleted_at and self.deleted_at < timezone.now() - UNDO_WITHIN:
            raise Refused("It was deleted too long ago to be brought back.")
        self.deleted_at = None
        self.save(update_fields=["deleted_at"])


def purge() -> None:
    """Delete for good what cannot be brought back any more."""
    for model in apps.get_models():
        if issubclass(model, Recoverable):
            model.with_deleted.filter(deleted_at__lt=timezone.now() - UNDO_WITHIN).delete()
