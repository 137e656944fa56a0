"""rest.fal.ai: tokens, initiation of uploads, and the public key of webhook signatures."""

from datetime import UTC, datetime, timedelta

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import reply
from sandbox.files import Multipart
from sandbox.hosts.web import body_json, demand_key, route, token
from sandbox.retention import UPLOAD_HEADERS, lifecycle
from sandbox.state import Sandbox


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes of the REST host."""
    return [
        route(sandbox, "/.well-known/jwks.json", "GET", "jwks", jwks),
        route(sandbox, "/tokens/", "POST", "token", make_token),
        route(sandbox, "/tokens/realtime", "POST", "token", make_realtime_token),
        route(sandbox, "/storage/auth/token", "POST", "storage_token", storage_token),
        route(sandbox, "/storage/upload/initiate", "POST", "upload_initiate", initiate),
        route(sandbox, "/storage/upload/initiate-multipart", "POST", "upload_initiate", initiate),
    ]


async def jwks(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the public key of webhook signatures."""
    return reply(sandbox.webhooks.jwks())


async def make_token(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return a token for browsers, as a bare JSON string."""
    demand_key(http, sandbox, "token")
    body = await body_json(http)
    return reply(
        token(sandbox, body.get("allowed_apps", []), body.get("token_expiration", 120)), 201
    )


async def make_realtime_token(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return a token in the older format: takes endpoint paths, returns an object."""
    demand_key(http, sandbox, "token")
    body = await body_json(http)
    aliases = [path.split("/")[1] for path in body.get("allowed_apps", []) if "/" in path]
    return reply({"token": token(sandbox, aliases, body.get("duration", 120))}, 201)


async def storage_token(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the token that fal-client uploads with."""
    demand_key(http, sandbox, "storage_token")
    until = datetime.now(UTC) + timedelta(minutes=30)
    return reply(
        {
            "token": token(sandbox, ["storage"], 1800),
            "token_type": "Bearer",
            "base_url": sandbox.addresses["cdn"],
            "expires_at": until.isoformat(timespec="seconds"),
        }
    )


async def initiate(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the URL to PUT a file to, and its future public URL."""
    demand_key(http, sandbox, "upload_initiate")
    body = await body_json(http)
    content_type = body.get("content_type") or "application/octet-stream"
    path, url = sandbox.files.reserve(body.get("file_name") or "upload.bin")
    wish = lifecycle(http.headers, UPLOAD_HEADERS, sandbox.storage_settings)
    sandbox.files.multipart[path.name] = Multipart(path, url, content_type, wish)
    upload_url = f"{sandbox.addresses['cdn']}/uploads/{path.name}?signature={path.parent.name}"
    return reply({"upload_url": upload_url, "file_url": url})
