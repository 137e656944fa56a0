"""What sign-in asks of invitations; `house/invitations.py` provides it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from core.provided import Provided


@Provided
def pending(session: Any) -> Any:
    """Return a true value if the session holds an open invitation."""


@Provided
def accept(user: User, session: Any) -> Any:
    """Use the session's invitation for a new account, in the caller's transaction."""
