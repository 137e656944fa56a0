"""The context processor of the bell in every page's header."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from features.notifications import inbox

if TYPE_CHECKING:
    from django.http import HttpRequest


def bell(request: HttpRequest) -> dict[str, Any]:
    """Return `inbox_new`, counted only if a page shows it, so that fragments make no query."""
    return {"inbox_new": partial(_count_new, request)}


def _count_new(request: HttpRequest) -> int:
    try:
        return inbox.count_new(request.user) if request.user.is_authenticated else 0
    except DatabaseError:  # the page says what is wrong with the database
        return 0
