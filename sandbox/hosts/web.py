"""Shared by all hosts: routes that count calls and apply faults, keys, tokens, pages of lists."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import HTTPConnection
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import error, strike
from sandbox.state import Sandbox

Handler = Callable[[HttpRequest, Sandbox], Awaitable[Response]]
Kind = str | Callable[[HttpRequest], str]
DEFAULT_LIMIT = 50


class Refused(Exception):
    """Makes a handler respond with an error response."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(response.status_code)


def route(sandbox: Sandbox, path: str, methods: str, kind: Kind, handler: Handler) -> Route:
    """Return a route that counts its calls by kind and applies the active faults."""

    async def endpoint(http: HttpRequest) -> Response:
        request_kind = kind if isinstance(kind, str) else kind(http)
        sandbox.calls[request_kind] += 1
        if http.client:
            sandbox.clients.add((request_kind, *http.client))

        async def answer() -> Response:
            try:
                return await handler(http, sandbox)
            except Refused as refusal:
                return refusal.response

        fault = sandbox.faults.take(request_kind, http.url.path)
        if fault and fault.is_held:
            await sandbox.faults.wait_until_cleared()
        return await (strike(fault, answer) if fault else answer())

    return Route(path, endpoint, methods=methods.split())


def demand_key(
    http: HTTPConnection, sandbox: Sandbox, kind: str, *, optional: bool = False
) -> None:
    """Raise Refused with 401 unless the request has the key.

    A wrong key is rejected even where the key is `optional`.
    """
    header = http.headers.get("authorization")
    if header is None and (optional or _has_valid_token(http, sandbox)):
        return
    scheme, _, key = (header or "").partition(" ")
    if scheme.lower() == "key" and _is_same(key, sandbox.config.key):
        return
    reason = "invalid key credentials" if header else "no key in the Authorization header"
    raise Refused(
        error(kind, 401, f"Cannot access application: {reason}. Authentication is required.")
    )


def demand_admin_key(
    http: HTTPConnection, sandbox: Sandbox, kind: str, permission: str = "billing:usage:read"
) -> None:
    """Raise Refused unless the request has the admin key: 403 for an ordinary one, else 401."""
    scheme, _, key = http.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "key":
        if _is_same(key, sandbox.config.admin_key):
            return
        if _is_same(key, sandbox.config.key):
            message = f"This key lacks the permission {permission}. Use an ADMIN key."
            raise Refused(error(kind, 403, message))
    raise Refused(error(kind, 401, "Authentication is required to access this endpoint."))


def _is_same(key: str, other: str) -> bool:
    return hmac.compare_digest(key.encode(), other.encode())


async def body_json(http: HttpRequest) -> Any:
    """Return the JSON body, {} if it is empty; raises Refused with 400 if it is not JSON."""
    raw = await http.body()
    if not raw.strip():
        return {}
    try:
        return json.loads(raw)
    except ValueError:
        raise Refused(error("", 400, "The body is not valid JSON")) from None


def token(sandbox: Sandbox, apps: list[str], lifetime_s: int) -> str:
    """Return a JSON Web Token for browsers, signed with the key."""
    claims = {"sub": "sandbox", "apps": apps, "exp": int(sandbox.clock.now()) + lifetime_s}
    head = f"{_b64(json.dumps({'alg': 'HS256', 'typ': 'JWT'}))}.{_b64(json.dumps(claims))}"
    return f"{head}.{_signature(sandbox, head)}"


def apps_of(sandbox: Sandbox, text: str) -> list[str]:
    """Return the applications that a token is valid for; none if it is forged or expired."""
    head, _, signature = text.rpartition(".")
    if not head or not hmac.compare_digest(signature, _signature(sandbox, head)):
        return []
    claims = json.loads(base64.urlsafe_b64decode(head.partition(".")[2] + "=="))
    return list(claims["apps"]) if claims["exp"] > sandbox.clock.now() else []


def _has_valid_token(http: HTTPConnection, sandbox: Sandbox) -> bool:
    alias = http.path_params.get("path", "").split("/")[1:2]
    return bool(alias) and alias[0] in apps_of(sandbox, http.query_params.get("fal_jwt_token", ""))


def _signature(sandbox: Sandbox, head: str) -> str:
    digest = hmac.new(sandbox.config.key.encode(), head.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def page_of(http: HttpRequest, name: str, items: Sequence[Any], highest: int) -> dict[str, Any]:
    """Return the page of a list that `limit` and `cursor` select, with the list under `name`.

    A cursor is the page's number in base64. `highest` is the highest limit.
    """
    limit_text = http.query_params.get("limit", str(min(DEFAULT_LIMIT, highest)))
    if not limit_text.isdigit() or not 1 <= int(limit_text) <= highest:
        raise invalid(f"limit must be between 1 and {highest}")
    cursor = http.query_params.get("cursor") or _cursor(1)
    try:
        page = max(1, int(base64.b64decode(cursor, validate=True)))
    except (binascii.Error, ValueError):
        raise invalid("cursor is not one of ours") from None
    end = page * int(limit_text)
    has_more = len(items) > end
    return {
        name: items[end - int(limit_text) : end],
        "next_cursor": _cursor(page + 1) if has_more else None,
        "has_more": has_more,
    }


def _cursor(page: int) -> str:
    return base64.b64encode(str(page).encode()).decode()


def invalid(message: str) -> Refused:
    """Return fal's 400."""
    return Refused(error("list", 400, message))


def listed_values(http: HttpRequest, name: str) -> list[str]:
    """Return a parameter's values, repeated or separated by commas."""
    texts = http.query_params.getlist(name)
    return [value for text in texts for value in text.split(",") if value]


def time_of(text: str) -> datetime:
    """Return an ISO 8601 time; raises Refused with 400 if it is invalid."""
    try:
        at = datetime.fromisoformat(re.sub("Z$", "+00:00", text))
    except ValueError:
        raise invalid(f"{text!r} is not an ISO 8601 date") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
