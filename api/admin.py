"""The admin of API tokens: lists them; deleting one invalidates it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from api.models import Token


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Tokens without their secret part; users create their own."""

    list_display = ("name", "user", "scopes", "created_at", "last_used_at", "expires_at")
    list_filter = ["scopes", "user"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    fields = ("name", "user", "scopes", "created_at", "last_used_at", "expires_at", "hint")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: users create tokens only for themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a token keeps the settings that its user chose."""
        return False
