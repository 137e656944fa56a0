"""The admin of API tokens: who has which; deleting one makes it invalid."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from api.models import Token


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Tokens without what opens anything; people create their own."""

    list_display = ("name", "user", "scopes", "created_at", "last_used_at", "expires_at")
    list_filter = ["scopes", "user"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    fields = ("name", "user", "scopes", "created_at", "last_used_at", "expires_at", "hint")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody makes a token for somebody else here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token stays as its person made it."""
        return False
