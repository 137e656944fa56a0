"""What a page answers when something broke: a database that is away for a moment is nobody's mistake."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views import defaults

from catalog import outages

AGAIN_S = 3
READS = {"GET", "HEAD"}  # what may be asked twice

log = logging.getLogger(__name__)


class Unavailable(HttpResponse):
    """Something of ours is away for a while, `again_s` seconds or so; whoever answers this logs why."""

    status_code = 503
    _has_been_logged = True  # in a line of ours, instead of with a traceback of Django's

    def __init__(self, content: str, again_s: int, **more: Any) -> None:
        super().__init__(content, **more)
        self.headers["Retry-After"] = str(again_s)
        self.headers["Cache-Control"] = "no-store"


class Outage(Unavailable):
    """The database did not answer: a page that asks again by itself, where nothing was to be changed."""

    def __init__(self, request: HttpRequest) -> None:
        reads = request.method in READS
        page = render_to_string("503.html", {"again_s": AGAIN_S if reads else None})
        super().__init__(page, AGAIN_S)


def answer(request: HttpRequest) -> HttpResponseBase:
    """The page for an exception that nobody caught (Django's `handler500`)."""
    error = sys.exc_info()[1]
    if not isinstance(error, outages.PASSING):
        return defaults.server_error(request)
    outages.tell(log, error, "%s %s was not answered", request.method, request.path)
    return Outage(request)


def ask_again(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answers what only reads once more, on a fresh connection, where the database ended the one before."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, Outage) and request.method in READS:
            close_old_connections()  # those that are lost
            response = get_response(request)
        return response

    return respond
