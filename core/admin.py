"""A base for admin pages of rows that only the application may create, change or delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property

Action = Literal["add", "change", "delete"]


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages through the first `MOST` rows, because counting a million takes a second."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most `MOST`."""
        rows: Any = self.object_list
        return int(rows.order_by()[: self.MOST].count())


class RestrictedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Denies the actions in `denied` to everyone, superusers included; its values say why."""

    denied: ClassVar[Mapping[Action, str]] = {}
    paginator = CappedPaginator

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Return the list, with a subtitle if it ends before the last row."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context and context["cl"].result_count == CappedPaginator.MOST:
            message = (
                f"Only the first {CappedPaginator.MOST:,} are listed: filter or search to find "
                "others."
            )
            context["subtitle"] = message
        return response

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may add rows."""
        return "add" not in self.denied and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change this row, or any."""
        return "change" not in self.denied and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may delete this row, or any."""
        return "delete" not in self.denied and super().has_delete_permission(request, obj)
