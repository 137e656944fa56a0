"""Series: named, ordered selections of results, with a cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

from projects.kept.models import Kept, KeptQuerySet
from projects.models.in_project import is_shown_to
from runs.models import Run
from runs.records import counting

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

MAX_NAME_CHARS = 80


class SeriesQuerySet(KeptQuerySet["Series"]):
    """Filters for series."""

    def are_shown_to(self, user: User | AnonymousUser) -> Q:
        """Return the condition that a member sees a series.

        As its name tells of its results, a series with hidden results is visible only to its maker
        and to members who see at least one of its results.
        """
        items = SeriesItem.objects.filter(series=OuterRef("pk"), removed_at=None)
        is_seen = Q(Exists(items.filter(is_shown_to(user, "run__"), run__deleted_at=None)))
        is_any_hidden = Q(Exists(items.filter(run__is_hidden=True)))
        is_own = Q(user_id=user.pk or 0)
        return super().are_shown_to(user) & (is_own | is_seen | ~is_any_hidden)

    def taking_results_of(self, user: User) -> SeriesQuerySet:
        """Return the series, of all projects where the user is a maker, that can take results."""
        rows = self.kept().changeable_by(user).filter(project__archived_at=None)
        return rows.select_related("project")

    def called(self, name: str) -> SeriesQuerySet:
        """Return the series with this name in any case; SQLite ignores the case of ASCII only."""
        exact = Q(name=name) | Q(name=name.lower())
        return self.filter(Q(name__iexact=name) | exact)


class Series(Kept):
    """Results under a name, in a chosen order."""

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

    def touch_contents(self) -> None:
        """Let the record of models count its results again."""
        counting.touch(self.items.values_list("run_id", flat=True))


class SeriesItem(models.Model):
    """One result of a series, at its place; after the result is purged, it stays as a gap."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="items")
    # Without a constraint: the row outlives the run and shows the gap.
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
