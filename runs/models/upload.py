"""Files that people upload for their runs."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast
from django.urls import reverse

from accounts import permissions
from core.db.json_field import ExactJSONField
from projects.models import InProject, InProjectQuerySet
from runs.models.input_file import having_as_input
from runs.models.querysets import RunQuerySet
from runs.models.run import SHORTEST_S, Artifact, Run
from runs.promises.keeping import Keeps
from runs.promises.registry import registered

_ADDRESS = re.compile(r'"(https?://[^"\\]++)"')


def opening_texts(user_id: int, prefix: str) -> list[str]:
    """Return the JSON texts through which the user opens addresses with this prefix. One query.

    A private file is open while something that its owner shows to others names it: an example, a
    preset or flow for the team, a link. This is looked up each time, never stored: without any of
    them the file is closed again.
    """
    first, *other_queries = (
        rows.annotate(opens=Cast(column, models.TextField()))
        .filter(opens__contains=prefix)
        .order_by()
        .values_list("opens", flat=True)
        for owner in registered(Keeps)
        for rows, column in owner.opened_files(user_id)
    )
    return [*first.union(*other_queries, all=True)]


class UploadQuerySet(InProjectQuerySet["Upload"]):
    """Filters for uploads."""

    def kept(self) -> UploadQuerySet:
        """Return the uploads that are not deleted."""
        return self.filter(deleted_at=None)

    def without_results(self) -> UploadQuerySet:
        """Leave out those that are results in their project: sending one makes an upload of it."""
        is_seen = models.Q(run__is_hidden=False) | models.Q(run__user=models.OuterRef("user"))
        results = Artifact.objects.filter(
            is_seen,
            digest=models.OuterRef("digest"),
            run__project=models.OuterRef("project"),
            run__deleted_at=None,
        )
        return self.filter(~models.Exists(results))

    def forget_addresses_in(self, sent_arguments: str) -> None:
        """Forget upstream's addresses that this JSON text contains: the files are gone there."""
        addresses = set(_ADDRESS.findall(sent_arguments))
        sent = self.filter(upstream_url__in=addresses)
        sent.update(upstream_url="", upstream_at=None, upstream_until=None)


class Upload(InProject):
    """An input file: one row for each person, project and content; a worker sends it upstream."""

    goes_along = True
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    file = models.CharField(max_length=255, help_text="name in our storage")
    file_name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=127)
    size_bytes = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    width = models.PositiveIntegerField(null=True, help_text="of a picture or film")
    height = models.PositiveIntegerField(null=True)
    duration_s = models.FloatField(null=True, help_text="of a film or sound; null: not known")
    shortest_s = models.FloatField(null=True, help_text=SHORTEST_S)
    thumbnail = models.CharField(
        max_length=255, blank=True, help_text="name in our storage; empty until a worker made it"
    )
    measure_at = models.DateTimeField(
        null=True, help_text="when a worker is to look at it; null: it has, or there is no need"
    )
    origin_run = models.UUIDField(
        null=True, help_text="of a frame that was taken from a film: the run that made the film"
    )
    origin_position = models.PositiveIntegerField(null=True, help_text="the film's, in that run")
    origin_at_s = models.FloatField(null=True, help_text="when the frame begins in the film")
    upstream_url = models.TextField(blank=True)
    upstream_at = models.DateTimeField(null=True)
    upstream_until = models.DateTimeField(
        null=True, help_text="when upstream's copy expires; null: by the account's settings"
    )
    deleted_at = models.DateTimeField(
        null=True, help_text="can be undone for a while (`runs/files/upload_deletion.py`)"
    )

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "project", "digest"], name="upload_once_per_content"
            )
        ]
        indexes = [
            models.Index(
                fields=["measure_at"],
                name="upload_to_measure",
                condition=models.Q(measure_at__isnull=False),
            ),
            models.Index(
                fields=["deleted_at"],
                name="upload_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
            models.Index(fields=["digest"], name="upload_by_content"),
            models.Index(fields=["file"], name="upload_by_file"),
            models.Index(
                fields=["origin_run"],
                name="upload_by_film",
                condition=models.Q(origin_run__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        """Return the address of the file."""
        return reverse("playground:upload", args=[self.pk, self.file_name])

    def is_readable_by(self, person: Any) -> bool:
        """Whether a user may read the file; nobody reads a deleted one."""
        return self.deleted_at is None and self.is_open_to(person)

    def is_open_to(self, person: Any) -> bool:
        """Whether a user may read the file unless it is deleted.

        Members of its project may; so may users with the permission to see everybody's runs, in
        shared projects; users who see a run with the file as an input; and everybody while its
        owner shows them something that contains it (`opening_texts`).
        """
        if permissions.may_see_runs(person) and not (self.is_hidden or self.project.is_private):
            return True
        if Upload.objects.shown_to(person).filter(pk=self.pk).exists():
            return True
        return self._is_opened_or_input_of(Run.objects.visible_to(person))

    def is_readable_with(self, row: InProject) -> bool:
        """Whether everybody who sees `row`, such as a board, may read the file."""
        if self.deleted_at:
            return False
        return self.is_shown_with(row) or self._is_opened_or_input_of(
            Run.objects.readable_with(row)
        )

    def _is_opened_or_input_of(self, runs: RunQuerySet) -> bool:
        prefix = f'"/uploads/{self.pk}/'
        return bool(opening_texts(self.user_id, prefix)) or (
            having_as_input(runs, self.pk, prefix, self.user_id).exists()
        )


class UploadReservation(models.Model):
    """Reserved room in a quota while a file is stored (`runs/files/storage_limits.py`)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    size_bytes = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.size_bytes} bytes of {self.user_id}"


class DiscardedContent(models.Model):
    """Content that no row references; its files are deleted later (`runs/files/purge.py`)."""

    digest = models.CharField(primary_key=True, max_length=64)
    files = ExactJSONField(help_text="[names in our storage]")
    discarded_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]
