"""A view that programs call with a token, in the format of another service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from accounts.limits.rate_limit import OWN
from api.http import limits
from api.http.authentication import require_scope
from api.http.problem import Problem, refused
from api.models import Token
from api.reach import PARAMETER, Reach, reach_of


class Caller(NamedTuple):
    """The caller's token, the projects that the call sees, and the one in which it starts runs."""

    token: Token
    reach: Reach


Answer = Callable[..., HttpResponse]  # of a request and its Caller
Refusal = Callable[[Problem], HttpResponse]


class TokenView:
    """A view: handles a token's call by one method; `refusal` formats errors."""

    login_required = False
    csrf_exempt = True
    takes_token = True
    rate_limit = OWN

    def __init__(
        self, method: str, scope: str, limit: str, answer: Answer, refusal: Refusal
    ) -> None:
        self._method = method
        self._scope = scope
        self._limit = limit
        self._answer = answer
        self._refusal = refusal

    def __call__(self, request: HttpRequest, **named: Any) -> HttpResponse:
        """Answer one call."""
        try:
            if request.method not in (self._method, "HEAD" if self._method == "GET" else ""):
                detail = f"This address takes {self._method}."
                raise Problem(405, detail, headers={"Allow": self._method})
            token = require_scope(request.api_token, self._scope)  # type: ignore[attr-defined]
            headers = limits.take(self._limit, token.user_id)
            reach = reach_of(token.user, token, request.GET.get(PARAMETER))
            response = self._answer(request, Caller(token, reach), **named)
        except PermissionDenied as denied:
            return self._refusal(refused(denied))
        except Problem as problem:
            return self._refusal(problem)
        for name, value in headers.items():
            response.headers[name] = value
        return response
