"""Runs, uploads and workers in the admin, to look at; presets, to tidy up."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from playground.models import Preset, Run, Upload, Worker
from schemas.exact import dumps


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the product itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds one by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Runs are kept for ever."""
        return False


@admin.register(Run)
class RunAdmin(ReadOnly):
    """What was run, by whom, and how it went."""

    list_display = ["created_at", "user", "endpoint", "state", "title", "request_id"]
    list_filter = ["state", "created_at"]
    list_select_related = ["user", "endpoint"]
    search_fields = ["title", "request_id", "endpoint__endpoint_id"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without outputs and logs, which may be megabytes."""
        return (
            super()
            .get_queryset(request)
            .defer("output", "output_text", "logs", "arguments", "sent_arguments")
        )


@admin.register(Upload)
class UploadAdmin(ReadOnly):
    """Files that people gave."""

    list_display = ["created_at", "user", "file_name", "content_type", "size_bytes"]
    list_select_related = ["user"]


@admin.register(Worker)
class WorkerAdmin(ReadOnly):
    """Who is at work."""

    list_display = ["name", "started_at", "beat_at", "has_key"]


@admin.register(Preset)
class PresetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Settings under a name: curators rename, share and take away what others saved."""

    list_display = ["name", "endpoint", "user", "is_shared", "updated_at"]
    list_filter = ["is_shared"]
    list_select_related = ["user", "endpoint"]
    search_fields = ["name", "endpoint__endpoint_id", "user__username"]
    fields = ["name", "is_shared", "endpoint", "user", "shown_arguments", "deleted_at"]
    readonly_fields = ["endpoint", "user", "shown_arguments", "deleted_at"]
    show_full_result_count = False

    @admin.display(description="arguments")
    def shown_arguments(self, preset: Preset) -> str:
        """The arguments, to be read: the form is where they are changed."""
        return dumps(preset.arguments)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Presets come from a model's form."""
        return False
