"""Absolute addresses of this server."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def origin(request: HttpRequest) -> str:
    """Return the address of this server, without a slash at the end."""
    return absolute(request, "/").rstrip("/")


def absolute(request: HttpRequest, path: str) -> str:
    """Return the absolute address of a path, for a mail or a link that users pass on.

    The client chooses the Host header of its request, so that counts only without PUBLIC_URL.
    """
    if settings.PUBLIC_URL:
        return f"{settings.PUBLIC_URL}{path}"
    return request.build_absolute_uri(path)
