"""Creates accounts at the first sign-in by an issuer: who may have one, and its user name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import roles
from accounts.audit import trail
from accounts.sign_in import joining, local_owner
from accounts.sign_in.issuers import from_settings
from accounts.sign_in.issuers.protocol.failures import IssuerFailure, Reason
from core.refusals import Refused

MAX_USERNAME_LENGTH = 100
NAMELESS = "person"


def require_may_join(email: str, is_verified: bool, is_invited: bool, domains: list[str]) -> None:
    """Raise IssuerFailure unless a new account may be made for this address.

    With an invitation anybody may; otherwise the issuer must have verified an address in one of the
    domains.
    """
    if is_invited:
        return
    if not email:
        raise IssuerFailure(Reason.NO_ADDRESS)
    if not is_verified:
        raise IssuerFailure(Reason.UNVERIFIED)
    if email.rpartition("@")[2].lower() not in domains:
        raise IssuerFailure(Reason.NOT_INVITED)


def choose_username(wished: str, email: str, is_taken: Callable[[str], bool]) -> str:
    """Return a free user name from the wish or the address, with a number if it is taken."""
    texts = (re.sub(r"[^\w.+-]", "", text.partition("@")[0]) for text in (wished, email))
    name = next(filter(None, texts), NAMELESS)[:MAX_USERNAME_LENGTH].lower()
    free, number = name, 1
    while is_taken(free):
        number += 1
        free = f"{name}-{number}"
    return free


def accounts_with(email: str) -> list[User]:
    """Return the accounts with this address, confirmed or not."""
    return list(filter_users_by_email(email))


def owners_of(login: SocialLogin) -> list[User]:
    """Return the accounts with the login's address, if the issuer has verified the address."""
    address = next(iter(login.email_addresses), None)
    return accounts_with(address.email) if address and address.verified else []


def require_open(owners: list[User]) -> None:
    """Raise IssuerFailure if all these accounts are closed."""
    if not any(owner.is_active for owner in owners):
        raise IssuerFailure(Reason.CLOSED)


def create(request: HttpRequest, login: SocialLogin) -> SocialAccount:
    """Create an account for a login by an issuer, in one transaction; raises IssuerFailure.

    An invited person joins by the invitation. An address that the issuer has not verified is not
    stored, because a new password could be sent there.
    """
    address = next(iter(login.email_addresses), None)
    email, is_verified = (address.email, address.verified) if address else ("", False)
    is_invited = bool(joining.pending(request.session))
    require_may_join(email, is_verified, is_invited, settings.SIGN_UP_DOMAINS)
    try:
        with transaction.atomic():
            roles.lock()  # one account at a time: no constraint makes addresses unique
            if owners_of(login):
                raise IssuerFailure(Reason.BUSY, "its address was taken at the same time")
            user = _create_user(login, email if is_verified else "")
            account = SocialAccount.objects.create(
                user=user,
                provider=login.account.provider,
                uid=login.account.uid,
                extra_data=login.account.extra_data,
            )
            program = from_settings.program_of(account)
            trail.record(None, "added", [user], account.uid, program=program)
            if joining.pending(request.session):
                joining.accept(user, request.session)
    except IntegrityError as error:
        raise IssuerFailure(Reason.BUSY, "made at the same time") from error
    except Refused as error:
        raise IssuerFailure(Reason.NOT_INVITED, "the invitation has just ended") from error
    if is_invited:
        login.state.pop("next", None)  # the invitation's page, no longer needed
    messages.success(request, f"Your account “{user.get_username()}” has been created.")
    return account


def _create_user(login: SocialLogin, email: str) -> User:
    suggested: Any = login.user
    name = choose_username(suggested.username, email, local_owner.is_name_taken)
    user = User(
        username=name,
        email=email,
        first_name=suggested.first_name,
        last_name=suggested.last_name,
    )
    user.set_unusable_password()
    user.save()
    if email:
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
