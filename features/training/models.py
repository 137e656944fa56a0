"""Data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from catalog.models import Endpoint
from core.db.json_field import ExactJSONField
from projects.kept.models import Kept, KeptQuerySet
from runs.models import Upload

if TYPE_CHECKING:
    pass


class Dataset(Kept):
    """Files with captions, for a trainer."""

    slug, route = "dataset", "training:dataset"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="datasets"
    )
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    trigger_word = models.CharField(max_length=100, blank=True)
    files = ExactJSONField(default=list, help_text="what features/training/data/items.py reads")
    changed_at = models.DateTimeField(auto_now=True)

    objects = KeptQuerySet["Dataset"].as_manager()

    class Meta:
        verbose_name = "data set"
        ordering = ["-changed_at"]
        indexes = [
            models.Index(fields=["user", "-changed_at"], name="dataset_list"),
            models.Index(fields=["project", "-changed_at"], name="dataset_in_project"),
        ]


class DatasetArchive(models.Model):
    """A ZIP made of a data set, which links runs trained with it to the data set."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="archives")
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "upload"], name="archive_once_per_dataset")
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.upload_id}"
