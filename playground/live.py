"""Held polls: the one asynchronous thing in the web process.

A page asks `/runs/live/?r=<run>:<version>:<view>:<mark>&r=…&hold=1` for all its runs at
once. The answer comes as soon as one of them is newer than the page's version, or after
`HOLD_S` with nothing (204). However many wait, a change costs one query, and each
fragment is drawn once (`hub.py`).

The mark is a signature that the page got together with the run: whoever was shown it may watch it
for as long as somebody is logged in in that browser, which is looked up now and then (`logins.py`).
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import uuid
from contextlib import AsyncExitStack
from functools import lru_cache
from urllib.parse import parse_qs

from django.db import DatabaseError

from catalog import outages
from catalog.asgi import App, Receive, Scope, Send
from playground import attendance, changes, leaving
from playground.hub import Hub, News, Watched
from playground.live_marks import mark
from playground.logins import Logins, session_key

PATH = "/runs/live/"
HOLD_S = 8.0
MOST_RUNS = 100  # in one poll, which asks for every tab of a browser
KEPT_QUESTIONS = 512  # a page asks the same again and again while nothing happens
STOP_POLLING = 286  # htmx: nothing more will change

log = logging.getLogger(__name__)


@lru_cache(KEPT_QUESTIONS)
def read(query: str) -> tuple[Watched, ...]:
    """The runs that a poll asks for; anything malformed or unsigned is left out."""
    found = []
    for text in parse_qs(query).get("r", [])[:MOST_RUNS]:
        pk, _, rest = text.partition(":")
        version, _, rest = rest.partition(":")
        view, _, signature = rest.partition(":")
        try:
            watched = Watched(uuid.UUID(pk), int(version), view)
        except ValueError:
            continue
        if hmac.compare_digest(mark(watched.pk, view).encode(), signature.encode()):
            found.append(watched)
    return tuple(found)


class Router:
    """The ASGI application: held polls here, every other request to the pages."""

    def __init__(self, pages: App) -> None:
        self.pages = pages
        self.logins = Logins()
        self.hub: Hub | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"] == PATH and self.hub:
            await self._poll(self.hub, scope, receive, send)
        elif scope["type"] == "http":
            await self.pages(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            self.hub = Hub(await stack.enter_async_context(changes.listening()))
            listening = asyncio.create_task(self.hub.listen(), name="held polls")
            calling = asyncio.create_task(attendance.watch(), name="attendance")
            with leaving.told(self.hub.leave):
                await send({"type": "lifespan.startup.complete"})
                await receive()
            listening.cancel()
            calling.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _poll(self, hub: Hub, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        runs = read(query)
        if not runs:
            return await _answer(send, STOP_POLLING)
        hold_s = HOLD_S if "hold=1" in query.split("&") and not hub.is_leaving else 0.0
        session = session_key(scope["headers"])
        try:
            if not await self.logins.has(session):
                return await _answer(send, 401)
            # Who leaves meanwhile is not looked for: it would cost each poll a task, and ends with the hold.
            news = await hub.news(runs, hold_s)
            if not await self.logins.has_still(session):
                return await _answer(send, 401)
        except DatabaseError as error:
            outages.tell(log, error, "a held poll could not read its runs")
            return await _answer(send, 503)
        nothing = 503 if hub.is_leaving else 204  # a page waits a little after an error
        return await _answer(send, 200 if news.markup else nothing, news)


async def _answer(send: Send, status: int, news: News = News()) -> None:  # noqa: B008  immutable
    """The versions are for the tab that asks for others as well."""
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
    if news.versions:
        headers.append((b"versions", news.versions))
    if status != 204:  # else each answer is sent in chunks, which costs both ends
        headers.append((b"content-length", b"%d" % len(news.markup)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": news.markup})
