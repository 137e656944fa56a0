"""Authentication: the backend that sessions name, and the login-required middleware."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from core.db.prepared_queries import Param, PreparedQuery

# The relations that a request's user is loaded with; apps above add theirs in `AppConfig.ready`.
LOADED_WITH_USER = {"preferences"}


# Each session stores the path of its backend: if this class moves, `sessions/store.py` must know
# the former path, or everybody is logged out.
class Backend(AuthenticationBackend):
    """allauth's backend; loads the user with the relations that pages need."""

    def get_user(self, user_id: int) -> User | None:
        """Return a session's user, unless the account is inactive."""
        user = _USER.first(pk=user_id)
        return user if user and self.user_can_authenticate(user) else None


def _user() -> models.QuerySet[User]:
    users = User.objects.select_related(*sorted(LOADED_WITH_USER))
    return users.filter(pk=Param("pk", User._meta.pk))


# Every request runs this query over six tables; compiling it takes longer than executing it.
_USER = PreparedQuery(_user)


class LoginRequired(LoginRequiredMiddleware):
    """Django's middleware; answers htmx with 401, so that it swaps no login page into a page."""

    def handle_no_permission(  # type: ignore[override]  # the stubs allow redirects only
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        """Redirect to the login page; 401 for htmx, whose page explains what to do."""
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return super().handle_no_permission(request, view_func)
