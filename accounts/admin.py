"""Admin pages of accounts at issuers; tables that hold secrets are not shown.

Second factors are removed on a person's page, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin

from core.admin import Action, RestrictedAdmin

for model in (Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(model)


@admin.register(SocialAccount)
class SocialAccountAdmin(RestrictedAdmin):
    """The accounts at issuers that people log in with; an admin can disconnect them."""

    denied: ClassVar[Mapping[Action, str]] = {
        "add": "only the account's owner can prove that it is theirs",
        "change": "the owner of another account could log in as this person",
    }
    list_display = ("user", "provider", "uid", "last_login")
    list_select_related = ("user",)
    search_fields = ("user__username", "uid")
    fields = ("user", "provider", "uid", "date_joined", "last_login")
