"""Writes to the audit log who signed in and out, and who failed to, whatever the way.

By Django's own signals, which every backend sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Q
from django.http import HttpRequest

from accounts import audit
from accounts.limits import throttle
from accounts.limits.addresses import client_address

UNKNOWN = "an unknown name"


def connect() -> None:
    """Connect the receivers, once."""
    user_logged_in.connect(_signed_in, dispatch_uid="accounts.audit.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.audit.signed_out")
    user_login_failed.connect(_failed, dispatch_uid="accounts.audit.failed")


def _signed_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    match = request.resolver_match if request else None
    audit.record(user, "signed in", [user], f"by {match.view_name}" if match else "")


def _signed_out(request: HttpRequest | None, user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record(user, "signed out", [user])


def _failed(credentials: Mapping[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Record a failure; without the name if nobody has it, since people type passwords there."""
    name = str(credentials.get("username") or credentials.get("email") or "")
    wait_s = throttle.wait_s(name, client_address(request)) if request else 0
    detail = f"the next attempt in {throttle.format_wait(wait_s)}" if wait_s else ""
    users = get_user_model()._default_manager
    known = users.filter(Q(username=name[:150]) | Q(email__iexact=name[:254])) if name else None
    person = (known.first() if known else None) or User(username=UNKNOWN)
    audit.record(None, "failed to sign in", [person], detail)
