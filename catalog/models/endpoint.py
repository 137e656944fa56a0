"""Endpoints, their schemas, and the revision token of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection, models
from django.urls import reverse

from catalog.models.querysets import EndpointQuerySet
from catalog.naming import in_parts, with_version
from core.db.dollars_field import DollarsField


class Mark(models.TextChoices):
    """What the team thinks of an endpoint, as curators say; most have none."""

    APPROVED = "approved"
    EXPERIMENTAL = "experimental"
    BLOCKED = "blocked", "blocked, cannot be run"


class Schema(models.Model):
    """One version of an OpenAPI document, stored once for all endpoints that share it."""

    digest = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of the text")
    document = models.TextField(help_text="the document as JSON text, unchanged")
    first_seen_at = models.DateTimeField(auto_now_add=True)
    facts: Any = models.JSONField(
        null=True,
        blank=True,
        help_text="`facts`, `words` and `inputs` of the document; empty until it is read",
    )
    facts_version = models.PositiveSmallIntegerField(
        default=0, db_index=True, help_text="version of the rules that `facts` were read by"
    )

    def __str__(self) -> str:
        return self.digest[:12]


class Endpoint(models.Model):
    """A runnable model of the catalogue, identified by `endpoint_id` (protocol, 3.3)."""

    endpoint_id = models.CharField("id of the model", max_length=255, unique=True)
    display_name = models.CharField(max_length=255)
    full_name = models.CharField(
        max_length=600,
        default="",
        db_default="",
        blank=True,
        help_text="unique title with version, set by a sync",
    )
    owner = models.CharField(max_length=128, help_text="first part of the id")
    category = models.CharField(max_length=64, blank=True)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=32, default="active")
    tags = models.JSONField(default=list, blank=True)
    license_type = models.CharField(max_length=32, blank=True)
    enterprise_status = models.CharField(
        max_length=32, default="", db_default="", blank=True, help_text="empty: upstream is silent"
    )
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
    median_s = models.FloatField(
        null=True,
        editable=False,
        help_text="median duration of a run here; empty: too few runs",
    )
    published_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True, help_text="as upstream says")
    upstream_updated = models.CharField(
        max_length=64, blank=True, help_text="`updated_at` verbatim: what a sync compares"
    )
    position = models.PositiveIntegerField(default=0, help_text="place in upstream's own order")
    pinned = models.BooleanField(default=False, help_text="upstream shows it before all others")
    highlighted = models.BooleanField(default=False, help_text="upstream recommends it")
    is_favorited = models.BooleanField(
        null=True, blank=True, help_text="of the account whose key the worker has"
    )
    entry_digest = models.CharField(
        max_length=80,
        blank=True,
        help_text="versions of the rules and the listing entry that the columns come from",
    )

    unit_price_usd = models.DecimalField(
        max_digits=14, decimal_places=8, null=True, blank=True, help_text="in `currency`"
    )
    price_unit = models.CharField(max_length=64, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    # `features/spending/prices/` writes these from the costs of this house's runs.
    measured_price = DollarsField(
        null=True, editable=False, help_text="used in place of the list price; empty: it is right"
    )
    measured_unit = models.CharField(
        max_length=64, default="", db_default="", blank=True, editable=False
    )
    measured_runs = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    measured_groups: Any = models.JSONField(
        null=True,
        editable=False,
        help_text="where arguments change it: [{arguments, price, runs}], prices as texts",
    )

    schema = models.ForeignKey(
        Schema, null=True, blank=True, on_delete=models.PROTECT, related_name="endpoints"
    )
    schema_updated = models.CharField(
        max_length=64, blank=True, help_text="`upstream_updated` when the schema was fetched"
    )
    schema_error = models.TextField(blank=True, help_text="why the latest fetch returned no schema")
    facts: Any = models.JSONField(
        default=list, blank=True, help_text="its capabilities as search terms: `in:image`"
    )
    field_words = models.TextField(
        blank=True, help_text="names and descriptions of its fields, used only by the search"
    )
    inputs: Any = models.JSONField(
        default=list,
        blank=True,
        help_text="its fields that take a file or a prompt: path, kind, role, label, required",
    )
    facts_from = models.CharField(
        max_length=80,
        blank=True,
        help_text="versions of the rules and the schema that facts and inputs come from",
    )
    picture = models.ForeignKey(
        "catalog.Picture", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    mark = models.CharField(
        "mark",
        max_length=16,
        choices=Mark,
        blank=True,
        help_text="what curators think of it",
    )
    mark_reason = models.CharField("reason of the mark", max_length=255, blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    marked_at = models.DateTimeField(null=True, blank=True)
    deputy = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,  # models are marked as gone, never deleted
        help_text="takes over from it, as curators decided",
    )
    first_seen_at = models.DateTimeField(auto_now_add=True)
    gone_at = models.DateTimeField(
        null=True, blank=True, help_text="when upstream stopped listing it; runs still point here"
    )

    objects = EndpointQuerySet.as_manager()

    # Why it may not be run in the page's project; `projects/rules/` sets it on the object.
    lock = ""

    # `entry_digest` of the account's workflows: no listing has them, so syncs do not change them.
    OF_ACCOUNT = "account"

    # The values of these columns if the list price is used.
    NOT_MEASURED: ClassVar[Mapping[str, Any]] = {
        "measured_price": None,
        "measured_unit": "",
        "measured_runs": 0,
        "measured_groups": None,
    }

    NAMED_BY = ("endpoint_id", "display_name", "full_name")  # the columns that `name` reads

    class Meta:
        verbose_name = "model"
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
    def name(self) -> str:
        """Its name for people, with its version; no two of a synced catalogue are the same."""
        return self.full_name or with_version(self.display_name, self.endpoint_id)

    @property
    def in_parts(self) -> tuple[str, str]:
        """Its name, and what tells its variants apart: `Kling 1.0` and `text to video`."""
        return in_parts(self.name, with_version(self.display_name, self.endpoint_id))

    @property
    def duration_estimate_s(self) -> float | None:
        """How long upstream expects a run to take, in seconds."""
        return None if self.duration_estimate_min is None else self.duration_estimate_min * 60

    @property
    def retirement(self) -> str:
        """Why people should move to another model, after its name; empty if they need not."""
        if self.gone_at:
            return f"has been gone upstream since {self.gone_at:%-d %B %Y}"
        if self.mark == Mark.BLOCKED:
            return "is blocked: nobody can run it"
        return "is deprecated" if self.status == "deprecated" else ""

    @property
    def retired_at(self) -> datetime:
        """Since when it is retired: as far as upstream says, for a deprecated one."""
        blocked_at = self.marked_at if self.mark == Mark.BLOCKED else None
        return self.gone_at or blocked_at or self.updated_at or self.first_seen_at

    @property
    def is_runnable(self) -> bool:
        """Whether it can be run: upstream lists it, and neither a curator nor a rule forbids it."""
        return self.gone_at is None and self.mark != Mark.BLOCKED and not self.lock

    @property
    def refusal(self) -> str:
        """Why it cannot be run, in a sentence; empty if it can."""
        return self.refusal_everywhere or self.lock

    @property
    def refusal_everywhere(self) -> str:
        """Why no project can run it, whatever its rules; empty if that depends on the rules."""
        if self.mark == Mark.BLOCKED:
            reason = self.mark_reason
            end = "" if reason.endswith((".", "!", "?", "…")) else "."
            return f"This model is blocked and cannot be run: {reason}{end}"
        is_listed = self.gone_at is None
        return "" if is_listed else "Upstream no longer lists this model: it cannot be run."


class ListingEntry(models.Model):
    """An endpoint's entry in upstream's listing, unchanged; no list of endpoints loads it."""

    endpoint = models.OneToOneField(
        Endpoint, primary_key=True, on_delete=models.CASCADE, related_name="entry"
    )
    text = models.TextField(help_text="JSON, unchanged, unknown fields included")

    class Meta:
        verbose_name_plural = "listing entries"

    def __str__(self) -> str:
        return self.text[:80]


class Revision(models.Model):
    """A token that triggers renew with each change of the catalogue (`revision_triggers.py`).

    Rendered fragments are cached under this token, so no stale one is ever shown.
    """

    token = models.CharField(max_length=36)

    def __str__(self) -> str:
        return self.token

    @classmethod
    def current(cls) -> str:
        """The current token; empty before the first write.

        Every page reads it: plain SQL takes half the time of the ORM.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT token FROM catalog_revision WHERE id = 1")
            row = cursor.fetchone()
        return str(row[0]) if row else ""
