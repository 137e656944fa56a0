"""New accounts: only by an invitation, and only together with joining by it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from accounts import audit
from people import invitations
from people.invitations import Refused


def create_account(
    session: MutableMapping[str, Any], username: str, email: str, password: str | None
) -> User:
    """Make an account and let it join by the session's invitation, or neither.

    Without a password the person signs in by other means, such as a passkey. Raises Refused where
    the invitation no longer holds, or the name has just been taken.
    """
    try:
        with transaction.atomic():
            person = User.objects.create_user(username, email, password)
            audit.record(person, "made an account", [person])
            if invitations.accept(person, session) is None:
                raise Refused(invitations.UNKNOWN)
    except IntegrityError as error:
        raise Refused("Somebody has just taken this name. Choose another one.") from error
    return person
