"""Series: results and uploads in a chosen order, with captions; prompts may mention some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.urls import reverse

from catalog.models import Endpoint
from core.refusals import Refused
from features.library.selection import ResultKey
from projects.kept.models import Kept, KeptQuerySet
from projects.models import Project
from projects.models.in_project import is_shown_to
from projects.models.project import private_project
from runs.models import Run, Upload
from runs.records import counting
from schemas.uses.mentions import MAX_NAME_CHARS as MAX_MENTION_CHARS
from schemas.uses.mentions import key_of

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import AnonymousUser, User

MAX_NAME_CHARS = 80
MAX_CAPTION_CHARS = 4_000
MAX_WORDS_CHARS = 2_000
MAX_NOTE_CHARS = 10_000


class MentionTaken(Refused):
    """Another series that the user sees in the project has the name for prompts."""

    field = "mention"

    def __init__(self, mention: str) -> None:
        super().__init__(
            f"There is an @{mention} here already. Choose another name, or change that one."
        )


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

    def has_word(self, word: str) -> Q:
        """Return the condition that a word is in its texts, or in its name for prompts."""
        return super().has_word(word) | Q(mention_key__contains=key_of(word))

    def taking_results_of(self, user: User) -> SeriesQuerySet:
        """Return the series, of all projects where the user is a maker, that can take results."""
        rows = self.kept().changeable_by(user).filter(project__archived_at=None)
        return rows.select_related("project")

    def called(self, name: str) -> SeriesQuerySet:
        """Return the series with this name in any case; SQLite ignores the case of ASCII only."""
        exact = Q(name=name) | Q(name=name.lower())
        return self.filter(Q(name__iexact=name) | exact)

    def mentioned_in(self, project: Project, user: User) -> SeriesQuerySet:
        """Return what `@` offers: the project's named series, then hidden and private ones.

        Of equal names, the first one counts. No query for a request's own user.
        """
        own = Q(project=private_project(user))
        rank = Case(
            When(own & ~Q(project=project), then=Value(2)),
            When(is_hidden=True, then=Value(1)),
            default=Value(0),
            output_field=IntegerField(),
        )
        rows = self.offered_in(project, user).exclude(mention_key="")
        return rows.annotate(rank=rank).order_by("rank", "mention_key", "created_at", "pk")

    def namesakes(self, user: User, project: Project, mention: str) -> SeriesQuerySet:
        """Return the series with this name for prompts that the user sees in the project."""
        return self.kept().in_project(project, user).filter(mention_key=key_of(mention))

    def require_free(self, user: User, project: Project, mention: str) -> None:
        """Raise MentionTaken if a series that the user sees in the project has the name.

        Hidden series do not count, as that would reveal their names. Simultaneous requests wait
        for the lock on the project's row. A move between projects may still lead to equal names:
        then the order of `mentioned_in` decides, and their pages say so.
        """
        Project.objects.select_for_update().get(pk=project.pk)
        if self.namesakes(user, project, mention).exists():
            raise MentionTaken(mention)


class Series(Kept):
    """Results and uploads under a name, in a chosen order.

    With a `mention`, prompts and fields for pictures use it as `@bottle`.
    """

    slug, route = "series", "library:series"
    most_in_project = 2_000
    searched = ("name", "note", "words")

    name = models.CharField(max_length=MAX_NAME_CHARS)
    note = models.TextField(blank=True, max_length=MAX_NOTE_CHARS)
    mention = models.CharField(
        "name for prompts", max_length=MAX_MENTION_CHARS, blank=True, help_text="without its @"
    )
    mention_key = models.CharField(
        max_length=160, blank=True, help_text="what equal names share: mentions.key_of"
    )
    words = models.TextField(
        "words for prompts",
        blank=True,
        max_length=MAX_WORDS_CHARS,
        help_text="replace the name in a prompt",
    )
    cover = models.ForeignKey(
        "SeriesItem",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="null: its first result or upload",
    )
    changed_at = models.DateTimeField(auto_now=True)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "pk"]
        verbose_name = "series"
        verbose_name_plural = "series"
        indexes = [
            models.Index(fields=["project", "-changed_at"], name="series_in_project"),
            models.Index(
                fields=["project", "mention_key"],
                name="series_by_mention",
                condition=~models.Q(mention_key=""),
            ),
        ]

    def touch_contents(self) -> None:
        """Let the record of models count its results again."""
        results = self.items.exclude(run=None)
        counting.touch(results.values_list("run_id", flat=True))

    def make_place(self, user: User) -> Iterable[str]:
        """Raise MentionTaken if another series has taken its name for prompts meanwhile."""
        if self.mention_key:
            Series.objects.require_free(user, self.project, self.mention)
        return ()


class SeriesItem(models.Model):
    """One result or upload of a series, at its place; a purged result stays as a gap."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="items")
    # Without a constraint: the row outlives the run and shows the gap.
    run = models.ForeignKey(
        Run,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        help_text="null: it is an upload",
    )
    position = models.PositiveIntegerField(
        default=0, help_text="of the file among the run's; 0 where the run has none"
    )
    upload = models.ForeignKey(
        Upload, null=True, blank=True, on_delete=models.CASCADE, related_name="series_items"
    )
    file_name = models.CharField(
        max_length=255,
        blank=True,
        help_text="of an upload, in a ZIP: `cat_mask.png` is the mask of `cat.png`",
    )
    caption = models.TextField(blank=True, max_length=MAX_CAPTION_CHARS)
    is_expected = models.BooleanField(
        default=False, help_text="stands for the results of a run that has not ended"
    )
    place = models.PositiveIntegerField(help_text="in the series' order; there may be gaps")
    removed_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "run", "position"], name="result_once_in_series"
            ),
            # One picture may be the mask of several others, each time with another name.
            models.UniqueConstraint(
                fields=["series", "upload", "file_name"], name="upload_once_in_series"
            ),
            models.CheckConstraint(
                condition=models.Q(run=None) ^ models.Q(upload=None), name="result_or_upload"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.upload_id or f'{self.run_id}/{self.position}'}"

    @property
    def key(self) -> ResultKey | uuid.UUID:
        """Return the key of its result, or of its upload."""
        return self.upload_id or ResultKey(cast("uuid.UUID", self.run_id), self.position)

    @property
    def address(self) -> str:
        """Return the address of its file, as inputs of runs name it."""
        if self.upload:
            return self.upload.get_absolute_url()
        return reverse("playground:artifact", args=[self.run_id, self.position])


class Destination(models.Model):
    """New results of a page, a board or a whole project go to a series until somebody ends it.

    A page's is its user's alone and has an `endpoint`; a project's has neither that nor a `board`.
    """

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="destinations")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    endpoint = models.ForeignKey(Endpoint, null=True, on_delete=models.CASCADE, related_name="+")
    board = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"{self.project_id} {self.endpoint_id or self.board or ''} → {self.series_id}"
