"""The page of the accounts at issuers that one logs in with: connect, disconnect."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.socialaccount.forms import DisconnectForm
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.limits.rate_limit import limit
from accounts.sign_in.issuers import configured, pending
from core.http.htmx import HtmxRequest


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
    """List the accounts that one logs in with, and what can be connected."""
    return _page(request)


@limit("sign-in")
@require_POST
def disconnection(request: HtmxRequest) -> HttpResponse:
    """Disconnect an account, unless the person could no longer log in."""
    require_recent_login(request)
    with transaction.atomic():
        # Two disconnections at once must not each count the other's account as the one that stays.
        User.objects.select_for_update().get(pk=request.user.pk)
        form = DisconnectForm(request.POST, request=request)
        if form.is_valid():
            form.save()
            return redirect("socialaccount_connections")
    errors = form.errors.as_data()
    is_gone = "account" in errors
    words = ["It is disconnected already."] if is_gone else form.non_field_errors()
    return _page(request, words, HTTPStatus.UNPROCESSABLE_ENTITY)


@limit("sign-in")
@require_POST
def pending_connection(request: HtmxRequest) -> HttpResponse:
    """Connect the login that waited for the owner of its address, or forget it."""
    waiting = pending.of(request)
    pending.drop(request)
    if waiting is None:
        word = "No login waits to be connected any more. Connect the account below instead."
        messages.error(request, word)
    elif "forget" not in request.POST:
        _connect(request, waiting)
    return redirect("socialaccount_connections")


def names_of(person: User) -> list[str]:
    """Return the issuers that somebody logs in with, each once."""
    accounts = SocialAccount.objects.filter(user=person).order_by("pk")
    names = map(configured.name_of, accounts.values_list("provider", flat=True))
    return list(dict.fromkeys(names))


def require_recent_login(request: HttpRequest) -> None:
    """Let only who has logged in a short while ago change how they log in.

    Leads to a page that asks for the password or the second factor; who has neither logs in again.
    """
    if not request.user.is_authenticated:
        return
    if get_adapter(request).is_reauthentication_required(app="allauth.socialaccount"):
        raise ReauthenticationRequired


def _connect(request: HtmxRequest, waiting: pending.Pending) -> None:
    try:
        with transaction.atomic():
            pending.as_login(waiting, request.user).connect(request, request.user)
    except IntegrityError:
        messages.error(request, f"That {waiting.issuer_name} account is connected already.")
    else:
        messages.success(request, f"{waiting.issuer_name} is connected: you can log in with it.")


def _page(
    request: HtmxRequest, errors: list[str] | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    accounts = SocialAccount.objects.filter(user=request.user).order_by("pk")
    context = {
        "connections": [_shown(account) for account in accounts],
        "issuers": configured.apps(),
        "pending": pending.of(request),
        "errors": errors or [],
    }
    return render(request, "socialaccount/connections.html", context, status=status)


def _shown(account: SocialAccount) -> Connection:
    return Connection(
        pk=account.pk,
        issuer=configured.name_of(account.provider),
        name=account.get_provider_account().to_str(),
        is_set=configured.app_of(account.provider) is not None,
        last_login=account.last_login,
    )
