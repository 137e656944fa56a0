"""The request that is being answered, its user, and its client's address.

Rows are written far below the views, so the request is remembered in a context variable instead of
being passed down.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

COMMAND_LINE = "command line"  # the actor of a command
VISITOR = "somebody"  # the actor of a request without a login


class Acting(NamedTuple):
    """A request, and the address that it came from."""

    request: HttpRequest
    address: str


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def within(request: HttpRequest, address: str) -> Iterator[None]:
    """Remember the request while it is answered."""
    token = _acting.set(Acting(request, address))
    try:
        yield
    finally:
        _acting.reset(token)


def person() -> User | None:
    """Return the request's user; None without a request or without a login."""
    acting = _acting.get()
    user = getattr(acting.request, "user", None) if acting else None
    return user if user is not None and user.is_authenticated else None


def request() -> HttpRequest | None:
    """Return the request that is being answered; None in a job or a command."""
    acting = _acting.get()
    return acting.request if acting else None


def nobody() -> str:
    """Return the log's name for an actor who is not signed in: a visitor, or the command line."""
    return VISITOR if _acting.get() else COMMAND_LINE


def address() -> str | None:
    """Return the client's address; None without a request, or if it is unknown."""
    acting = _acting.get()
    return (acting.address or None) if acting else None
