"""A base for admin pages of rows that only the application may create, change or delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.contrib import admin
from django.http import HttpRequest

Action = Literal["add", "change", "delete"]


class RestrictedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Denies the actions in `denied` to everyone, superusers included; its values say why."""

    denied: ClassVar[Mapping[Action, str]] = {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may add rows."""
        return "add" not in self.denied and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change this row, or any."""
        return "change" not in self.denied and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may delete this row, or any."""
        return "delete" not in self.denied and super().has_delete_permission(request, obj)
