"""The admin of API tokens: lists them; deleting one invalidates it."""

from __future__ import annotations

from allauth.idp.oidc.models import Client
from allauth.idp.oidc.models import Token as Issued
from django.contrib import admin

from api.models import Token
from core.admin import RestrictedAdmin

# A program that signed in is its token's row, for which these hold secrets.
admin.site.unregister([Client, Issued])


@admin.register(Token)
class TokenAdmin(RestrictedAdmin):
    """Tokens without their secret part; users create their own."""

    denied = {
        "add": "users create tokens only for themselves",
        "change": "a token keeps the settings that its user chose",
    }

    list_display = ("name", "user", "project", "scopes", "created_at", "last_used_at", "expires_at")
    list_filter = ["scopes", "user"]
    list_select_related = ["user", "project"]
    search_fields = ["name", "user__username"]
    fields = (
        "name",
        "user",
        "project",
        "scopes",
        "created_at",
        "last_used_at",
        "expires_at",
        "hint",
    )
    readonly_fields = fields
