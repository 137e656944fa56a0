"""Tags of results: the words by which a project finds them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef

from projects.models import Project
from runs.models import Run

if TYPE_CHECKING:
    from runs.models.querysets import RunQuerySet

MAX_TAG_CHARS = 40


class TagQuerySet(models.QuerySet["Tag"]):
    """Filters for tags."""

    def kept(self) -> TagQuerySet:
        """Those that are not removed."""
        return self.filter(removed_at=None)

    def on(self, runs: RunQuerySet) -> TagQuerySet:
        """Those that a result of these runs has in its project.

        So that nobody learns a word from what they cannot see.
        """
        tagged = TaggedResult.objects.filter(
            tag=OuterRef("pk"), run__in=runs.order_by(), run__project=OuterRef("project")
        )
        return self.filter(Exists(tagged))


class Tag(models.Model):
    """A word of a project for its results, in lower case."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=MAX_TAG_CHARS)
    removed_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="tag_once_in_project"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_name(self) -> str:
        """Return its name for the audit log, which admins read; without what is private."""
        return f"private tag {self.pk}" if self.project.is_private else self.name


class TaggedResult(models.Model):
    """That a result has a tag: a file of a run, or a run without files.

    Where the run lives in another project than the tag, nobody sees it (`library/tags/editing.py`).
    """

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="results")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(
        default=0, help_text="of the file among the run's; 0 where the run has none"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tag", "run", "position"], name="tag_once_on_each_result"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tag_id} {self.run_id}/{self.position}"
