"""The page on which people connect and disconnect their accounts at issuers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from allauth.socialaccount.internal.flows.connect import disconnect
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.limits.rate_limit import limit
from accounts.sessions import strength
from accounts.sign_in.issuers import from_settings, pending
from core.db.name_order import sort_key
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_key
from core.http.posts import hidden, is_posted

LAST_WAY = (
    "This is the only way in which you log in. Set a password or connect another account first, "
    "then disconnect this one."
)
GONE = "This account is already disconnected."
STEP_FIRST = "Your account must have a second step. Confirm it, or set it up, and try again."


class Connection(NamedTuple):
    """An account at an issuer, as the page lists it."""

    pk: int
    issuer: str
    name: str
    is_set: bool
    last_login: Any


@require_safe
@never_cache
def connections(request: HtmxRequest) -> HttpResponse:
    """List the user's accounts at issuers, and the issuers that can be connected."""
    return _render_connections(request)


@limit("sign-in")
@require_POST
def disconnection(request: HtmxRequest) -> HttpResponse:
    """Disconnect an account, unless the person could no longer log in."""
    require_recent_login(request)
    pk = parse_key(hidden(request, "account")) or 0
    with transaction.atomic():
        # Locked: of two disconnections at once, each would count the other account as remaining.
        person = User.objects.select_for_update().get(pk=request.user.pk)
        account = SocialAccount.objects.filter(pk=pk, user=person).first()
        if account is None:
            return _render_connections(request, GONE, HTTPStatus.UNPROCESSABLE_ENTITY)
        if from_settings.app_of(account.provider) and not _has_other_way(person, account):
            return _render_connections(request, LAST_WAY, HTTPStatus.UNPROCESSABLE_ENTITY)
        disconnect(request, account)
    return redirect("socialaccount_connections")


@limit("sign-in")
@require_POST
def pending_connection(request: HtmxRequest) -> HttpResponse:
    """Connect the login that waited for the owner of its address, or forget it."""
    pending_login = pending.find_pending_login(request)
    pending.drop(request)
    if pending_login is None:
        word = "That login can no longer be connected. Connect the account below instead."
        messages.error(request, word)
    elif not is_posted(request, "forget"):
        _connect(request, pending_login)
    return redirect("socialaccount_connections")


def list_connections(person: User) -> list[Connection]:
    """Return a person's accounts at issuers, the first connected first."""
    return [
        _describe_connection(account)
        for account in SocialAccount.objects.filter(user=person).order_by("pk")
    ]


def names_of(person: User) -> list[str]:
    """Return the names of the issuers that a person logs in with, each once."""
    accounts = SocialAccount.objects.filter(user=person).order_by("pk")
    names = map(from_settings.name_of, accounts.values_list("provider", flat=True))
    return list(dict.fromkeys(names))


def require_recent_login(request: HttpRequest) -> None:
    """Require a recent login before people change how they log in.

    Raises ReauthenticationRequired, which redirects to a page that asks them to authenticate again,
    or PermissionDenied if the session lacks a second step.
    """
    if not request.user.is_authenticated:
        return
    if strength.missing(request, request.user):  # the views that begin and end a login are public
        raise PermissionDenied(STEP_FIRST)
    if get_adapter(request).is_reauthentication_required(app="allauth.socialaccount"):
        raise ReauthenticationRequired


def _has_other_way(person: User, account: SocialAccount) -> bool:
    """Return whether a person can log in without this account at an issuer.

    A connection to an issuer that the settings dropped does not count.
    """
    if person.has_usable_password():
        return True
    passkeys = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
    if settings.MFA_PASSKEY_LOGIN_ENABLED and passkeys.exists():
        return True
    others = SocialAccount.objects.filter(user=person).exclude(pk=account.pk)
    return any(from_settings.app_of(key) for key in others.values_list("provider", flat=True))


def _connect(request: HtmxRequest, pending_login: pending.Pending) -> None:
    try:
        with transaction.atomic():
            pending.as_login(pending_login, request.user).connect(request, request.user)
    except IntegrityError:
        messages.error(request, f"That {pending_login.issuer_name} account is connected already.")
    else:
        messages.success(
            request, f"{pending_login.issuer_name} is connected: you can log in with it."
        )


def _render_connections(
    request: HtmxRequest, error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "connections": list_connections(request.user),
        "issuers": sorted(from_settings.apps(), key=lambda app: sort_key(app.name)),
        "pending": pending.find_pending_login(request),
        "error": error,
    }
    return render(request, "socialaccount/connections.html", context, status=status)


def _describe_connection(account: SocialAccount) -> Connection:
    return Connection(
        pk=account.pk,
        issuer=from_settings.name_of(account.provider),
        name=from_settings.name_there(account),
        is_set=from_settings.app_of(account.provider) is not None,
        last_login=account.last_login,
    )
