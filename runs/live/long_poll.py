"""Long polls for changes of runs, the only asynchronous part of the web process.

A page requests `/runs/live/?r=<run>:<version>:<view>:<token>&r=…&hold=1` for all its runs at once;
a page of hundreds of runs names them as a group (`groups.py`). The response is sent as soon as one
of them is newer than the page's version, or empty (204) after `HOLD_S` seconds. However many pages
wait, a change costs one query, and each fragment is rendered once (`broker.py`).

The page received the signed token together with the run (`runs/progress/watch_tokens.py`). For one
day it allows its user to watch the run while logged in in that browser
(`accounts/sessions/cache.py`); responses renew it for pages that stay open.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from urllib.parse import parse_qs

from django.db import DatabaseError

from accounts.sessions.cache import SessionCache, session_key
from core.byte_cache import byte_cached
from core.db import transient_errors
from core.http.asgi import App, Receive, Scope, Send
from core.notify import channel, messages
from runs.live import groups, renewal, shown_ends, shutdown
from runs.live.broker import COALESCE_S, Broker, News, Watched
from runs.progress import live_partials, watch_tokens, worker_status
from runs.progress.watch_tokens import WatchToken

PATH = "/runs/live/"
HOLD_S = 8.0
MAX_RUNS = 100  # in one poll, which a browser makes for all its tabs
PARSED_BYTES = 2 << 20  # a page repeats the same query until something changes
STOP_POLLING = 286  # htmx stops polling on this status: nothing more will change

log = logging.getLogger(__name__)


@byte_cached(PARSED_BYTES)
def parse_watched(query: str) -> tuple[tuple[Watched, WatchToken], ...]:
    """Parse the runs of a poll with their tokens; malformed and unsigned ones are left out."""
    found = []
    for text in parse_qs(query).get("r", [])[:MAX_RUNS]:
        pk, _, rest = text.partition(":")
        version, _, rest = rest.partition(":")
        view, _, signature = rest.partition(":")
        try:
            watched = Watched(uuid.UUID(pk), live_partials.parse_version(version), view)
        except ValueError:
            continue
        if token := watch_tokens.verify(watched.pk, view, signature):
            found.append((watched, token))
    return tuple(found)


class Router:
    """The ASGI application: answers long polls itself and passes other requests to Django."""

    def __init__(
        self,
        pages: App,
        on_shutdown: Callable[[], None] = lambda: None,
        *,
        hold_s: float = HOLD_S,
        coalesce_s: float = COALESCE_S,
        look_for_workers_s: float = worker_status.LOOK_EVERY_S,
    ) -> None:
        self.pages = pages
        self._hold_s = hold_s
        self._coalesce_s = coalesce_s
        self._look_for_workers_s = look_for_workers_s
        self._on_shutdown = on_shutdown
        self.sessions = SessionCache()
        self.groups = groups.Registry()
        self.broker: Broker | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"] == PATH and self.broker:
            await self._poll(self.broker, scope, send)
        elif scope["type"] == "http":
            await self.pages(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            signal = await stack.enter_async_context(channel.listen())
            self.broker = Broker(signal, self._coalesce_s)
            listening = asyncio.create_task(self.broker.listen(), name="long polls")
            stack.enter_context(messages.on_message(self.broker.receive))
            watching = asyncio.create_task(
                worker_status.watch_for_workers(self._look_for_workers_s), name="worker status"
            )
            with shutdown.on_shutdown(self._release_all):
                await send({"type": "lifespan.startup.complete"})
                await receive()
            listening.cancel()
            watching.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    def _release_all(self) -> None:
        if self.broker:
            self.broker.release_all()
        self._on_shutdown()

    async def _poll(self, broker: Broker, scope: Scope, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        watched, asked = parse_watched(query), groups.parse(query)
        if not watched and not asked:
            return await _respond(send, STOP_POLLING)
        is_held = "hold=1" in query.split("&") and not broker.is_shutting_down
        hold_s = self._hold_s if is_held else 0.0
        session = session_key(scope["headers"])
        try:
            person = await self.sessions.get_user(session)
            if person is None:
                return await _respond(send, 401)
            renewed = await renewal.renew(person, watched)
            theirs = [group for group in asked if group.token.is_for(person)]
            new_tokens = groups.renewed(theirs)
            gone = await renewal.withdrawn(person, watched)
            allowed = (run for run, token in watched if token.allows(person) or run in renewed)
            runs = tuple(run for run in allowed if run not in gone)
            runs += await self.groups.watched(theirs)
            if not runs:
                return await _respond(send, STOP_POLLING)
            # Disconnects are not detected: that would take a task per poll, and polls are short.
            news = await broker.wait_for_news(runs, 0.0 if renewed or new_tokens else hold_s)
            news = news._replace(renewed=renewal.header(renewed.items(), new_tokens))
            if await self.sessions.get_user_after_wait(session) != person:
                return await _respond(send, 401)
        except DatabaseError as error:
            transient_errors.log_failure(log, error, "a long poll could not read its runs")
            return await _respond(send, 503)
        # A page pauses briefly after an error, then reaches the restarted server.
        nothing = 503 if broker.is_shutting_down else 204
        await _respond(send, 200 if news.markup else nothing, news)
        if news.markup:
            await shown_ends.call(broker, person.pk, runs)
        return None


async def _respond(send: Send, status: int, news: News = News()) -> None:  # noqa: B008  immutable
    """Send a response; its `versions` header is for other tabs, for which one tab polls.

    `renewed` has replacements of the page's tokens that expire soon.
    """
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
    if news.versions:
        headers.append((b"versions", news.versions))
    if news.renewed:
        headers.append((b"renewed", news.renewed))
    if status != 204:  # without a length responses are chunked, which is slower on both ends
        headers.append((b"content-length", b"%d" % len(news.markup)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": news.markup})
