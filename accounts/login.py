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


# Each session names the backend that opened it: if this class moves, `sessions/store.py` has to
# know its former name, or everybody is logged out.
class Backend(AuthenticationBackend):
    """allauth's backend, which loads with the user what pages need of them."""

    def get_user(self, user_id: int) -> User | None:
        """Return a session's user, unless the account is inactive."""
        user = _USER.first(pk=user_id)
        return user if user and self.user_can_authenticate(user) else None


def _user() -> models.QuerySet[User]:
    users = User.objects.select_related(*sorted(LOADED_WITH_USER))
    return users.filter(pk=Param("pk", User._meta.pk))


# Every request asks it, over six tables: to compile it takes longer than to execute it.
_USER = PreparedQuery(_user)


class LoginRequired(LoginRequiredMiddleware):
    """Django's middleware, but 401 for htmx, so that no login page is swapped into another page."""

    def handle_no_permission(  # type: ignore[override]  # the stubs allow redirects only
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        """Redirect to the login page; 401 for htmx, whose page explains what to do."""
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return super().handle_no_permission(request, view_func)
