"""The interface of sign-in to invitations; the app that has invitations registers here."""

from __future__ import annotations

from typing import Any, Protocol

from django.contrib.auth.models import User


class Invitations(Protocol):
    """What an app of invitations does for a new account; `session` is the request's session."""

    def pending(self, session: Any) -> Any:
        """Return a true value if the session holds an open invitation."""

    def accept(self, user: User, session: Any) -> Any:
        """Use the session's invitation for the user, in the caller's transaction."""


_registered: list[Invitations] = []


def register(invitations: Invitations) -> None:
    """Register the app of invitations; called once, in its `AppConfig.ready`."""
    _registered[:] = [invitations]


def is_invited(session: Any) -> bool:
    """Return whether the session holds an open invitation."""
    return any(bool(invitations.pending(session)) for invitations in _registered)


def accept(user: User, session: Any) -> None:
    """Use the session's invitation for a new account, if there is one."""
    for invitations in _registered:
        if invitations.pending(session):
            invitations.accept(user, session)
