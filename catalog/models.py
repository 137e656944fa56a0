"""Which endpoints exist, what they accept, and what people made of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from catalog.querysets import (
    CollectionItemQuerySet,
    CollectionQuerySet,
    EndpointQuerySet,
    FavouriteQuerySet,
)


class Schema(models.Model):
    """One version of an OpenAPI document, kept once whatever the number of endpoints that share it."""

    digest = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of the text")
    document = models.TextField(help_text="the document as JSON text, unchanged")
    first_seen_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest[:12]


class Endpoint(models.Model):
    """One runnable model of the catalogue, addressed by its `endpoint_id` (fal-protocol.md, section 3.3)."""

    endpoint_id = models.CharField(max_length=255, unique=True)
    display_name = models.CharField(max_length=255)
    owner = models.CharField(max_length=128, help_text="first part of the id")
    category = models.CharField(max_length=64, blank=True)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=32, default="active")
    tags = models.JSONField(default=list, blank=True)
    license_type = models.CharField(max_length=32, blank=True)
    kind = models.CharField(max_length=32, blank=True)
    group_key = models.CharField(max_length=128, blank=True)
    group_label = models.CharField(max_length=255, blank=True)
    thumbnail_url = models.TextField(blank=True)
    thumbnail_animated_url = models.TextField(blank=True)
    model_url = models.TextField(blank=True)
    github_url = models.TextField(blank=True)
    stream_url = models.TextField(blank=True)
    training_endpoint_ids = models.JSONField(default=list, blank=True)
    inference_endpoint_ids = models.JSONField(default=list, blank=True)
    duration_estimate_min = models.FloatField(null=True, blank=True, help_text="minutes")
    published_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True, help_text="as upstream says")
    upstream_updated = models.CharField(
        max_length=64, blank=True, help_text="`updated_at` verbatim: what a sync compares"
    )
    position = models.PositiveIntegerField(default=0, help_text="place in upstream's own order")

    unit_price_usd = models.DecimalField(
        max_digits=14, decimal_places=8, null=True, blank=True, help_text="in `currency`"
    )
    price_unit = models.CharField(max_length=64, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    schema = models.ForeignKey(
        Schema, null=True, blank=True, on_delete=models.PROTECT, related_name="endpoints"
    )
    schema_updated = models.CharField(
        max_length=64, blank=True, help_text="`upstream_updated` when the schema was fetched"
    )
    schema_error = models.TextField(blank=True, help_text="why the newest fetch gave no schema")
    first_seen_at = models.DateTimeField(auto_now_add=True)
    gone_at = models.DateTimeField(
        null=True, blank=True, help_text="when upstream stopped listing it; runs still point here"
    )

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["position", "endpoint_id"]
        indexes = [
            models.Index(fields=["category", "position"], name="endpoint_category"),
            models.Index(fields=["group_key"], name="endpoint_group"),
            models.Index(fields=["-published_at"], name="endpoint_newest"),
        ]

    def __str__(self) -> str:
        return self.endpoint_id

    def get_absolute_url(self) -> str:
        """The model's page."""
        return reverse("playground:endpoint", args=[self.endpoint_id])

    @property
    def duration_estimate_s(self) -> float | None:
        """How long upstream expects a run to take, in seconds."""
        return None if self.duration_estimate_min is None else self.duration_estimate_min * 60

    @property
    def is_runnable(self) -> bool:
        """Whether a run can be sent: upstream still lists it."""
        return self.gone_at is None


class Revision(models.Model):
    """A token that the database itself renews whenever the catalogue changes (`search_index.py`).

    What is drawn from the catalogue alone is kept under this token, so nothing stale is ever shown.
    """

    token = models.CharField(max_length=36)

    def __str__(self) -> str:
        return self.token

    @classmethod
    def current(cls) -> str:
        """The token of the catalogue as it is now; empty before anything was written."""
        return cls.objects.values_list("token", flat=True).first() or ""


class Favourite(models.Model):
    """One person's star on one endpoint; kept here, fal has no API for it (section 3.5)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FavouriteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "endpoint"], name="favourite_once_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} ★ {self.endpoint_id}"


class Collection(models.Model):
    """Endpoints that a curator recommends, in an order, for the front page."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    is_published = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    endpoints = models.ManyToManyField(Endpoint, through="CollectionItem", related_name="+")

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The collection's page."""
        return reverse("catalog:collection", args=[self.slug])


class CollectionItem(models.Model):
    """One endpoint's place in a collection, with the curator's note."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="items")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=255, blank=True)

    objects = CollectionItemQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "endpoint"], name="endpoint_once_per_collection"
            )
        ]

    def __str__(self) -> str:
        return str(self.endpoint)


class SyncReport(models.Model):
    """What one sync did: the report that curators read, and the place where a stopped one goes on."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped", "stopped, goes on next time"
        FAILED = "failed"

    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    is_full = models.BooleanField(default=False)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True, help_text="last sign of life")
    listed = models.PositiveIntegerField(default=0, help_text="endpoints that upstream listed")
    schemas_due = models.PositiveIntegerField(default=0)
    schemas_done = models.PositiveIntegerField(default=0)
    new: Any = models.JSONField(default=list, blank=True, help_text="endpoint ids")
    changed: Any = models.JSONField(default=list, blank=True, help_text="endpoint ids")
    gone: Any = models.JSONField(default=list, blank=True, help_text="endpoint ids")
    failed: Any = models.JSONField(default=list, blank=True, help_text="[endpoint id, reason]")
    error = models.TextField(blank=True, help_text="why it stopped or failed")

    class Meta:
        ordering = ["-started_at"]
        get_latest_by = "started_at"
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="running"), name="one_sync_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.state}"
