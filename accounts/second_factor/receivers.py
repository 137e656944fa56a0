"""Signal receivers of second factors: the audit log, the server's log, and mail to the person."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.http import HttpRequest

from accounts.audit import trail
from accounts.second_factor import factors
from accounts.sessions import strength
from core.http.client_addresses import client_address

log = logging.getLogger(__name__)


def connect() -> None:
    """Connect the receivers, once."""
    signals.authenticator_added.connect(_added, dispatch_uid="accounts.factor_added")
    signals.authenticator_removed.connect(_removed, dispatch_uid="accounts.factor_removed")
    signals.authenticator_reset.connect(_renewed, dispatch_uid="accounts.codes_renewed")
    signals.authenticator_used.connect(_used, dispatch_uid="accounts.factor_used")
    signals.authentication_failed.connect(_failed, dispatch_uid="accounts.factor_failed")


def _added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    trail.record(user, "added a second factor to", [user], factors.describe(authenticator))
    if authenticator.type in strength.FACTORS:
        # The person has just used it and need not show it again in this session.
        record_authentication(
            request, user, "mfa", id=authenticator.pk, type=str(authenticator.type)
        )


def _removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    trail.record(user, "removed a second factor of", [user], factors.describe(authenticator))


def _renewed(user: User, **_: Any) -> None:
    trail.record(user, "renewed the recovery codes of", [user])


def _used(user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        return
    codes_left = factors.load(user).codes_left
    trail.record(user, "used a recovery code of", [user], f"{codes_left} left")
    context = {"user": user, "codes_left": codes_left}
    get_adapter().send_notification_mail("mfa/email/recovery_code_used", user, context)


def _failed(request: HttpRequest, user: User, **_: Any) -> None:
    address = client_address(request) or "-"
    log.warning("second step of %r from %s failed", user.get_username(), address)
