"""Admin pages of endpoints, pictures, notes, changes and sync reports."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.admin.collections import CollectionAdmin
from catalog.models import (
    Change,
    Collection,
    Endpoint,
    Favourite,
    Note,
    Picture,
    SyncReport,
)
from catalog.models.querysets import CARD
from catalog.pictures import picture_registry
from core.admin import RestrictedAdmin

SHOWN_AT_MOST = 200

admin.site.register(Collection, CollectionAdmin)


@admin.register(Endpoint)
class EndpointAdmin(RestrictedAdmin):
    """Models, read-only because upstream defines them; curators mark them in the gallery."""

    denied = {
        "add": "only a sync adds models",
        "delete": "runs refer to models, so removed ones are marked as gone",
    }

    list_display = [
        "endpoint_id",
        "display_name",
        "category",
        "status",
        "mark",
        "price",
        "is_listed",
        "schema_state",
    ]
    list_filter = [
        "mark",
        "status",
        "kind",
        "license_type",
        ("gone_at", admin.EmptyFieldListFilter),
        "category",
    ]
    search_fields = ["endpoint_id", "display_name", "description"]
    list_per_page = 100
    show_full_result_count = False
    ordering = ["position", "endpoint_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """Leave out schema documents and the long texts that the list does not show."""
        endpoints: QuerySet[Endpoint] = super().get_queryset(request)
        texts = ("schema__document", "schema__facts", "field_words", "facts", "description")
        return endpoints.select_related("schema").defer(*texts)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Endpoint], search_term: str
    ) -> tuple[QuerySet[Endpoint], bool]:
        """Load only the columns that the autocomplete field shows."""
        endpoints, has_duplicates = super().get_search_results(request, queryset, search_term)
        is_choice = request.path.endswith("/autocomplete/")
        return (
            endpoints.select_related(None).only(*CARD) if is_choice else endpoints
        ), has_duplicates

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return every field."""
        return [field.name for field in Endpoint._meta.fields]

    @admin.display(description="price", ordering="unit_price_usd")
    def price(self, endpoint: Endpoint) -> str:
        """The price with its unit."""
        if endpoint.unit_price_usd is None:
            return "unknown"
        return (
            f"{endpoint.unit_price_usd.normalize():f} {endpoint.currency} / {endpoint.price_unit}"
        )

    @admin.display(description="listed", boolean=True, ordering="gone_at")
    def is_listed(self, endpoint: Endpoint) -> bool:
        """Whether upstream still lists it."""
        return endpoint.gone_at is None

    @admin.display(description="schema")
    def schema_state(self, endpoint: Endpoint) -> str:
        """The schema's version, or the reason why there is none."""
        return endpoint.schema_error or (endpoint.schema_id or "missing")[:12]


@admin.register(Favourite)
class FavouriteAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Favourites."""

    list_display = ["endpoint", "user", "created_at"]
    list_filter = ["user"]
    search_fields = ["endpoint__endpoint_id", "user__username"]
    autocomplete_fields = ["endpoint", "user"]
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Favourite]:
        """Load names with the rows, but not the endpoints' other columns."""
        names = ("user", "created_at", "endpoint__endpoint_id", "user__username")
        return super().get_queryset(request).select_related("endpoint", "user").only(*names)


@admin.register(Picture)
class PictureAdmin(RestrictedAdmin):
    """Thumbnails: stored and queued ones, and why others failed."""

    denied = {
        "add": "only the worker adds pictures",
        "delete": "the worker deletes unused pictures",
    }

    list_display = ["url", "state", "moves", "size_bytes", "attempts", "next_try_at", "error"]
    list_filter = ["state"]
    search_fields = ["url", "animated_url", "error"]
    list_per_page = 100
    show_full_result_count = False
    ordering = ["state", "url"]
    actions = ["fetch_again"]

    @admin.display(description="moves", boolean=True)
    def moves(self, picture: Picture) -> bool:
        """Whether the picture has a clip."""
        return bool(picture.clip)

    @admin.action(description="Ask upstream for it again", permissions=["change"])
    def fetch_again(self, request: HttpRequest, pictures: QuerySet[Picture]) -> None:
        """Fetch again; the stored picture stays in use until then."""
        number = picture_registry.retry(pictures)
        self.message_user(request, f"The worker fetches {number} thumbnails again.")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return every field."""
        return [field.name for field in Picture._meta.fields]


@admin.register(Note)
class NoteAdmin(RestrictedAdmin):
    """Users' notes on models: can be read and, if necessary, deleted here."""

    denied = {"add": "notes are written on a model's page"}

    list_display = ["__str__", "endpoint", "user", "created_at"]
    search_fields = ["text", "endpoint__endpoint_id", "user__username"]
    readonly_fields = ["endpoint", "user", "text", "created_at", "edited_at"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Note]:
        """Load names with the rows, but not the endpoints' other columns."""
        names = ("user__username", "endpoint__endpoint_id")
        own = [field.name for field in Note._meta.fields]
        return super().get_queryset(request).select_related("user", "endpoint").only(*own, *names)


class _WrittenBySyncs(RestrictedAdmin):
    """Read-only admin for rows that syncs write."""

    denied = {
        "add": "only a sync adds rows",
        "change": "they say what a sync found",
        "delete": "syncs delete the oldest",
    }

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return every field."""
        return self.fields


@admin.register(Change)
class ChangeAdmin(_WrittenBySyncs):
    """The change log, read-only; the oldest entries are deleted after syncs."""

    list_display = ["at", "endpoint", "kind", "weight", "summary"]
    list_filter = ["kind", "weight", "at"]
    search_fields = ["endpoint__endpoint_id", "endpoint__display_name"]
    fields = ["at", "endpoint", "kind", "weight", "all_lines", "was_id", "now_id"]
    list_per_page = 100
    show_full_result_count = False
    ordering = ["-at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        """Load the endpoint's name with the rows, but no schema documents."""
        own = [field.name for field in Change._meta.concrete_fields]
        changes = super().get_queryset(request).select_related("endpoint")
        return changes.only(*own, "endpoint__endpoint_id")

    @admin.display(description="was")
    def was_id(self, change: Change) -> str:
        """The digest of the previous version."""
        return change.was_id or "none"

    @admin.display(description="is now")
    def now_id(self, change: Change) -> str:
        """The digest of the new version."""
        return change.now_id or "none"

    @admin.display(description="says")
    def summary(self, change: Change) -> str:
        """The first line, and the number of further ones."""
        sentences = _sentences(change)
        if len(sentences) > 1:
            return f"{sentences[0]} (and {len(sentences) - 1} more)"
        return "".join(sentences)

    @admin.display(description="lines")
    def all_lines(self, change: Change) -> SafeString | str:
        """Every line."""
        return _lines(_sentences(change))


def _sentences(change: Change) -> list[str]:
    return [f"{line['field']} {line['said']}".strip() for line in change.lines or []]


@admin.register(SyncReport)
class SyncReportAdmin(_WrittenBySyncs):
    """Reports of syncs."""

    list_display = [
        "started_at",
        "state",
        "listed",
        "new_count",
        "changed_count",
        "gone_count",
        "failed_count",
        "schemas",
        "error",
    ]
    list_filter = ["state"]
    fields = [
        "state",
        "is_full",
        "started_at",
        "ended_at",
        "beat_at",
        "listed",
        "schemas",
        "error",
        "new_ids",
        "changed_ids",
        "gone_ids",
        "failures",
    ]

    @admin.display(description="schemas")
    def schemas(self, report: SyncReport) -> str:
        """Fetched schemas, and the number that was due."""
        return f"{report.schemas_done} of {report.schemas_due}"

    @admin.display(description="new")
    def new_count(self, report: SyncReport) -> int:
        """Number of new models."""
        return len(report.new)

    @admin.display(description="changed")
    def changed_count(self, report: SyncReport) -> int:
        """Number of changed models."""
        return len(report.changed)

    @admin.display(description="gone")
    def gone_count(self, report: SyncReport) -> int:
        """Number of models that are gone."""
        return len(report.gone)

    @admin.display(description="failed")
    def failed_count(self, report: SyncReport) -> int:
        """Number of failures."""
        return len(report.failed)

    @admin.display(description="new models")
    def new_ids(self, report: SyncReport) -> SafeString | str:
        """Ids of new models, one per line."""
        return _lines(report.new)

    @admin.display(description="changed models")
    def changed_ids(self, report: SyncReport) -> SafeString | str:
        """Ids of changed models, one per line."""
        return _lines(report.changed)

    @admin.display(description="models gone")
    def gone_ids(self, report: SyncReport) -> SafeString | str:
        """Ids of models that are gone, one per line."""
        return _lines(report.gone)

    @admin.display(description="failures")
    def failures(self, report: SyncReport) -> SafeString | str:
        """What failed, and why."""
        return _lines([": ".join(map(str, entry)) for entry in report.failed])


def _lines(texts: list[str]) -> SafeString | str:
    if not texts:
        return "none"
    items = format_html_join("", "<li>{}</li>", ((text,) for text in texts[:SHOWN_AT_MOST]))
    unlisted = len(texts) - SHOWN_AT_MOST
    return format_html("<ul>{}</ul>{}", items, f"and {unlisted} more" if unlisted > 0 else "")
