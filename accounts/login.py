"""Authentication: the backend with the sign-in throttle, and the login-required middleware."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from accounts.limits import throttle
from accounts.limits.addresses import client_address

log = logging.getLogger("accounts.sign_in")
# The relations that a request's user is loaded with; apps above add theirs in `AppConfig.ready`.
LOADED_WITH_USER = {"preferences"}


# Each session names the backend that opened it: a move of this class logs everybody out.
class Backend(ModelBackend):
    """Django's backend with the throttle; loads what pages need of a user with the user."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User:
        """Return the user; raises PermissionDenied for a wrong password or a throttled attempt.

        A throttled attempt's password is not checked. PermissionDenied stops Django from trying the
        next backend, Django's own, which is there only for sessions that it has opened.
        """
        account = username if username is not None else str(kwargs.get("username", ""))
        address = client_address(request) if request else ""
        if wait_s := throttle.record_attempt(account, address):
            _log_failure(f"refused for {wait_s} s", account, address)
            raise PermissionDenied
        user = super().authenticate(request, username=account, password=password, **kwargs)
        if user is None:
            _log_failure("failed", account, address)
            raise PermissionDenied
        throttle.record_success(account, address)
        return user

    def get_user(self, user_id: int) -> User | None:
        """Return a session's user, unless the account is inactive."""
        users = get_user_model()._default_manager.select_related(*sorted(LOADED_WITH_USER))
        user = users.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None


def _log_failure(outcome: str, account: str, address: str) -> None:
    """Log an attempt; leaves out unknown names, since people type passwords in their place."""
    is_known = get_user_model()._default_manager.filter(username=account[:150]).exists()
    name = repr(account[:150]) if is_known else "an unknown name"
    log.warning("sign-in of %s from %s %s", name, address or "-", outcome)


class LoginRequired(LoginRequiredMiddleware):
    """Django's middleware, but 401 for htmx, so that no login page is swapped into another page."""

    def handle_no_permission(  # type: ignore[override]  # the stubs allow redirects only
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        """Redirect to the login page; 401 for htmx, whose page explains what to do."""
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return super().handle_no_permission(request, view_func)
