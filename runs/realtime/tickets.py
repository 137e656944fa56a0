"""Single-use tickets for live sessions: one user, one model, one origin, for one minute.

A ticket is part of an address, so it has only a digest of the session. A logout invalidates it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import ClassVar

from django.core import signing
from django.db import close_old_connections

from accounts import single_use
from core.http import signed_tickets

SALT = "vitrine.realtime"
LIFETIME_S = 60
REMEMBERED_S = 2 * LIFETIME_S  # how long a used ticket's number is stored


@dataclass(frozen=True)
class Ticket:
    """The user, model, page origin, login and project for which a ticket was issued."""

    user_id: int
    endpoint_id: str
    origin: str = field(default="", compare=False)
    login: str = field(default="", compare=False)
    number: str = field(default="", compare=False)
    project_id: int | None = field(default=None, compare=False)  # None: the user's private one
    confirmation: str = field(default="", compare=False)  # confirmed costs for `Confirmation.parse`
    is_of_program: ClassVar[bool] = False  # True if its runs are not shown to the team

    @property
    def token_id(self) -> int | None:
        """Return the key of the API token that requested the ticket; None for a browser."""
        return None

    @property
    def is_logged_out(self) -> bool:
        """Whether the browser that requested the ticket has logged out since."""
        return bool(self.login) and single_use.is_spent(self.login)


def sign(
    user_id: int,
    endpoint_id: str,
    origin: str = "",
    session_key: str | None = None,
    *,
    project_id: int | None = None,
    confirmation: str = "",
) -> str:
    """Return a ticket as URL-safe text; without a session key, a logout does not invalidate it."""
    login = single_use.session_digest(session_key)
    claims = [
        user_id,
        endpoint_id,
        origin,
        login,
        secrets.token_urlsafe(12),
        project_id,
        confirmation,
    ]
    return signing.dumps(claims, salt=SALT)


def verify(text: str) -> Ticket | None:
    """Return the ticket in a signed text; None if the signature is wrong or it has expired."""
    claims = signed_tickets.load(text, SALT, LIFETIME_S)
    try:
        return Ticket(*claims) if claims else None
    except TypeError:
        return None


def redeem(ticket: Ticket) -> bool:
    """Use up a ticket; returns False if it was used before or its user has logged out."""
    close_old_connections()
    return not ticket.is_logged_out and single_use.spend(f"ticket {ticket.number}", REMEMBERED_S)
