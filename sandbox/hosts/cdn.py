"""v3.fal.media: accepts uploads by both of fal's clients, whole or in parts, and serves files."""

import hashlib
from http import HTTPStatus
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from sandbox.faults import reply
from sandbox.files import Multipart, acl_of, content_type_of
from sandbox.hosts.web import Refused, apps_of, body_json, route
from sandbox.retention import UPLOAD_HEADERS, Lifecycle, lifecycle
from sandbox.state import Sandbox

ACCESS = {"allow": 200, "forbid": 403, "hide": 404}  # by an access list's default


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


async def serve(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Serve a stored file, an example or a thumbnail, or a range of it.

    A file that its access list hides or forbids needs a signed address.
    """
    relative = http.path_params["path"]
    path = sandbox.files.at(relative)
    if path is None:
        path = await run_in_threadpool(sandbox.gallery.find, relative)
    status = 404 if path is None else ACCESS[acl_of(path)["default"]]
    is_signed = relative in apps_of(sandbox, http.query_params.get("identity", ""))
    if path is None or (status != 200 and not is_signed):
        return reply({"detail": HTTPStatus(status).phrase}, status)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(path, media_type=content_type_of(path), headers=headers)


async def upload(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Accept a whole file in one POST, as fal-client sends it."""
    _demand_token(http, sandbox)
    path, url = sandbox.files.reserve(http.headers.get("x-fal-file-name", "upload.bin"))
    await _receive(http, sandbox, path)
    sandbox.files.describe(path, _content_type(http), _lifecycle(http, sandbox), is_upload=True)
    return reply({"access_url": url})


async def begin_multipart(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Begin an upload in parts, as fal-client does."""
    _demand_token(http, sandbox)
    path, url = sandbox.files.reserve(http.headers.get("x-fal-file-name", "upload.bin"))
    pending = Multipart(path, url, _content_type(http), _lifecycle(http, sandbox))
    sandbox.files.multipart[path.name] = pending
    return reply({"access_url": url, "uploadId": path.name})


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
    await run_in_threadpool(_join, pending, numbers)
    _finish(pending, sandbox)
    return reply({"access_url": pending.url, "url": pending.url})


def _finish(pending: Multipart, sandbox: Sandbox) -> None:
    sandbox.files.describe(pending.path, pending.content_type, pending.lifecycle, is_upload=True)
    del sandbox.files.multipart[pending.path.name]


def _join(pending: Multipart, numbers: list[int]) -> None:
    with pending.path.open("wb") as whole_file:
        pending.join(whole_file, numbers)


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


def _pending(http: HttpRequest, sandbox: Sandbox) -> Multipart:
    pending = sandbox.files.multipart.get(http.path_params["name"])
    if pending is None:
        raise Refused(reply({"detail": "Upload not found"}, 404))
    return pending


def _demand_token(http: HttpRequest, sandbox: Sandbox) -> None:
    scheme, _, credentials = http.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or "storage" not in apps_of(sandbox, credentials):
        raise Refused(reply({"detail": "An upload token is required"}, 401))


def _content_type(http: HttpRequest) -> str:
    return http.headers.get("content-type", "application/octet-stream")


def _lifecycle(http: HttpRequest, sandbox: Sandbox) -> Lifecycle:
    return lifecycle(http.headers, UPLOAD_HEADERS, sandbox.storage_settings)
