"""Runs, uploads and workers in the admin, read-only; and presets, which curators may edit."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.models import Endpoint
from catalog.models.querysets import CATALOGUE_ONLY
from core.admin import RestrictedAdmin
from core.db.name_order import by_name
from core.formatting import duration, size
from fal.db_safe import db_safe_text
from runs.costs import known_costs
from runs.models import Preset, Run, Upload, Worker
from runs.models.querysets import heavy_columns
from schemas.exact import dumps

SHOWN = ("metrics",)  # the heavy columns that the admin loads
# What a user asked for and got is on the run's own page, for those who may read it.
PRIVATE = {"title", "error", "note"}
HIDDEN = {*heavy_columns(but=SHOWN), *PRIVATE, "webhook_token", "form_token"}


class OwnerFilter(admin.RelatedFieldListFilter):
    """Filters by the users who own such rows, without reading every row to find them."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return the users as (key, name)."""
        rows = model_admin.model._default_manager.filter(user=OuterRef("pk"))
        owners = User.objects.filter(Exists(rows)).order_by(by_name("username"), "pk")
        return list(owners.values_list("pk", "username"))


class StateFilter(admin.ChoicesFieldListFilter):
    """Filters by state, using the index on the state."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the runs in the chosen state."""
        states = [*(self.lookup_val or ())]
        return queryset.in_state(states[0]) if states else queryset


class ReadOnly(RestrictedAdmin):
    """Admin of rows that only the application writes."""

    denied = {
        "add": "only the application creates them",
        "change": "only the application changes them",
        "delete": "runs are deleted on their own pages, where that can be undone",
    }
    show_full_result_count = False


@admin.register(Run)
class RunAdmin(ReadOnly):
    """Lists runs with their user, cost and failure."""

    list_display = [
        "created_at",
        "page_link",
        "user",
        "endpoint",
        "state",
        "took",
        "cost",
        "why_failed",
    ]
    list_display_links = ["created_at"]
    sortable_by = ["created_at"]  # no index could sort a million runs by the other columns
    list_filter = [
        ("state", StateFilter),
        "created_at",
        ("user", OwnerFilter),
        "is_example",
        ("deleted_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ()  # see `get_queryset`
    list_per_page = 50
    search_fields = ["title"]  # shows the search box; `get_search_results` decides what is searched

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Return the runs of the users or models with this name, else those with this id or text.

        The queries run one after the other, since no index answers all of them at once.
        """
        term = db_safe_text(search_term.strip())
        if not term:
            return queryset, False
        users = list(User.objects.filter(username=term).values_list("pk", flat=True))
        endpoints = Endpoint.objects.filter(endpoint_id__icontains=term)
        by_user_or_model = Q(user_id__in=users) | Q(
            endpoint_id__in=list(endpoints.values_list("pk", flat=True))
        )
        by_id = ~Q(request_id="") & Q(request_id=term)
        for runs in (queryset.filter(by_user_or_model), queryset.filter(by_id)):
            if runs.exists():
                return runs, False
        return queryset.within_reach_of(request.user).containing(term), False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return runs without their outputs and logs, which may be megabytes."""
        runs: Any = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("changelist")
        if not is_list:
            return runs.light(*SHOWN)
        # Users, models and costs are not joined: SQLite would start with them and sort all runs.
        endpoints = Endpoint.objects.defer(*CATALOGUE_ONLY)
        return runs.light().prefetch_related("user", "charge", Prefetch("endpoint", endpoints))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return the columns to show; the input and the result are on the run's page."""
        own = [field.name for field in Run._meta.fields if field.name not in HIDDEN]
        return ["page_link", "cost", "why_failed", *own]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return all fields."""
        return self.get_fields(request, obj)

    @admin.display(description="run")
    def page_link(self, run: Run) -> SafeString:
        """Return a link to the run's page, which checks what the admin may read."""
        return format_html('<a href="{}">open</a>', run.get_absolute_url())

    @admin.display(description="took")
    def took(self, run: Run) -> str:
        """Return the time from the run's creation to its end."""
        return duration(run.ended_at - run.created_at) if run.ended_at else ""

    @admin.display(description="cost")
    def cost(self, run: Run) -> str:
        """Return the cost of the run and the source of that figure."""
        return known_costs.in_words(run)

    @admin.display(description="why it failed")
    def why_failed(self, run: Run) -> str:
        """Return the kind of failure, not its message, which may repeat the input; else empty."""
        return str((run.error or {}).get("type", "")) if run.state == Run.State.FAILED else ""


@admin.register(Upload)
class UploadAdmin(ReadOnly):
    """Lists uploaded files, without the names that people gave them."""

    list_display = ["created_at", "user", "content_type", "readable_size"]
    list_filter = [("user", OwnerFilter)]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    fields = ["created_at", "user", "content_type", "readable_size"]

    @admin.display(description="size", ordering="size_bytes")
    def readable_size(self, upload: Upload) -> str:
        """Return the size with its unit."""
        return size(upload.size_bytes)


@admin.register(Worker)
class WorkerAdmin(ReadOnly):
    """Lists the worker processes."""

    list_display = ["name", "started_at", "beat_at", "has_key", "trouble"]


@admin.register(Preset)
class PresetAdmin(RestrictedAdmin):
    """Presets: curators rename, share and remove those of other people."""

    denied = {"add": "presets are created from a model's form"}

    list_display = ["name", "endpoint", "user", "is_shared", "is_house_default", "updated_at"]
    list_filter = ["is_shared", "is_house_default"]
    list_select_related = ["user", "endpoint"]
    search_fields = ["name", "endpoint__endpoint_id", "user__username"]
    fields = ["name", "is_shared", "endpoint", "user", "shown_arguments", "deleted_at"]
    readonly_fields = ["endpoint", "user", "shown_arguments", "deleted_at"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the presets that the curator can see elsewhere too: own ones and shared ones."""
        presets: Any = super().get_queryset(request)
        visible_presets = Preset.objects.shown_to(request.user).values("pk")
        return presets.filter(Q(pk__in=visible_presets) | Q(is_shared=True))

    @admin.display(description="arguments")
    def shown_arguments(self, preset: Preset) -> str:
        """Return the arguments as text; they are changed in the model's form."""
        return dumps(preset.arguments)
