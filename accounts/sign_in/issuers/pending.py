"""A login by an issuer that waits in the session until the owner of its address logs in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth.models import User

from accounts.sign_in.issuers import from_settings
from accounts.sign_in.issuers.new_accounts import accounts_with

if TYPE_CHECKING:
    from django.http import HttpRequest

SESSION_KEY = "pending_connection"
LIFETIME_S = 15 * 60


class Pending(NamedTuple):
    """A person who has logged in at an issuer, with the e-mail address that it verified."""

    issuer: str
    uid: str
    email: str
    said: dict[str, Any]
    at: float

    @property
    def issuer_name(self) -> str:
        """Return the issuer's name for people."""
        return from_settings.name_of(self.issuer)


def keep(request: HttpRequest, login: SocialLogin) -> None:
    """Store a login whose verified address belongs to an account; a later login replaces it."""
    account = login.account
    email = login.email_addresses[0].email
    pending_login = Pending(account.provider, account.uid, email, account.extra_data, time.time())
    request.session[SESSION_KEY] = list(pending_login)


def find_pending_login(request: HttpRequest) -> Pending | None:
    """Return the waiting login if its address belongs to the user who is logged in, else None.

    Other people may use the same browser next; they must not get it.
    """
    values = request.session.get(SESSION_KEY)
    if not isinstance(values, list) or len(values) != len(Pending._fields):
        return None
    pending_login = Pending(*values)
    is_fresh = time.time() - pending_login.at < LIFETIME_S
    is_set = from_settings.app_of(pending_login.issuer) is not None
    return (
        pending_login if is_fresh and is_set and owns(request.user, pending_login.email) else None
    )


def drop(request: HttpRequest) -> None:
    """Remove the waiting login from the session."""
    request.session.pop(SESSION_KEY, None)


def as_login(pending_login: Pending, person: User) -> SocialLogin:
    """Return the waiting login as allauth's login, to connect it to a person."""
    account = SocialAccount(
        provider=pending_login.issuer, uid=pending_login.uid, extra_data=pending_login.said
    )
    return SocialLogin(user=person, account=account)


def owns(person: Any, email: str) -> bool:
    """Return whether the address belongs to the person's account."""
    return person.is_authenticated and any(
        account.pk == person.pk for account in accounts_with(email)
    )
