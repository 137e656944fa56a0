"""Names, stores and serves the files of pictures, with permanent caching.

Files are named by the digest of their source and never change, so requests are answered from the
event loop without session or database. Thumbnails are public; results are served elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
import re
from http import HTTPStatus

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.models.picture import ADDRESS
from core import storage
from core.http.asgi import Scope, Send
from core.http.conditional import parse_range

log = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]

SMALL, LARGE, CLIP = "-s.webp", "-l.webp", ".mp4"
BASE_LENGTH = 24
_FILE = re.compile(
    rf"{ADDRESS}(([0-9a-f]{{2}})[0-9a-f]{{{BASE_LENGTH - 2}}}(?:-[sl]\.webp|\.mp4))", re.ASCII
)


def name(base: str, kind: str) -> str:
    """The storage name of a picture's file; `base` is a digest, `kind` one of three suffixes."""
    return f"pictures/{base[:2]}/{base[:BASE_LENGTH]}{kind}"


def write(name: str, data: bytes) -> str:
    """Store `data` under `name`; returns the stored name, empty if there is no data."""
    return storage.write(name, ContentFile(data), len(data)) if data else ""


def is_picture(path: str) -> bool:
    """Whether a URL path is under `/pictures/`."""
    return path.startswith(ADDRESS)


async def serve(scope: Scope, send: Send) -> None:
    """Serve GET and HEAD; clips support ranges, without which Safari does not play them."""
    match = _FILE.fullmatch(scope["path"])
    if scope["method"] not in {"GET", "HEAD"}:
        await _respond(send, 405, [(b"allow", b"GET, HEAD")])
    elif match is None:
        await _respond(send, 404, [])
    else:
        status, headers, body = await _file(match, dict(scope["headers"]))
        await _respond(send, status, headers, body, is_head=scope["method"] == "HEAD")


async def _file(
    match: re.Match[str], request_headers: dict[bytes, bytes]
) -> tuple[int, Headers, bytes]:
    """Status, headers and body for the file of an address."""
    tag = f'"{match[1]}"'.encode()
    headers = [
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"etag", tag),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'"),
    ]
    if tag in request_headers.get(b"if-none-match", b""):
        return 304, headers, b""
    try:
        data = await asyncio.to_thread(_read, f"pictures/{match[2]}/{match[1]}")
    except FileNotFoundError:
        return 404, [], b""
    except Exception as error:  # storages may raise anything, as when a bucket is unreachable
        log.warning("%s cannot be read: %r", match[1], error)
        return 503, [(b"cache-control", b"no-store")], b""
    if not match[1].endswith(CLIP):
        return 200, [*headers, (b"content-type", b"image/webp")], data
    status, part, range_headers = _requested_part(
        data, request_headers.get(b"range", b"").decode("latin-1")
    )
    return status, [*headers, (b"content-type", b"video/mp4"), *range_headers], part


def _read(name: str) -> bytes:
    with default_storage.open(name) as file:
        data: bytes = file.read()
        return data


def _requested_part(data: bytes, header: str) -> tuple[int, bytes, Headers]:
    """Return status, bytes and headers for a `Range` header."""
    headers = [(b"accept-ranges", b"bytes")]
    byte_range = parse_range(header, len(data))
    if byte_range is None:
        return 200, data, headers
    headers.append((b"content-range", byte_range.content_range.encode()))
    if not byte_range.is_satisfiable:
        return 416, b"", headers
    return 206, data[byte_range.first : byte_range.last + 1], headers


async def _respond(
    send: Send, status: int, headers: Headers, body: bytes = b"", *, is_head: bool = False
) -> None:
    if status >= 400 and not body:
        body = HTTPStatus(status).phrase.encode()
        headers = [*headers, (b"content-type", b"text/plain; charset=utf-8")]
    if status != 304:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
