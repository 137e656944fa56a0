"""Authentication by `Authorization: Bearer <token>` (RFC 6750), or `Key <token>`.

The operations of the API accept nothing else. A few pages that serve files accept it as well, since
the API's responses contain their addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from api import tokens
from api.http.problem import Problem
from api.models import Token
from api.reach import may_read_file

KINDS = frozenset({"bearer", "key"})  # fal's clients write `Key`
CHALLENGE = 'Bearer realm="Vitrine"'
# Pages that serve files to a token with the scope `read`.
FILE_VIEWS = frozenset(
    f"playground:{name}"
    for name in (
        "artifact",
        "artifact-poster",
        "artifact-thumbnail",
        "run-output",
        "run-text",
        "upload",
    )
)
HEALTH_VIEW = "operations:healthz"  # gives details to staff; a token with `read` suffices


class TokenAuthentication(MiddlewareMixin):
    """Middleware: sets `request.user` and `request.api_token` for a valid token.

    It runs before the rate limits, which count a token's requests as its user's.
    """

    async_capable = False  # it is called in the thread of the view, as all of ours are

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Authenticate; returns 401, 403 or 404 if the token does not give access to a file."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name == HEALTH_VIEW:
            _identify(request)
            return None
        is_file = name in FILE_VIEWS and "Authorization" in request.headers
        if not is_file and not getattr(view, "takes_token", False):
            return None
        request.api_token = token = _token(request)  # type: ignore[attr-defined]
        if token is not None:
            request.user = token.user
        if not is_file:
            return None
        try:
            if not may_read_file(require_scope(token, tokens.READ), kwargs["pk"]):
                raise Problem(404)
        except Problem as problem:
            return problem.response()
        return None


def _identify(request: HttpRequest) -> None:
    """Set the user of a valid token with the scope `read`; ignore other tokens."""
    token = _token(request)
    if token is not None and tokens.READ in token.scope_list and not token.is_shut_out:
        request.user = token.user


def require_scope(token: Token | None, scope: str) -> Token:
    """Return the token; raises Problem: 401 without one, 403 if it lacks the scope.

    Also 403 if its user is no longer a member of the project that it is bound to.
    """
    if token is None:
        detail = "Send a valid API token as `Authorization: Bearer vitrine_…`."
        challenge = f'{CHALLENGE}, error="invalid_token"'
        raise Problem(401, detail, headers={"WWW-Authenticate": challenge})
    if scope not in token.scope_list:
        detail = f"This token lacks the scope “{scope}”. Create one that has it."
        challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
        raise Problem(403, detail, slug="scope-missing", headers={"WWW-Authenticate": challenge})
    if token.is_shut_out:
        raise Problem(403, shut_out(token), slug="not-a-member")
    return token


def shut_out(token: Token) -> str:
    """Return why a shut-out token no longer works."""
    return (
        f"This token is for the project “{token.project}”, of which {token.user.get_username()} "
        "is no longer a member. Create another one."
    )


def _token(request: HttpRequest) -> Token | None:
    secret = secret_of(request.headers.get("Authorization", ""))
    return tokens.authenticate(secret) if secret else None


def secret_of(header: str) -> str:
    """Return the token in an `Authorization` header; empty if the header is of another kind."""
    kind, _, secret = header.partition(" ")
    return secret.strip() if kind.lower() in KINDS else ""
