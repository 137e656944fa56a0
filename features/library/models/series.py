"""Series: named, ordered selections of results, with a cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

from projects.kept.models import Kept, KeptQuerySet
from projects.models.in_project import is_shown_to
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

MAX_NAME_CHARS = 80


class SeriesQuerySet(KeptQuerySet["Series"]):
    """Filters for series."""

    def are_shown_to(self, user: User | AnonymousUser) -> Q:
        """Return the condition that a member sees a series: not if all of its results are hidden.

        Its name tells of them. Whoever made it sees it, and whoever sees one of the results.
        """
        items = SeriesItem.objects.filter(series=OuterRef("pk"), removed_at=None)
        is_seen = Q(Exists(items.filter(is_shown_to(user, "run__"), run__deleted_at=None)))
        is_any_hidden = Q(Exists(items.filter(run__is_hidden=True)))
        is_own = Q(user_id=user.pk or 0)
        return super().are_shown_to(user) & (is_own | is_seen | ~is_any_hidden)

    def taking_results_of(self, user: User) -> SeriesQuerySet:
        """Those that the user can add results to: of all projects where they make something."""
        rows = self.kept().changeable_by(user).filter(project__archived_at=None)
        return rows.select_related("project")

    def called(self, name: str) -> SeriesQuerySet:
        """Those of this name, whatever its case; SQLite folds that of ASCII alone."""
        exact = Q(name=name) | Q(name=name.lower())
        return self.filter(Q(name__iexact=name) | exact)


class Series(Kept):
    """Results under a name, in an order that people choose."""

    slug, route = "series", "library:series"
    most_in_project = 2_000

    name = models.CharField(max_length=MAX_NAME_CHARS)
    cover = models.ForeignKey(
        "SeriesItem",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="null: its first result",
    )
    changed_at = models.DateTimeField(auto_now=True)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "pk"]
        verbose_name = "series"
        verbose_name_plural = "series"
        indexes = [models.Index(fields=["project", "-changed_at"], name="series_in_project")]


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
