"""Data sets, ended trainings, and their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse

from catalog.models import Endpoint
from core.db.json_field import ExactJSONField
from projects.kept.models import Kept, KeptQuerySet
from projects.models.in_project import is_shown_to
from runs.models import Run, Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import Project


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


class Training(models.Model):
    """An ended run of a trainer, with the data set it was trained on."""

    run = models.OneToOneField(
        Run, primary_key=True, on_delete=models.CASCADE, related_name="training"
    )
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.SET_NULL, related_name="trainings"
    )
    trigger_word = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return str(self.run_id)


class WeightsQuerySet(KeptQuerySet["Weights"]):
    """Filters for weights, which are visible only together with their run."""

    def kept(self) -> WeightsQuerySet:
        """Return the weights that are not deleted and whose runs are not deleted."""
        return self.filter(deleted_at=None, training__run__deleted_at=None)

    def in_project(self, project: Project, user: User | AnonymousUser) -> WeightsQuerySet:
        """Return the weights that a member sees in the project."""
        rows, is_own = super().in_project(project, user), project.person_id == user.pk
        return rows if is_own else rows.filter(is_shown_to(user, "training__run__"))

    def shown_to(self, user: User | AnonymousUser) -> WeightsQuerySet:
        """Return the weights that the user sees in all their projects."""
        return super().shown_to(user).filter(is_shown_to(user, "training__run__"))


class Weights(Kept):
    """A file of weights that a training has produced, with a name."""

    slug, route = "weights", "training:weights-page"
    searched = ("name", "training__trigger_word")
    goes_along = True  # moves with its training's run

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="weights"
    )
    training = models.ForeignKey(Training, on_delete=models.CASCADE, related_name="weights")
    position = models.PositiveIntegerField(help_text="of the artifact in the run's output")
    name = models.CharField(max_length=200)

    objects = WeightsQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "weights"
        indexes = [
            models.Index(fields=["user", "-created_at"], name="weights_list"),
            models.Index(fields=["project", "-created_at"], name="weights_in_project"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["training", "position"], name="weights_once_per_file")
        ]

    @property
    def address(self) -> str:
        """Return our address of the file, as used in fields."""
        return reverse("playground:artifact", args=[self.training_id, self.position])
