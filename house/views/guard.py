"""Shared by the views about people: permissions, look-up of a person, refusals as messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts import permissions
from core.http import refusals
from core.refusals import Refused
from house import person as people

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def needs(permission: str) -> Callable[[View], View]:
    """Respond with 404 to users who are not staff, 403 to staff without the permission."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            require(request.user, permission)
            return view(request, *args, **named)

        return guarded  # type: ignore[return-value]

    return guard


def require(user: User | AnonymousUser, permission: str) -> None:
    """Raise Http404 for who is not staff, PermissionDenied for staff without the permission."""
    if not user.is_staff:
        raise Http404("You may not see this page: it is for people who look after accounts.")
    permissions.require(user, permission)


def person_or_404(user_id: int) -> User:
    """Return the person of a URL; raises Http404."""
    person = people.find(user_id)
    if person is None:
        raise Http404("There is no such account.")
    return person


# Admins stay on the page on which they acted, even if they lack the permission for the action.
refusals_as_messages = partial(refusals.refusals_as_messages, refused=(Refused, PermissionDenied))
