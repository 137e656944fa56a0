"""Signal receivers of logins, logouts and new passwords: log them, end what they end."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from accounts.limits.addresses import client_address
from accounts.models import LoginLink
from accounts.sessions import active_sessions

log = logging.getLogger("accounts.sign_in")


def connect() -> None:
    """Connect the receivers, once."""
    user_logged_in.connect(_logged_in, dispatch_uid="accounts.logged_in")
    user_logged_out.connect(_logged_out, dispatch_uid="accounts.logged_out")
    for signal in (password_changed, password_set, password_reset):
        signal.connect(_password_changed, dispatch_uid="accounts.password_changed")


def _logged_in(request: HttpRequest, user: User, **_: Any) -> None:
    active_sessions.record_session(request, user)
    log.info("%r signed in from %s", user.get_username(), client_address(request) or "-")


def _logged_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is None:
        return
    LoginLink.objects.filter(user=user).delete()
    active_sessions.revoke_tickets(request.session.session_key)
    log.info("%r signed out from %s", user.get_username(), client_address(request) or "-")


def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    """End every other session of the account; after a reset, every one."""
    is_own = request.user.is_authenticated and request.user.pk == user.pk
    active_sessions.end_others(user, request.session.session_key if is_own else None)
