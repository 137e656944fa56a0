"""Stored form contents: drafts, presets and shared inputs."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse

from catalog.models import Endpoint
from core.db.json_field import ExactJSONField
from projects.kept.models import Kept
from runs.models.querysets import PresetQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_NAME_CHARS = 80  # of a preset


class Draft(models.Model):
    """A browser tab's unsent contents of an endpoint's form, with earlier contents."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+")
    post = ExactJSONField(help_text="the form's controls: {name: [values]}; empty when untouched")
    version = models.PositiveIntegerField(default=0, help_text="raised by each save")
    tab = models.CharField(max_length=64, blank=True, help_text="the browser tab that it is of")
    earlier = ExactJSONField(default=list, help_text="[{post}]: what was replaced, the newest last")
    schema_digest = models.CharField(
        max_length=64, blank=True, help_text="of the schema that the form was drawn by"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "endpoint", "tab"], name="draft_once_per_tab")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.endpoint_id}"


class Preset(Kept):
    """Named arguments for an endpoint, for its project or shared with everybody."""

    slug, route = "preset", ""  # it is shown on the model's page

    id = models.BigAutoField(  # type: ignore[assignment]
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="presets")
    name = models.CharField(max_length=MAX_NAME_CHARS)
    arguments = ExactJSONField()
    is_shared = models.BooleanField(default=False, help_text="everybody may use it")
    is_house_default = models.BooleanField(
        default=False, help_text="fills an untouched form, for everybody"
    )
    schema_digest = models.CharField(
        max_length=64, blank=True, help_text="of the schema it was saved under"
    )
    updated_at = models.DateTimeField(auto_now=True)
    touched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="who changed or deleted it last, where that was not its owner",
    )

    objects = PresetQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "project", "endpoint", "name"],
                condition=models.Q(deleted_at=None),
                name="preset_name_once",
            )
        ]
        indexes = [models.Index(fields=["endpoint", "is_shared"], name="preset_of_endpoint")]
        permissions = [("set_house_default", "Can choose what the house starts with")]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_detail(self) -> str:
        """Return the model to which the preset belongs."""
        return f"of {self.endpoint_id}"

    def make_place(self, user: User) -> Iterable[str]:
        """Take a free name, `name (2)`; stop being the house default if there is another since."""
        siblings = Preset.objects.kept().filter(
            user_id=self.user_id, project_id=self.project_id, endpoint_id=self.endpoint_id
        )
        names = set(siblings.exclude(pk=self.pk).values_list("name", flat=True))
        base, number = self.name, 2
        while self.name in names:
            mark = f" ({number})"
            self.name = f"{base[: MAX_NAME_CHARS - len(mark)]}{mark}"
            number += 1
        if Preset.objects.house_defaults().filter(endpoint_id=self.endpoint_id).exists():
            self.is_house_default = False
        return ("name", "is_house_default")

    def get_absolute_url(self) -> str:
        """Return the address of the model's page with this preset filled in."""
        page = reverse("playground:endpoint", args=[self.endpoint.endpoint_id])
        return f"{page}?preset={self.pk}"


def share_id() -> str:
    """Return a short unguessable id."""
    return secrets.token_urlsafe(12)


class Share(models.Model):
    """Arguments that a link refers to; everyone with the link may read them."""

    id = models.CharField(primary_key=True, max_length=16, default=share_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+")
    arguments = ExactJSONField()
    opens_files = models.BooleanField(
        default=False, help_text="it is a link for others, who may see its author's files in it"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.id

    def get_absolute_url(self) -> str:
        """Return the address of the model's page with these arguments filled in."""
        page = reverse("playground:endpoint", args=[self.endpoint.endpoint_id])
        return f"{page}?saved={self.id}"
