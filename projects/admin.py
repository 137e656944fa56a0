"""Projects in the admin, where members can be changed if no manager is left."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from core.admin import RestrictedAdmin
from projects.models import Membership, Project

NO_MANAGER = "A project needs a manager whose account is active."


class MembersFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The members of a project, at least one of them an active manager."""

    def clean(self) -> None:
        """Raise ValidationError if nobody could manage the project afterwards."""
        super().clean()
        rows = [form.cleaned_data for form in self.forms if hasattr(form, "cleaned_data")]
        members = [row for row in rows if row.get("user") and not row.get("DELETE")]
        if not any(row["role"] == "manager" and row["user"].is_active for row in members):
            raise ValidationError(NO_MANAGER)


class MembersInline(admin.TabularInline):  # type: ignore[type-arg]
    """The members on a project's page; those of a private project cannot be changed."""

    model = Membership
    formset = MembersFormSet
    extra = 0
    autocomplete_fields = ["user"]
    readonly_fields = ["joined_at"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether members may be added."""
        return _is_shared(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether roles may be changed."""
        return _is_shared(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether members may be removed."""
        return _is_shared(obj) and super().has_delete_permission(request, obj)


@admin.register(Project)
class ProjectAdmin(RestrictedAdmin):
    """Projects with their members; private ones are read-only."""

    denied = {
        "add": "the person who creates a project on its page is its first manager",
        "delete": "its page says what still lives in it",
    }
    list_display = ["name", "slug", "person", "created_at", "archived_at"]
    list_filter = [
        ("person", admin.EmptyFieldListFilter),
        ("archived_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["person"]
    search_fields = ["name", "slug", "person__username"]
    fields = [
        *("name", "slug", "person", "description", "hides_new_runs", "retention_days"),
        *("files_days", "fal_keeps", "deputies_take_over", "created_at", "archived_at"),
    ]
    readonly_fields = ["slug", "person", "created_at", "archived_at"]
    inlines = [MembersInline]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the project may be changed; never a private one."""
        return _is_shared(obj) and super().has_change_permission(request, obj)


def _is_shared(project: Any) -> bool:
    return project is None or not project.is_private
