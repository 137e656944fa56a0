"""Where pictures lie in our storage, and how browsers get them: for ever, straight from the event loop.

A file's name is made of what it was drawn from, so it never changes: no session, no database,
no Django is asked. Thumbnails of the catalogue are no secret; results are served elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
import re
from http import HTTPStatus

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog import whole_files
from catalog.asgi import Scope, Send
from catalog.models.picture import ADDRESS

log = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]

SMALL, LARGE, CLIP = "-s.webp", "-l.webp", ".mp4"
BASE_LENGTH = 24
_FILE = re.compile(
    rf"{ADDRESS}(([0-9a-f]{{2}})[0-9a-f]{{{BASE_LENGTH - 2}}}(?:-[sl]\.webp|\.mp4))", re.ASCII
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


def name(base: str, kind: str) -> str:
    """The name in our storage of a picture's file; `base` is a digest, `kind` one of the three endings."""
    return f"pictures/{base[:2]}/{base[:BASE_LENGTH]}{kind}"


def put(name: str, data: bytes) -> str:
    """Store `data`, once; the name under which it lies, empty for nothing."""
    return whole_files.put(name, ContentFile(data), len(data)) if data else ""


def is_picture(path: str) -> bool:
    """Whether an address is one of a picture."""
    return path.startswith(ADDRESS)


async def serve(scope: Scope, send: Send) -> None:
    """Answer a GET or HEAD for a picture's file; clips in ranges too, else Safari does not play them."""
    found = _FILE.fullmatch(scope["path"])
    if scope["method"] not in {"GET", "HEAD"}:
        await _answer(send, 405, [(b"allow", b"GET, HEAD")])
    elif found is None:
        await _answer(send, 404, [])
    else:
        status, headers, body = await _file(found, dict(scope["headers"]))
        await _answer(send, status, headers, body, is_head=scope["method"] == "HEAD")


async def _file(found: re.Match[str], asked: dict[bytes, bytes]) -> tuple[int, Headers, bytes]:
    """Status, headers and body for the file of an address."""
    tag = f'"{found[1]}"'.encode()
    headers = [
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"etag", tag),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'"),
    ]
    if tag in asked.get(b"if-none-match", b""):
        return 304, headers, b""
    try:
        data = await asyncio.to_thread(_read, f"pictures/{found[2]}/{found[1]}")
    except FileNotFoundError:
        return 404, [], b""
    except Exception as error:  # whatever storages may raise: a bucket that is away
        log.warning("%s cannot be read: %r", found[1], error)
        return 503, [(b"cache-control", b"no-store")], b""
    if not found[1].endswith(CLIP):
        return 200, [*headers, (b"content-type", b"image/webp")], data
    status, part, more = _part(data, asked.get(b"range", b"").decode("latin-1"))
    return status, [*headers, (b"content-type", b"video/mp4"), *more], part


def _read(name: str) -> bytes:
    with default_storage.open(name) as file:
        data: bytes = file.read()
        return data


def _part(data: bytes, wanted: str) -> tuple[int, bytes, Headers]:
    """What a range asks for: status, bytes, headers; several ranges at once read as none."""
    headers = [(b"accept-ranges", b"bytes")]
    found = _RANGE.fullmatch(wanted.replace(" ", ""))
    if found is None or not (found[1] or found[2]) or len(wanted) > 50:
        return 200, data, headers
    first = int(found[1]) if found[1] else max(len(data) - int(found[2]), 0)
    last = min(int(found[2]), len(data) - 1) if found[1] and found[2] else len(data) - 1
    if not first <= last:
        return 416, b"", [*headers, (b"content-range", f"bytes */{len(data)}".encode())]
    span = f"bytes {first}-{last}/{len(data)}".encode()
    return 206, data[first : last + 1], [*headers, (b"content-range", span)]


async def _answer(
    send: Send, status: int, headers: Headers, body: bytes = b"", *, is_head: bool = False
) -> None:
    if status >= 400 and not body:
        body = HTTPStatus(status).phrase.encode()
        headers = [*headers, (b"content-type", b"text/plain; charset=utf-8")]
    if status != 304:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
