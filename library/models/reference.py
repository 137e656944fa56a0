"""References: named sets of pictures (`@bottle`), their versions, and the runs that used them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When
from django.urls import reverse

from core.db.json_field import ExactJSONField
from projects.models import InProject, InProjectQuerySet
from projects.models.in_project import is_shown_to
from projects.models.project import private_project
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project


class ReferenceQuerySet(InProjectQuerySet["Reference"]):
    """Filters for references."""

    def kept(self) -> ReferenceQuerySet:
        """Those that are not deleted."""
        return self.filter(deleted_at=None)

    def offered_in(self, project: Project, user: User) -> ReferenceQuerySet:
        """What `@` offers: the project's, what only the user sees of it, then their private ones.

        Of equal names the first is meant. No query for a request's own user.
        """
        private = private_project(user)
        own = Q(project=private)
        rank = Case(
            When(own & ~Q(project=project), then=Value(2)),
            When(is_hidden=True, then=Value(1)),
            default=Value(0),
            output_field=IntegerField(),
        )
        rows = self.kept().filter(own | Q(is_shown_to(user), project=project))
        return rows.annotate(rank=rank).order_by("rank", "key", "created_at", "pk")

    def with_words(self, text: str) -> ReferenceQuerySet:
        """Those that have each of the words in their name or description."""
        rows = self
        for word in text.split():
            rows = rows.filter(Q(key__contains=word.casefold()) | Q(description__icontains=word))
        return rows


class Reference(InProject):
    """A character, product, place or look: up to 20 pictures, a description, perhaps a LoRA."""

    class Kind(models.TextChoices):
        """What it shows."""

        CHARACTER = "character", "Character"
        PRODUCT = "product", "Product"
        PLACE = "place", "Place"
        LOOK = "look", "Look"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PRODUCT)
    name = models.CharField(max_length=40)
    key = models.CharField(max_length=160, help_text="what equal names share: mentions.key_of")
    description = models.TextField(blank=True)
    pictures = ExactJSONField(default=list, help_text="addresses of uploads, the cover first")
    lora = models.CharField(max_length=200, blank=True, help_text="address of a result")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "pk"]
        indexes = [
            models.Index(fields=["project", "-changed_at"], name="reference_in_project"),
            models.Index(fields=["project", "key"], name="reference_by_name"),
        ]

    def __str__(self) -> str:
        return f"@{self.name}"

    def get_absolute_url(self) -> str:
        """Return the address of the reference's page."""
        return reverse("library:reference", args=[self.pk])

    @property
    def cover(self) -> str:
        """Return the address of its first picture; empty without one."""
        return self.pictures[0] if self.pictures else ""


class ReferenceVersion(models.Model):
    """What a reference has or had, and who made it so; the latest is the reference's own."""

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    pictures = ExactJSONField(default=list)
    description = models.TextField(blank=True)
    lora = models.CharField(max_length=200, blank=True)
    change = models.CharField(max_length=200, help_text="since the version before, in words")
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "number"], name="reference_version_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference_id} {self.number}"


class ReferenceRun(models.Model):
    """That a run was given a reference, in which version, and what of it the model took."""

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="uses")
    version = models.PositiveIntegerField()
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    words = models.CharField(max_length=400, help_text="what was used and what was left out")
    is_whole = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "run"], name="reference_run_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reference_id} {self.run_id}"
