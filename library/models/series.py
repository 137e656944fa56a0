"""Series: named, ordered selections of results, with a cover."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse

from projects.models import InProject, InProjectQuerySet
from runs.models import Run

MAX_NAME_CHARS = 80


class SeriesQuerySet(InProjectQuerySet["Series"]):
    """Filters for series."""

    def kept(self) -> SeriesQuerySet:
        """Those that are not deleted."""
        return self.filter(deleted_at=None)

    def called(self, name: str) -> SeriesQuerySet:
        """Those of this name, whatever its case; SQLite folds that of ASCII alone."""
        exact = models.Q(name=name) | models.Q(name=name.lower())
        return self.filter(models.Q(name__iexact=name) | exact)


class Series(InProject):
    """Results under a name, in an order that people choose."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=MAX_NAME_CHARS)
    cover = models.ForeignKey(
        "SeriesItem",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="null: its first result",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "pk"]
        verbose_name = "series"
        verbose_name_plural = "series"
        indexes = [models.Index(fields=["project", "-changed_at"], name="series_in_project")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the series' page."""
        return reverse("library:series", args=[self.pk])


class SeriesItem(models.Model):
    """One result of a series, at its place; it stays as a gap when the result is purged."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="items")
    # Without a constraint: the row outlives the run, and says that something was there.
    run = models.ForeignKey(Run, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    position = models.PositiveIntegerField(
        default=0, help_text="of the file among the run's; 0 where the run has none"
    )
    place = models.PositiveIntegerField(help_text="in the series' order; there may be gaps")
    removed_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "run", "position"], name="result_once_in_series"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.run_id}/{self.position}"
