"""Tickets for live sessions: who may run which model, for a minute, signed so that nobody else can say it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing

SALT = "vitrine.realtime"
LASTS_S = 60


@dataclass(frozen=True)
class Ticket:
    """Whose session it is, and with which model."""

    user_id: int
    endpoint_id: str


def make(user_id: int, endpoint_id: str) -> str:
    """The ticket as a text that may stand in an address."""
    return signing.dumps([user_id, endpoint_id], salt=SALT)


def read(text: str) -> Ticket | None:
    """What a ticket says; None when it is not ours or has expired."""
    try:
        user_id, endpoint_id = signing.loads(text, salt=SALT, max_age=LASTS_S)
    except signing.BadSignature:
        return None
    return Ticket(user_id, endpoint_id)
