"""Tickets that the web process signs for the gateway, the process that has the key.

A stream's ticket names a run that the web process has created. A live token permits a
user to open live sessions with some apps. fal's clients request it where they would request one
from fal (protocol, section 8.1); fal itself does not accept it.
"""

from __future__ import annotations

import uuid
from dataclasses import astuple, dataclass, fields
from typing import NamedTuple

from django.core import signing

from accounts import single_use
from api.models import Token
from core.http import signed_tickets
from projects.models import Membership

STREAM_SALT, LIVE_SALT = "api.fal_proxy.stream", "api.fal_proxy.live"
STREAM_AGE_S = 30
LIVE_AGE_S = 120  # fal's clients request a new one after 90 % of this time
STREAM_PATH = "/streams/"
OPENAI, OPENAI_WITH_USAGE = "openai", "openai+usage"  # dialects of streams
TICKET_REFUSED = 421  # Misdirected Request: a status that no model answers with
CDN = "storage/upload"  # in place of apps, whose aliases have no slash: a token for uploads
GATEWAY = "gateway"  # holder of the leases of streamed runs


class StreamTicket(NamedTuple):
    """A run to stream, and the dialect of the stream: empty for upstream's own bytes."""

    pk: uuid.UUID
    dialect: str


def sign_stream(pk: uuid.UUID, dialect: str = "") -> str:
    """Return the ticket for the stream of a run."""
    return signing.dumps([str(pk), dialect], salt=STREAM_SALT)


def verify_stream(ticket: str) -> StreamTicket | None:
    """Return the contents of a ticket; None if it is forged or expired."""
    claims = signed_tickets.load(ticket, STREAM_SALT, STREAM_AGE_S)
    return StreamTicket(uuid.UUID(claims[0]), claims[1]) if claims else None


@dataclass(frozen=True)
class LiveToken:
    """A permission to open live sessions: the user, their token or login, and the apps' aliases.

    The runs live in the project. `confirmation` is the program's advance confirmation of costs,
    in the format of `Confirmation.parse`.
    """

    user_id: int
    token_id: int | None
    login: str
    origin: str
    aliases: tuple[str, ...]
    project_id: int
    confirmation: str = ""

    def sign(self) -> str:
        """Return the token as URL-safe text."""
        return signing.dumps(astuple(self), salt=LIVE_SALT)

    @classmethod
    def verify(cls, text: str) -> LiveToken | None:
        """Return the token in a signed text; None if it is forged or expired."""
        claims = signed_tickets.load(text, LIVE_SALT, LIVE_AGE_S)
        if claims is None or len(claims) != len(fields(cls)):
            return None
        user_id, token_id, login, origin, aliases, project_id, confirmation = claims
        return cls(user_id, token_id, login, origin, tuple(aliases), project_id, confirmation)

    @property
    def is_revoked(self) -> bool:
        """Whether its API token or login is no longer valid, or its user no longer a member."""
        members = Membership.objects.filter(project_id=self.project_id, user_id=self.user_id)
        if not members.exists():
            return True
        if self.token_id is None:
            return bool(self.login) and single_use.is_spent(self.login)
        token = Token.objects.filter(pk=self.token_id, revoked_at=None).first()
        return token is None or token.is_expired
