"""What all hosts share: routes that are counted and can be made to fail, keys, tokens."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import HTTPConnection
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import error, strike
from sandbox.state import Sandbox

Handler = Callable[[HttpRequest, Sandbox], Awaitable[Response]]
Kind = str | Callable[[HttpRequest], str]


class Refused(Exception):
    """An answer other than the one asked for."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(response.status_code)


def route(sandbox: Sandbox, path: str, methods: str, kind: Kind, handler: Handler) -> Route:
    """A route whose calls are counted by kind, and struck by the faults that are switched on."""

    async def endpoint(http: HttpRequest) -> Response:
        what = kind if isinstance(kind, str) else kind(http)
        sandbox.calls[what] += 1
        if http.client:
            sandbox.clients.add((what, *http.client))

        async def answer() -> Response:
            try:
                return await handler(http, sandbox)
            except Refused as refusal:
                return refusal.response

        fault = sandbox.faults.take(what, http.url.path)
        return await (strike(fault, answer) if fault else answer())

    return Route(path, endpoint, methods=methods.split())


def demand_key(
    http: HTTPConnection, sandbox: Sandbox, kind: str, *, optional: bool = False
) -> None:
    """Refuse with 401 unless the caller has the key; a wrong key is refused even where none is needed."""
    given = http.headers.get("authorization")
    if given is None and (optional or _token_fits(http, sandbox)):
        return
    scheme, _, key = (given or "").partition(" ")
    if scheme.lower() == "key" and hmac.compare_digest(key.encode(), sandbox.config.key.encode()):
        return
    said = "invalid key credentials" if given else "no key in the Authorization header"
    raise Refused(
        error(kind, 401, f"Cannot access application: {said}. Authentication is required.")
    )


async def body_json(http: HttpRequest) -> Any:
    """The JSON body, an empty one as an empty object; refuses what is not JSON with 400."""
    raw = await http.body()
    if not raw.strip():
        return {}
    try:
        return json.loads(raw)
    except ValueError:
        raise Refused(error("", 400, "The body is not valid JSON")) from None


def token(sandbox: Sandbox, apps: list[str], lasts_s: int) -> str:
    """A JSON Web Token for browsers, signed with the key."""
    claims = {"sub": "sandbox", "apps": apps, "exp": int(time.time()) + lasts_s}
    head = f"{_b64(json.dumps({'alg': 'HS256', 'typ': 'JWT'}))}.{_b64(json.dumps(claims))}"
    return f"{head}.{_signature(sandbox, head)}"


def apps_of(sandbox: Sandbox, text: str) -> list[str]:
    """The applications a token is for; none when it is not ours or has expired."""
    head, _, signature = text.rpartition(".")
    if not head or not hmac.compare_digest(signature, _signature(sandbox, head)):
        return []
    claims = json.loads(base64.urlsafe_b64decode(head.partition(".")[2] + "=="))
    return list(claims["apps"]) if claims["exp"] > time.time() else []


def _token_fits(http: HTTPConnection, sandbox: Sandbox) -> bool:
    alias = http.path_params.get("path", "").split("/")[1:2]
    return bool(alias) and alias[0] in apps_of(sandbox, http.query_params.get("fal_jwt_token", ""))


def _signature(sandbox: Sandbox, head: str) -> str:
    made = hmac.new(sandbox.config.key.encode(), head.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
