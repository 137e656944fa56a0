"""Looks for secrets in every response: headers and body, compressed or not, whole or in pieces."""

import io
import re
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import brotli

from core.http.asgi import App, Message, Receive, Scope, Send
from tests.leaks import secrets


class Shown(NamedTuple):
    """A place that shows a secret on purpose; `method` and `path` are the request's."""

    kind: str
    method: str
    path: re.Pattern[str]
    why: str


# `test_responses.py` needs each of them.
SHOWN = [
    Shown(
        "API token",
        "POST",
        re.compile("/account/tokens/(clients/)?"),
        "the page of a new token, and a client's lines with it, once",
    ),
    Shown("invitation", "POST", re.compile("/people/invitations/"), "its link, once, to be sent"),
    Shown(
        "invitation",
        "GET",
        re.compile("/login/with/[^/]+/callback/"),
        "who opened it and signed in at an issuer is sent back to it",
    ),
]
# Media come from upstream, are large, and contain no text.
UNREAD = ("image/", "video/", "audio/", "font/")
MAX_ZIP_BYTES = 4 << 20  # kept in memory: only tests about the size of archives make larger ones


LINKS = {"login link", "invitation"}


def shown_to(method: str, path: str) -> set[str]:
    """Return the kinds of secrets that the response to this request may contain.

    The page of a link may contain its own address, to which its forms post.
    """
    own = LINKS & secrets.made_kinds(path.encode("utf-8", "surrogatepass"))
    return own.union(
        place.kind for place in SHOWN if place.method == method and place.path.fullmatch(path)
    )


class Body:
    """The body of one response, checked piece by piece."""

    def __init__(self, place: str, allowed: Collection[str], content_type: str, encoding: str):
        self._place = place
        self._allowed = allowed
        self._is_read = not content_type.startswith(UNREAD)
        self._zip = io.BytesIO() if content_type.startswith("application/zip") else None
        self._decompress = _decompressor(encoding)
        self._end = b""  # the end of the last piece, which may contain the beginning of a secret

    def feed(self, piece: bytes) -> None:
        """Check the next piece."""
        if not piece or not self._is_read:
            return
        if self._zip is not None:
            if self._zip.tell() <= MAX_ZIP_BYTES:
                self._zip.write(piece)
            return
        text = self._end + self._decompress(piece)
        secrets.check(text, self._place, self._allowed)
        self._end = text[1 - secrets.longest() :]

    def close(self) -> None:
        """Check parts that can be read only as a whole."""
        if self._zip is None or self._zip.tell() > MAX_ZIP_BYTES:
            return
        if zipfile.is_zipfile(self._zip):  # false if the client has disconnected
            with zipfile.ZipFile(self._zip) as archive:
                for name in archive.namelist():
                    place = f"{name} of {self._place}"
                    secrets.check(archive.read(name) + name.encode(), place, self._allowed)


def _decompressor(encoding: str) -> Callable[[bytes], bytes]:
    if encoding == "gzip":
        return zlib.decompressobj(wbits=31).decompress
    if encoding == "br":
        decompress: Callable[[bytes], bytes] = brotli.Decompressor().process
        return decompress
    return bytes


# --- Django: the test client and the live server --------------------------------------------------
def watch_responses(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The outermost middleware of `tests.settings`: it sees everything that leaves the server."""
    from django.conf import settings
    from django.http import FileResponse

    def respond(request: Any) -> Any:
        response = get_response(request)
        place = f"the response {response.status_code} to {request.method} {request.path}"
        allowed = shown_to(request.method, request.path)
        _check_headers(response.headers.items(), place, allowed)
        for name, cookie in response.cookies.items():
            if name != settings.SESSION_COOKIE_NAME:
                secrets.check(str(cookie), f"a cookie of {place}", allowed)
        if isinstance(response, FileResponse):
            # iterating over a stored file would make the server send it as a stream
            return response
        body = _body(response.headers, place, allowed)
        if not response.streaming:
            body.feed(response.content)
            body.close()
        elif response.is_async:
            response.streaming_content = _passed_async(response.streaming_content, body)
        else:
            response.streaming_content = _passed(response.streaming_content, body)
        return response

    return respond


def _passed(pieces: Iterable[bytes], body: Body) -> Iterator[bytes]:
    for piece in pieces:
        body.feed(piece)
        yield piece
    body.close()


async def _passed_async(pieces: AsyncIterator[bytes], body: Body) -> AsyncIterator[bytes]:
    async for piece in pieces:
        body.feed(piece)
        yield piece
    body.close()


def _body(headers: Mapping[str, str], place: str, allowed: Collection[str]) -> Body:
    return Body(
        f"the body of {place}",
        allowed,
        headers.get("content-type", ""),
        headers.get("content-encoding", ""),
    )


def _check_headers(
    headers: Iterable[tuple[str, str]], place: str, allowed: Collection[str]
) -> None:
    text = "\n".join(f"{name}: {value}" for name, value in headers)
    secrets.check(text, f"the headers of {place}", allowed)


# --- ASGI: long polls, streams, assistants, sockets, and started web processes --------------------
def watched_application(app: App) -> App:
    """Return the application, with checks of everything that it sends."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await app(scope, receive, send)
        sent = _Sent(scope)

        async def look_and_send(message: Message) -> None:
            sent.look(message)
            await send(message)

        return await app(scope, receive, look_and_send)

    return application


class _Sent:
    """Everything sent in answer to one request or in one socket."""

    def __init__(self, scope: Scope) -> None:
        method = scope.get("method", "socket")
        self._place = f"what answers {method} {scope['path']}"
        self._allowed = shown_to(method, scope["path"])
        self._body: Body | None = None

    def look(self, message: Message) -> None:
        """Look for secrets in a message of the application."""
        headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in message.get("headers", ())
            if not value.startswith(b"vitrine_session_")  # the session's own cookie
        ]
        _check_headers(headers, self._place, self._allowed)
        if message["type"] == "http.response.start":
            self._body = _body(dict(headers), self._place, self._allowed)
        elif message["type"] == "http.response.body" and self._body is not None:
            self._body.feed(message.get("body", b""))
            if not message.get("more_body"):
                self._body.close()
        else:
            for part in ("text", "bytes", "reason"):
                secrets.check(message.get(part) or "", self._place, self._allowed)


def watch_own_keys() -> None:
    """In a started process, watch for the keys of its installation, even if it has none itself."""
    from django.conf import settings

    secrets.watch(settings.SECRET_KEY, "SECRET_KEY")
    for name, value in keys_in(settings.VAR_DIR):
        secrets.watch(value, name)
    for name in ("FAL_KEY", "FAL_ADMIN_KEY"):
        secrets.watch(getattr(settings, name), name)


def keys_in(folder: Path) -> list[tuple[str, str]]:
    """Return the keys that `manage.py up` has made in its `var/`, each with its setting's name."""
    file = folder / "sandbox.env"
    lines = file.read_text().splitlines() if file.exists() else []
    pairs = [line.partition("=")[::2] for line in lines]
    return [(name, value) for name, value in pairs if name in ("FAL_KEY", "FAL_ADMIN_KEY")]
