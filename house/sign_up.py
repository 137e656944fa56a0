"""Creates accounts, only for people with an invitation, who join by it at the same time."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts import roles
from accounts.audit import trail
from core.refusals import Refused
from house import invitations


def account_with(email: str) -> User | None:
    """Return an account with the address, ignoring case, confirmed or not; or None."""
    confirmed = EmailAddress.objects.filter(email__iexact=email, verified=True)
    has_address = Q(email__iexact=email) | Q(pk__in=confirmed.values("user"))
    return User.objects.filter(has_address).first() if email else None


def why_taken(email: str) -> str:
    """Return why no account can have the address, and what to do; empty if it is free."""
    account = account_with(email)
    if account is None:
        return ""
    if not account.is_active:
        return f"The account with this address is closed. {roles.whom_to_ask()} to open it again."
    return "There is an account with this address. Log in to continue with the invitation."


def create_account(
    session: MutableMapping[str, Any], username: str, email: str, password: str | None
) -> User:
    """Create an account and let it join by the session's invitation, in one transaction.

    Without a password the person signs in by other means, such as a passkey. The address counts as
    confirmed if the invitation proves it. Raises Refused if the invitation is no longer valid, or
    if the name or the address has just been taken.
    """
    email = email.lower()  # as allauth compares addresses
    try:
        with transaction.atomic():
            roles.lock()  # one account at a time: no constraint makes addresses unique
            if sentence := why_taken(email):
                raise Refused(sentence)
            person = User.objects.create_user(username, email, password)
            trail.record(person, "made an account", [person])
            joined = invitations.accept(person, session)
            if joined is None:
                raise Refused(invitations.UNKNOWN)
            if joined.invitation.proves_address:
                EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    except IntegrityError as error:
        raise Refused("Somebody has just taken this name. Choose another one.") from error
    return person
