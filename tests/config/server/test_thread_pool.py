"""Slow clients do not block others.

Many connections that stop reading, or send slowly, beside one ordinary page.
"""

import asyncio
import gzip
import logging
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, StreamingHttpResponse

from config.middleware import CompressTexts
from config.server.thread_pool import (
    LARGE_BYTES,
    THREADS,
    ThreadPoolApp,
)
from core.http.streaming import OffThreadStream
from tests.sampling import sample

pytestmark = pytest.mark.anyio
CROWD = THREADS * 3


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def wsgi(environ: Any, start_response: Callable[..., Any]) -> Any:
    """Answer with the request's body, or according to the path.

    `/film` is a file in a hundred parts, `/broken` a file that breaks in its second part, and
    `/<kind>/<count>` an answer of `count` pieces.
    """
    kind, _, count = environ["PATH_INFO"].strip("/").partition("/")
    if kind in RESPONSES:
        response = RESPONSES[kind](b"%d," % number for number in range(int(count)))
        compress: Any = CompressTexts(lambda request: response)
        response = compress(WSGIRequest(environ))
        start_response("200 OK", list(response.items()))
        return response
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/film":
        return OffThreadStream(b"%d," % number for number in range(100))
    if environ["PATH_INFO"] == "/broken":
        return OffThreadStream(break_off())
    return [environ["wsgi.input"].read()]


def write_pieces(pieces: Iterator[bytes]) -> HttpResponse:
    """Return a response that is written piece by piece, as Django writes a feed."""
    response = HttpResponse()
    for piece in pieces:
        response.write(piece)
    return response


RESPONSES: dict[str, Any] = {
    "complete": HttpResponse,
    "written": write_pieces,
    "streamed": StreamingHttpResponse,
    "file": OffThreadStream,
}


def break_off() -> Iterator[bytes]:
    yield b"first"
    raise TimeoutError("the bucket is away")


class Browser:
    """One connection: the messages that it sends, and those that it has received."""

    def __init__(self, *sent: dict[str, Any], patience: int = 1000) -> None:
        self._sent = [*sent]
        self._patience = patience
        self.got: list[dict[str, Any]] = []
        self.has_stopped = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self._sent:
            return self._sent.pop(0)
        self.has_stopped.set()
        return await asyncio.Future()

    async def send(self, message: Any) -> None:
        self.got.append(message)
        if len(self.got) > self._patience:
            self.has_stopped.set()
            await asyncio.Future()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.got)


def request(path: str, size_bytes: int = 0) -> dict[str, Any]:
    headers = [(b"content-length", str(size_bytes).encode())]
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": headers,
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
    }


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


@asynccontextmanager
async def crowd(
    pages: ThreadPoolApp, scope: dict[str, Any], *sent: Any, patience: int = 1000
) -> Any:
    """Open many connections and wait until each has come to a standstill."""
    browsers = [Browser(*sent, patience=patience) for _ in range(CROWD)]
    tasks = [
        asyncio.create_task(pages(scope, browser.receive, browser.send)) for browser in browsers
    ]
    # With large bodies, only as many connections progress as there are threads.
    waited_for = browsers[:THREADS] if scope["path"] == "/large" else browsers
    await asyncio.wait_for(
        asyncio.gather(*(browser.has_stopped.wait() for browser in waited_for)), 30
    )
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def is_answered(pages: ThreadPoolApp) -> bool:
    browser = Browser(part(b"here"))
    await asyncio.wait_for(pages(request("/page", 4), browser.receive, browser.send), 30)
    return browser.body == b"here"


async def test_a_file_arrives_complete_and_in_order():
    browser = Browser(part(b""))
    await ThreadPoolApp(wsgi)(request("/film"), browser.receive, browser.send)
    assert browser.body == b"".join(b"%d," % number for number in range(100))
    assert [message["type"] for message in browser.got].count("http.response.start") == 1
    assert [bool(message.get("more_body")) for message in browser.got[1:]] == [True] * 100 + [False]


class SlowBrowser(Browser):
    """A connection that takes each message only after the server could have sent many more."""

    async def send(self, message: Any) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        await super().send(message)


@pytest.mark.parametrize("browser_class", sample([Browser, SlowBrowser], 10, by_seed=4))
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("kind", RESPONSES)
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 1000])
async def test_a_response_in_any_number_of_pieces_arrives_complete(
    kind, count, encoding, browser_class
):
    """The feed of changes, written in hundreds of pieces, was cut off after the ninth."""
    scope = request(f"/{kind}/{count}")
    scope["headers"].append((b"accept-encoding", encoding.encode()))
    browser = browser_class(part(b""), patience=3000)
    await ThreadPoolApp(wsgi)(scope, browser.receive, browser.send)
    assert whole(browser) == b"".join(b"%d," % number for number in range(count))
    assert browser.got[-1] == {"type": "http.response.body", "body": b""}


def whole(browser: Browser) -> bytes:
    """Return the body, decompressed if the headers say so."""
    is_compressed = (b"content-encoding", b"gzip") in browser.got[0]["headers"]
    return gzip.decompress(browser.body) if is_compressed else browser.body


async def test_a_client_that_stops_reading_occupies_no_thread():
    pages = ThreadPoolApp(wsgi)
    async with crowd(pages, request("/film"), part(b""), patience=3):
        assert await is_answered(pages)


async def test_a_slow_large_body_occupies_no_page_thread():
    pages = ThreadPoolApp(wsgi)
    body = [part(b"x", more=True)]
    async with crowd(pages, request("/large", LARGE_BYTES + 1), *body):
        assert await is_answered(pages)


async def test_an_unfinished_small_body_occupies_no_thread():
    pages = ThreadPoolApp(wsgi)
    async with crowd(pages, request("/page", 2), part(b"x", more=True)):
        assert await is_answered(pages)


async def test_a_disconnected_client_is_sent_nothing_more():
    browser = Browser(part(b""), {"type": "http.disconnect"})
    await ThreadPoolApp(wsgi)(request("/film"), browser.receive, browser.send)
    assert len(browser.got) < 100


async def test_a_truncated_file_is_logged_in_one_line(caplog):
    browser = Browser(part(b""))
    with caplog.at_level(logging.WARNING):
        await ThreadPoolApp(wsgi)(request("/broken"), browser.receive, browser.send)
    assert browser.body == b"first"
    assert browser.got[-1]["more_body"]  # so the server closes the connection early
    assert "the bucket is away" in caplog.text
