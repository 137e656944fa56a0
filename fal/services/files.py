"""Downloads of models' output files, from allowed origins only, without the key (section 13)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address

import httpx

from fal import reading
from fal.addresses import origin
from fal.errors import BadRedirect, FalError, FileUnavailable
from fal.http import bodies
from fal.http.answers import Answer, rejection
from fal.http.limits import FILE
from fal.http.wire import Wire
from fal.messages.data_uri import decode_data_uri, too_large

MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK_BYTES = 1 << 16
_REFUSED = frozenset({400, 401, 403, 404, 405, 406, 451})
_RANGE = re.compile(r"bytes 0-(?P<last>\d+)/(?P<size>\d+)")


@dataclass(frozen=True)
class Download:
    """An open file: media type ("" if unknown), size, and its bytes, which can be read once.

    Iterating raises FileUnavailable beyond the allowed size, Unreachable if the connection is lost.
    """

    content_type: str
    size: int | None
    _chunks: AsyncGenerator[bytes]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks


class Files:
    """Downloads files by http or `data:` URL."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @asynccontextmanager
    async def open(self, url: str, *, max_bytes: int) -> AsyncGenerator[Download]:
        """The whole file at `url`, at most `max_bytes` long; raises FileUnavailable.

        Follows up to three redirects, to allowed origins only. A redirect to another public address
        raises BadRedirect (retryable); one to a private address raises FileUnavailable. Never sends
        the key.
        """
        if url[:5].lower() == "data:":
            content_type, content = decode_data_uri(url, max_bytes=max_bytes)
            yield Download(content_type, len(content), _sliced(content))
            return
        async with self._follow(url) as response:
            size = _size(response)
            if size is not None and size > max_bytes:
                raise too_large(max_bytes)
            body = response.aiter_bytes(_CHUNK_BYTES)
            claimed_type = reading.media_type(response.headers.get("content-type", ""))
            async with aclosing(bodies.capped(body, max_bytes, too_large(max_bytes))) as chunks:
                yield Download(claimed_type, size, chunks)

    @asynccontextmanager
    async def _follow(self, url: str) -> AsyncGenerator[httpx.Response]:
        target = self._allowed(url)
        for _ in range(MAX_REDIRECTS + 1):
            async with self._wire.stream(
                "GET",
                str(target),
                headers={"Accept-Encoding": "identity"},  # Content-Length is the file's size
                timeouts=FILE,
                with_key=False,
                error_of=_file_error,
            ) as response:
                if response.status_code not in _REDIRECTS:
                    if not _is_whole(response):
                        status = response.status_code
                        message = (
                            f"The file's host did not give the whole file: it answered {status}."
                        )
                        raise FileUnavailable(message, status=status)
                    yield response
                    return
                target = self._redirected(target, response)
        raise BadRedirect(f"The file is more than {MAX_REDIRECTS} redirects away.")

    def _redirected(self, target: httpx.URL, response: httpx.Response) -> httpx.URL:
        url = _location(target, response)
        try:
            return self._allowed(url)
        except FileUnavailable as error:
            if _is_inside(url):
                raise
            raise BadRedirect(error.message) from error

    def _allowed(self, url: str) -> httpx.URL:
        try:
            target = httpx.URL(url)
            origin(target)
        except httpx.InvalidURL as error:
            raise FileUnavailable("The file's address is malformed.") from error
        if not self._wire.addresses.is_media(str(target)):
            raise FileUnavailable(
                f"Files are not fetched from {_origin_text(target)}: it is not one of the media "
                "addresses."
            )
        return target


async def _sliced(content: bytes) -> AsyncGenerator[bytes]:
    for start in range(0, len(content), _CHUNK_BYTES):
        yield content[start : start + _CHUNK_BYTES]


def _size(response: httpx.Response) -> int | None:
    value = response.headers.get("content-length", "")
    return int(value) if value.isdecimal() and "content-encoding" not in response.headers else None


def _is_whole(response: httpx.Response) -> bool:
    """Whether the response is the whole file: a 202 has none yet, a 206 may be only a part."""
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return response.status_code == HTTPStatus.OK
    span = _RANGE.fullmatch(response.headers.get("content-range", "").strip().lower())
    return span is not None and int(span["last"]) + 1 == int(span["size"])


def _is_inside(url: str) -> bool:
    """Whether a URL's host is localhost or a private IP address."""
    try:
        host = httpx.URL(url).host
        return host == "localhost" or not ip_address(host).is_global
    except (ValueError, httpx.InvalidURL):
        return False


def _origin_text(url: httpx.URL) -> str:
    """Scheme, host and any explicit port: only some ports of a host may be allowed."""
    return f"{url.scheme}://{url.host}{f':{url.port}' if url.port else ''}"


def _location(target: httpx.URL, response: httpx.Response) -> str:
    try:
        return str(target.join(response.headers["location"]))
    except (KeyError, httpx.InvalidURL) as error:
        raise BadRedirect("The file's host redirects to an address that cannot be read.") from error


def _file_error(answer: Answer) -> FalError:
    """The error for a refused or missing file; a 403 here says nothing about our key."""
    if answer.status == HTTPStatus.GONE:
        message = "The file is not there any more"
    elif answer.status in _REFUSED:
        message = "The file's host does not give it"
    else:
        return rejection(answer)
    return FileUnavailable(f"{message}: it answered {answer.status}.", status=answer.status)
