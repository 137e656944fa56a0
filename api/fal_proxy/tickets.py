"""What the web process signs for the gateway, the process that has the key.

A stream's ticket names a run that the web process has created. A live token names who may open
live sessions with which apps; fal's clients ask for it where they would ask fal for one
(fal-protocol.md, section 8.1), and it is of no use at fal.
"""

from __future__ import annotations

import uuid
from dataclasses import astuple, dataclass
from typing import NamedTuple

from django.core import signing

from accounts import single_use
from api.models import Token

STREAM_SALT, LIVE_SALT = "api.fal_proxy.stream", "api.fal_proxy.live"
STREAM_AGE_S = 30
LIVE_AGE_S = 120  # fal's clients ask for another one after 90 % of it
STREAM_PATH = "/streams/"
OPENAI, OPENAI_WITH_USAGE = "openai", "openai+usage"  # dialects of streams
GATEWAY = "gateway"  # holds the leases of streamed runs


class StreamTicket(NamedTuple):
    """A run to be streamed, and in which dialect: empty for upstream's own bytes."""

    pk: uuid.UUID
    dialect: str


def sign_stream(pk: uuid.UUID, dialect: str = "") -> str:
    """The ticket for the stream of a run."""
    return signing.dumps([str(pk), dialect], salt=STREAM_SALT)


def verify_stream(ticket: str) -> StreamTicket | None:
    """What a ticket is for; None if it is forged or too old."""
    try:
        pk, dialect = signing.loads(ticket, salt=STREAM_SALT, max_age=STREAM_AGE_S)
    except signing.BadSignature:
        return None
    return StreamTicket(uuid.UUID(pk), dialect)


@dataclass(frozen=True)
class LiveToken:
    """Who may open live sessions: by which token or login, for apps with these aliases."""

    user_id: int
    token_id: int | None
    login: str
    origin: str
    aliases: tuple[str, ...]

    def sign(self) -> str:
        """The token as URL-safe text."""
        return signing.dumps(astuple(self), salt=LIVE_SALT)

    @classmethod
    def verify(cls, text: str) -> LiveToken | None:
        """The token in a signed text; None if it is forged or too old."""
        try:
            claims = signing.loads(text, salt=LIVE_SALT, max_age=LIVE_AGE_S)
        except signing.BadSignature:
            return None
        user_id, token_id, login, origin, aliases = claims
        return cls(user_id, token_id, login, origin, tuple(aliases))

    @property
    def is_revoked(self) -> bool:
        """Whether the API token or the login that it was given for has ended."""
        if self.token_id is None:
            return bool(self.login) and single_use.is_spent(self.login)
        token = Token.objects.filter(pk=self.token_id, revoked_at=None).first()
        return token is None or token.is_expired
