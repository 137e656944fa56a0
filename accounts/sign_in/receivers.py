"""Signal receivers of logins, logouts and new passwords: log them, and end sessions."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Q
from django.http import HttpRequest

from accounts import single_use
from accounts.audit import trail
from accounts.limits import throttle
from accounts.models import LoginLink
from accounts.sessions import active_sessions
from core.http.client_addresses import client_address

log = logging.getLogger("accounts.sign_in")

UNKNOWN = "an unknown name"


def connect() -> None:
    """Connect the receivers, once."""
    user_logged_in.connect(_logged_in, dispatch_uid="accounts.logged_in")
    user_logged_out.connect(_logged_out, dispatch_uid="accounts.logged_out")
    user_login_failed.connect(_failed, dispatch_uid="accounts.login_failed")
    for signal in (password_changed, password_set, password_reset):
        signal.connect(_password_changed, dispatch_uid="accounts.password_changed")


def _logged_in(request: HttpRequest, user: User, **_: Any) -> None:
    active_sessions.record_session(request, user)
    log.info("%r signed in from %s", user.get_username(), client_address(request) or "-")
    match = request.resolver_match
    trail.record(user, "signed in", [user], f"by {match.view_name}" if match else "")


def _logged_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is None:
        return
    LoginLink.objects.filter(user=user).delete()
    active_sessions.end_connections(request.session.session_key)
    log.info("%r signed out from %s", user.get_username(), client_address(request) or "-")
    trail.record(user, "signed out", [user])


def _failed(credentials: Mapping[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    name = str(credentials.get("username") or credentials.get("email") or "")
    wait_s = throttle.wait_s(name, client_address(request)) if request else 0
    _record_failure("failed to sign in", name, wait_s)


def record_throttled(name: str, address: str, wait_s: int) -> None:
    """Record an attempt that has to wait; only the first of each wait, to keep the table small."""
    wait = throttle.wait_key(name, address)
    if wait and single_use.spend(f"throttled {wait}", wait_s):
        _record_failure("was throttled signing in as", name, wait_s)


def _record_failure(event: str, name: str, wait_s: int) -> None:
    """Record a failure; without unknown names, because people type passwords in their place."""
    detail = f"the next attempt in {throttle.format_wait(wait_s)}" if wait_s else ""
    users = get_user_model()._default_manager
    has_name = Q(username=name[:150]) | Q(email__iexact=name[:254])
    account = users.filter(has_name).first() if name else None
    trail.record(None, event, [account or User(username=UNKNOWN)], detail)


def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    """End every other session of the account; after a reset, all sessions."""
    is_own = request.user.is_authenticated and request.user.pk == user.pk
    active_sessions.end_others(user, request.session.session_key if is_own else None)
