"""Who is logged in, and who is not: sent to the login page, or told so where a page asks by itself."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import BigAutoField
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from catalog.prepared import Prepared, Slot

_PERSON = Prepared(
    lambda: get_user_model()._default_manager.filter(pk=Slot("pk", BigAutoField())).order_by()
)


class Backend(ModelBackend):
    """Django's own; to find whose session it is, which every page does, is put together once."""

    def authenticate(self, *args: Any, **kwargs: Any) -> AbstractBaseUser:
        """The person; raises PermissionDenied where Django's would return None.

        Django's own backend comes after this one for the sessions that it opened, and would only refuse again.
        """
        if found := super().authenticate(*args, **kwargs):
            return found
        raise PermissionDenied

    def get_user(self, user_id: int) -> AbstractBaseUser | None:
        """The person of a session, if they may still log in."""
        person = _PERSON.first(pk=user_id)
        return person if person and self.user_can_authenticate(person) else None


class LoginRequired(LoginRequiredMiddleware):
    """Django's own, but for a part of a page: 401, so that no login page is swapped into it."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        """A redirect to the login, or 401 for htmx; the page then says what to do."""
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return super().handle_no_permission(request, view_func)
