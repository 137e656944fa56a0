"""Who is not logged in: sent to the login page, or told so where a page asks by itself."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class LoginRequired(LoginRequiredMiddleware):
    """Django's own, but for a part of a page: 401, so that no login page is swapped into it."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        """A redirect to the login, or 401 for htmx; the page then says what to do."""
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return super().handle_no_permission(request, view_func)
