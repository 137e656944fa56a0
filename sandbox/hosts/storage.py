"""rest.fal.ai and v3.fal.media: tokens, uploads by both of fal's clients, and the public files."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from sandbox.faults import reply
from sandbox.files import Multipart, content_type_of
from sandbox.hosts.web import Refused, apps_of, body_json, demand_key, route, token
from sandbox.retention import UPLOAD_HEADERS, lifetime_s
from sandbox.state import Sandbox

TOKEN_LASTS = timedelta(minutes=30)  # of an upload token


def rest_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of the REST host."""
    return [
        route(sandbox, "/.well-known/jwks.json", "GET", "jwks", jwks),
        route(sandbox, "/tokens/", "POST", "token", make_token),
        route(sandbox, "/tokens/realtime", "POST", "token", make_realtime_token),
        route(sandbox, "/storage/auth/token", "POST", "storage_token", storage_token),
        route(sandbox, "/storage/upload/initiate", "POST", "upload_initiate", initiate),
        route(sandbox, "/storage/upload/initiate-multipart", "POST", "upload_initiate", initiate),
    ]


def upload_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of the upload host."""
    return [
        route(sandbox, "/files/upload", "POST", "upload", upload),
        route(sandbox, "/files/upload/multipart", "POST", "upload_initiate", begin_multipart),
        route(sandbox, "/uploads/{name}", "PUT", "upload", put_whole),
        route(sandbox, "/uploads/{name}/complete", "POST", "upload_complete", complete),
        route(sandbox, "/uploads/{name}/{number:int}", "PUT", "upload_part", put_part),
    ]


def file_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of the public file host."""
    part = "/{path:path}/multipart/{name}/"
    return [
        route(sandbox, part + "complete", "POST", "upload_complete", complete),
        route(sandbox, part + "{number:int}", "PUT", "upload_part", put_part),
        route(sandbox, "/{path:path}", "GET", _file_kind, serve),
    ]


def _file_kind(http: HttpRequest) -> str:
    return "thumbnail" if http.path_params["path"].startswith("thumbs/") else "file"


async def jwks(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the public key of webhook signatures."""
    return reply(sandbox.webhooks.jwks())


async def make_token(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return a token for browsers, as a bare JSON string."""
    demand_key(http, sandbox, "token")
    body = await body_json(http)
    lifetime = body.get("token_expiration", 120)
    return reply(token(sandbox, body.get("allowed_apps", []), lifetime), 201)


async def make_realtime_token(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return a token in the older format: takes endpoint paths, returns an object."""
    demand_key(http, sandbox, "token")
    body = await body_json(http)
    aliases = [path.split("/")[1] for path in body.get("allowed_apps", []) if "/" in path]
    return reply({"token": token(sandbox, aliases, body.get("duration", 120))}, 201)


async def storage_token(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return the token that fal-client uploads with."""
    demand_key(http, sandbox, "storage_token")
    until = datetime.now(UTC) + TOKEN_LASTS
    return reply(
        {
            "token": token(sandbox, ["storage"], int(TOKEN_LASTS.total_seconds())),
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
    pending = _begin(http, sandbox, body.get("file_name") or "upload.bin", content_type)
    signature = pending.path.parent.name
    upload_url = f"{sandbox.addresses['cdn']}/uploads/{pending.path.name}?signature={signature}"
    return reply({"upload_url": upload_url, "file_url": pending.url})


async def begin_multipart(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Begin an upload in parts, as fal-client does."""
    pending = _begin_with_token(http, sandbox)
    return reply({"access_url": pending.url, "uploadId": pending.path.name})


async def upload(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Accept a whole file in one POST, as fal-client sends it."""
    pending = _begin_with_token(http, sandbox)
    await _receive(http, sandbox, pending.path)
    _finish(pending, sandbox)
    return reply({"access_url": pending.url})


async def put_whole(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Accept the bytes of an initiated upload."""
    pending = _pending(http, sandbox)
    await _receive(http, sandbox, pending.path)
    _finish(pending, sandbox)
    return Response(status_code=200)


async def put_part(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Accept one part; the entity tag is in the header (Python's client) and the body (JS)."""
    pending, number = _pending(http, sandbox), http.path_params["number"]
    etag = await _receive(http, sandbox, pending.part(number))
    return reply({"partNumber": number, "etag": etag}, headers={"ETag": etag})


async def complete(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Join the listed parts in the order of their numbers."""
    pending = _pending(http, sandbox)
    body = await body_json(http)
    numbers = [int(part.get("partNumber", part.get("part_number", 0))) for part in body["parts"]]
    if missing := set(numbers) - set(pending.parts):
        return reply({"detail": f"Part {min(missing)} was never uploaded"}, 400)
    await run_in_threadpool(pending.join, numbers)
    _finish(pending, sandbox)
    return reply({"access_url": pending.url, "url": pending.url})


async def serve(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Serve a stored file, an example or a thumbnail, or a range of it."""
    relative = http.path_params["path"]
    path = sandbox.files.at(relative) or await run_in_threadpool(sandbox.gallery.find, relative)
    if path is None:
        return reply({"detail": "Not Found"}, 404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(path, media_type=content_type_of(path), headers=headers)


def _begin_with_token(http: HttpRequest, sandbox: Sandbox) -> Multipart:
    """Begin an upload whose file the headers describe; raises Refused without an upload token."""
    scheme, _, credentials = http.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or "storage" not in apps_of(sandbox, credentials):
        raise Refused(reply({"detail": "An upload token is required"}, 401))
    name = http.headers.get("x-fal-file-name", "upload.bin")
    content_type = http.headers.get("content-type", "application/octet-stream")
    return _begin(http, sandbox, name, content_type)


def _begin(http: HttpRequest, sandbox: Sandbox, name: str, content_type: str) -> Multipart:
    path, url = sandbox.files.reserve(name)
    lasts_s = lifetime_s(http.headers, UPLOAD_HEADERS, sandbox.storage_settings)
    pending = sandbox.files.multipart[path.name] = Multipart(path, url, content_type, lasts_s)
    return pending


def _pending(http: HttpRequest, sandbox: Sandbox) -> Multipart:
    pending = sandbox.files.multipart.get(http.path_params["name"])
    if pending is None:
        raise Refused(reply({"detail": "Upload not found"}, 404))
    return pending


def _finish(pending: Multipart, sandbox: Sandbox) -> None:
    sandbox.files.describe(pending.path, pending.content_type, pending.lasts_s, is_upload=True)
    del sandbox.files.multipart[pending.path.name]


async def _receive(http: HttpRequest, sandbox: Sandbox, path: Path) -> str:
    """Stream the body to a file; return its digest as an entity tag."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with path.open("wb") as file:
        async for chunk in http.stream():
            size += len(chunk)
            if size > sandbox.config.max_upload_bytes:
                await run_in_threadpool(path.unlink)
                raise Refused(reply({"detail": "The file is too large"}, 413))
            digest.update(chunk)
            file.write(chunk)
    return f'"{digest.hexdigest()}"'
