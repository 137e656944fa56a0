"""New accounts: only by an invitation, and only together with joining by it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts import audit, roles
from house import invitations
from house.invitations import Refused


def account_with(email: str) -> User | None:
    """Return an account that has the address, whatever its letters' case, confirmed or not."""
    confirmed = EmailAddress.objects.filter(email__iexact=email, verified=True)
    has_address = Q(email__iexact=email) | Q(pk__in=confirmed.values("user"))
    return User.objects.filter(has_address).first() if email else None


def why_taken(email: str) -> str:
    """Return why no account can be made with the address, and what to do; empty if it is free."""
    account = account_with(email)
    if account is None:
        return ""
    if not account.is_active:
        return f"The account with this address is closed. {roles.whom_to_ask()} to open it again."
    return "There is an account with this address. Log in, and the invitation goes on there."


def create_account(
    session: MutableMapping[str, Any], username: str, email: str, password: str | None
) -> User:
    """Make an account and let it join by the session's invitation, or neither.

    Without a password the person signs in by other means, such as a passkey. The address counts as
    confirmed where the invitation proves it. Raises Refused where the invitation no longer holds,
    or the name or the address has just been taken.
    """
    email = email.lower()  # as allauth compares them
    try:
        with transaction.atomic():
            roles.lock()  # one account at a time: no constraint keeps addresses apart
            if sentence := why_taken(email):
                raise Refused(sentence)
            person = User.objects.create_user(username, email, password)
            audit.record(person, "made an account", [person])
            joined = invitations.accept(person, session)
            if joined is None:
                raise Refused(invitations.UNKNOWN)
            if joined.invitation.proves_address:
                EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    except IntegrityError as error:
        raise Refused("Somebody has just taken this name. Choose another one.") from error
    return person
