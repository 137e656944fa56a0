"""Error responses: 503 while the database is unavailable, 413 for a form that is too large."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import get_resolver
from django.views import defaults

from core.db import transient_errors

RETRY_AFTER_S = 3
COMPRESSED = "Compressed bodies are not read here: send it without Content-Encoding."
SAFE_METHODS = {"GET", "HEAD"}  # may be repeated
CHUNK_BYTES = 1 << 16
MAX_DRAINED_BYTES = 256 << 20
TOO_LARGE: dict[type[Exception], Callable[[Exception], str]] = {
    RequestDataTooBig: lambda _: (
        f"It holds more than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20} MB of text."
    ),
    TooManyFieldsSent: lambda _: (
        f"It has more than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields."
    ),
    TooManyFilesSent: lambda _: (
        f"It has more than {settings.DATA_UPLOAD_MAX_NUMBER_FILES:,} files."
    ),
}


class TooLarge(HttpResponse):
    """413; `why` is the sentence that says what is too large."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self, request: HttpRequest, why: str) -> None:
        super().__init__(render_to_string("413.html", {"why": why}, request))
        self.why = why


class UnreadBody(HttpResponse):
    """411 or 415; `why` is the sentence that says how to send the body."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(f"{why}\n", status=status, content_type="text/plain; charset=utf-8")
        self.why = why


log = logging.getLogger(__name__)


class Unavailable(HttpResponse):
    """503 with `Retry-After: retry_after_s`; the caller logs the reason."""

    status_code = 503
    _has_been_logged = True  # Django would log a traceback; the caller logs one line

    def __init__(self, content: str, retry_after_s: int, **kwargs: Any) -> None:
        super().__init__(content, **kwargs)
        self.headers["Retry-After"] = str(retry_after_s)
        self.headers["Cache-Control"] = "no-store"


class DatabaseUnavailable(Unavailable):
    """The page for a database outage; it reloads itself if the request was a safe one."""

    def __init__(self, request: HttpRequest) -> None:
        is_safe = request.method in SAFE_METHODS
        page = render_to_string("503.html", {"again_s": RETRY_AFTER_S if is_safe else None})
        super().__init__(page, RETRY_AFTER_S)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's `handler400`: explains a form that is too large, else Django's own page."""
    texts = (text for kind, text in TOO_LARGE.items() if isinstance(exception, kind))
    why = next((text(exception) for text in texts), "")
    if not why:
        return defaults.bad_request(request, exception)
    return too_large(request, why)


def too_large(request: HttpRequest, why: str) -> TooLarge:
    """Return 413 with the sentence `why`, after the whole body has been received."""
    _drain_body(request)
    return TooLarge(request, why)


def _drain_body(request: HttpRequest) -> None:
    """Read the rest of the body: a browser that is still sending would show a connection error."""
    bytes_left = MAX_DRAINED_BYTES
    with suppress(UnreadablePostError):  # the client has disconnected
        while bytes_left > 0 and (chunk := request.read(CHUNK_BYTES)):
            bytes_left -= len(chunk)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's `handler404`: leads from an address that was cut short to the page above it.

    Those of programs stay 404, as they expect.
    """
    addresses, path = _cut_addresses(), request.path
    if path not in addresses or request.method not in SAFE_METHODS:
        return defaults.page_not_found(request, exception)
    while path in addresses:
        path = path[: path[:-1].rindex("/") + 1]
    return HttpResponseRedirect(path)


@cache
def _cut_addresses() -> frozenset[str]:
    """Return the addresses that have no page, but begin those of pages: `/categories/`."""
    routes = {f"/{route}" for route in _routes(get_resolver().url_patterns)}
    fixed = [route.partition("<")[0] for route in routes if not route.startswith("/api/")]
    cut = {text[: end + 1] for text in fixed for end, sign in enumerate(text) if sign == "/"}
    return frozenset({*cut, "/api/"} - routes)


def _routes(patterns: Iterable[Any], before: str = "") -> Iterator[str]:
    """Yield the whole route of each page."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        inner = getattr(pattern, "url_patterns", None)
        yield from [route] if inner is None else _routes(inner, route)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's `handler500`: 503 for a transient database error, else Django's own page."""
    error = sys.exc_info()[1]
    if not isinstance(error, transient_errors.TRANSIENT):
        return defaults.server_error(request)
    transient_errors.log_failure(log, error, "%s %s was not answered", request.method, request.path)
    return DatabaseUnavailable(request)


def retry_later(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: repeats a safe request once, on a new connection, after a database error."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, DatabaseUnavailable) and request.method in SAFE_METHODS:
            close_old_connections()  # drops the lost one
            response = get_response(request)
        return response

    return respond
