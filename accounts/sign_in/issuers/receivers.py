"""Signal receivers of issuers: a sign-in applies the role, and connections are audited."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.signals import user_logged_in
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.contrib.auth.models import User
from django.http import HttpRequest

from accounts.audit import trail
from accounts.sign_in.issuers import from_settings, house_role

log = logging.getLogger("accounts.sign_in")


def connect() -> None:
    """Connect the receivers, once."""
    user_logged_in.connect(_logged_in, dispatch_uid="issuers.logged_in")
    social_account_added.connect(_added, dispatch_uid="issuers.added")
    social_account_removed.connect(_removed, dispatch_uid="issuers.removed")


def _logged_in(user: User, sociallogin: SocialLogin | None = None, **_: Any) -> None:
    if sociallogin is not None:
        house_role.apply(user, sociallogin.account)


def _added(request: HttpRequest, sociallogin: SocialLogin, **_: Any) -> None:
    _record(request, "connected an issuer to", sociallogin.account)


def _removed(request: HttpRequest, socialaccount: SocialAccount, **_: Any) -> None:
    _record(request, "disconnected an issuer from", socialaccount)


def _record(request: HttpRequest, action: str, account: SocialAccount) -> None:
    name = from_settings.name_of(account.provider)
    trail.record(request.user, action, [account.user], f"{name}, {account.uid}")
