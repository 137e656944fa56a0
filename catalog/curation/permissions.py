"""Restricts views to curators: staff with the action's permission."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.permissions import require

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def curators_only(permission: str, *, to_read: str = "") -> Callable[[View], View]:
    """Respond with 404 to users who are not staff, 403 to staff without the permission.

    `to_read` is the permission for GET, if it differs.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            if not request.user.is_staff:
                raise Http404("Only curators do this.")
            is_read = request.method in {"GET", "HEAD"}
            require(request.user, to_read if to_read and is_read else permission)
            return view(request, *args, **named)

        return guarded  # type: ignore[return-value]

    return guard
