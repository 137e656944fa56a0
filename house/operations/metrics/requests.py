"""Counts the requests of web processes, by the first part of their path and kind of status."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import Any

from django.urls import get_resolver

from core.http.asgi import App, Message, Receive, Scope, Send
from core.process import counters

HELD, OTHER = "held", "other"


class CountedRequests:
    """An ASGI application that counts HTTP requests and the time until their response begins.

    `routes` are the first parts of paths with a series of their own. Responses at the paths `held`
    wait for news, so their times are kept apart.
    """

    def __init__(self, app: App, routes: Collection[str], held: Collection[str]) -> None:
        self._app, self._routes, self._held = app, frozenset(routes), frozenset(held)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began = time.perf_counter()

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route, status = self._route(scope["path"]), f"{message['status'] // 100}xx"
                counters.count("vitrine_requests_total", route=route, status=status)
                seconds = time.perf_counter() - began
                counters.observe("vitrine_request_seconds", seconds, route=route)
            await send(message)

        return await self._app(scope, receive, send_counted)

    def _route(self, path: str) -> str:
        if path in self._held:
            return HELD
        first = "/" + path[1:].partition("/")[0]
        return first if first in self._routes else OTHER


def page_routes() -> set[str]:
    """Return the first part of every page's address: `/models` of `/models/…`."""
    addresses = {begin.partition("/")[0] for begin in _beginnings(get_resolver().url_patterns)}
    return {f"/{name}" for name in addresses if "<" not in name}


def _beginnings(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        begin = str(pattern.pattern).lstrip("^").removesuffix("$")
        if begin or not hasattr(pattern, "url_patterns"):
            yield begin
        else:
            yield from _beginnings(pattern.url_patterns)
