"""Long polls for changes of runs, the only asynchronous part of the web process.

A page posts all the runs that it shows to `/runs/live/?hold=1` (`wire.py`). The response is sent as
soon as one of them is newer than the page's version, or empty (204) after `HOLD_S` seconds; without
`hold` at once. However many pages wait, a change costs one query, and fragments are rendered once
(`pages.py`).

The page got a signed token together with the run (`runs/progress/watch_tokens.py`). For one day the
token lets its user watch the run while logged in in that browser
(`accounts/sessions/cache.py`); responses renew it for pages that stay open.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus

from cachetools import LRUCache
from django.db import DatabaseError

from accounts.sessions import active_sessions
from accounts.sessions.cache import SessionCache, session_key
from core.byte_cache import byte_cached
from core.db import transient_errors
from core.db.threads import in_thread
from core.http.asgi import App, Receive, Scope, Send, respond
from core.live import shutdown
from core.live.broker import Broker
from core.live.tokens import WatchToken
from core.notify import channel, messages
from runs.live import groups, renewal, wire
from runs.live.groups import Group
from runs.live.pages import COALESCE_S, NOTHING, Fragments, News, NewsOfRuns
from runs.live.wire import BadPoll, RenewedToken, WatchedRun
from runs.progress import watch_tokens, worker_status
from runs.promises.lifecycle import Lifecycle
from runs.promises.registry import registered

PATH = "/runs/live/"
HOLD_S = 8.0
PARSED_BYTES = 2 << 20  # a page repeats the same poll until something changes
STOP_POLLING = 286  # htmx's status: nothing more will change
TEXT = [(b"content-type", b"text/plain")]
MAX_ANNOUNCED = 4096
# The users and runs of which the apps were notified, or are being notified.
_announced: LRUCache[tuple[int, uuid.UUID], None] = LRUCache(MAX_ANNOUNCED)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VerifiedPoll:
    """A poll, without the runs and groups whose tokens are invalid."""

    runs: Sequence[tuple[WatchedRun, WatchToken]]
    groups: Sequence[Group]


@byte_cached(PARSED_BYTES)
def parse(body: bytes) -> VerifiedPoll:
    """Parse what a page posted and verify its tokens; raises BadPoll."""
    poll = wire.decode(body)
    runs = [
        (run, verified)
        for run, token in poll.runs
        if (verified := watch_tokens.verify(run.pk, run.view, token))
    ]
    return VerifiedPoll(runs, groups.verify(poll.groups))


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
        self._fragments = Fragments(coalesce_s)
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
            await self._answer(self.broker, scope, receive, send)
        elif scope["type"] == "http":
            await self.pages(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            self.broker = Broker(await stack.enter_async_context(channel.listen()))
            stack.enter_context(messages.on_message(active_sessions.ENDED, self._on_session_end))
            watching = asyncio.create_task(
                worker_status.watch_for_workers(self._look_for_workers_s), name="worker status"
            )
            with shutdown.on_shutdown(self._release_all):
                await send({"type": "lifespan.startup.complete"})
                await receive()
            watching.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    def _release_all(self) -> None:
        if self.broker:
            self.broker.release_all()
        self._on_shutdown()

    def _on_session_end(self, message: bytes) -> None:
        key = message.decode()
        self.sessions.end(key)
        if self.broker:
            self.broker.release(key)

    async def _answer(self, broker: Broker, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":  # a page from before an update; it tells people to reload it
            return await respond(send, STOP_POLLING)
        try:
            poll = parse(await wire.read_body(receive))
            is_held = b"hold=1" in scope["query_string"].split(b"&")
            await self._poll(broker, poll, is_held, session_key(scope["headers"]), send)
        except BadPoll as error:
            await respond(send, HTTPStatus.BAD_REQUEST, str(error).encode(), TEXT)
        except DatabaseError as error:
            transient_errors.log_failure(log, error, "a long poll could not read its runs")
            await respond(send, HTTPStatus.SERVICE_UNAVAILABLE)

    async def _poll(
        self, broker: Broker, poll: VerifiedPoll, is_held: bool, session: str, send: Send
    ) -> None:
        if not poll.runs and not poll.groups:
            return await respond(send, STOP_POLLING)
        person = await self.sessions.get_user(session)
        if person is None:
            return await respond(send, HTTPStatus.UNAUTHORIZED)
        new_tokens = await renewal.renew(person, poll.runs)
        own_groups = [group for group in poll.groups if watch_tokens.is_for(group.token, person)]
        withdrawn = await renewal.withdrawn(person, poll.runs)
        runs = tuple(
            run
            for run, token in poll.runs
            if run not in withdrawn and (run in new_tokens or watch_tokens.allows(token, person))
        )
        runs += await self.groups.watched(own_groups)
        if not runs:
            return await respond(send, STOP_POLLING)
        fresh = [RenewedToken(run.view, token, run.pk) for run, token in new_tokens.items()]
        fresh += groups.renew(own_groups)
        # Checked last, so that no end of the session is missed between this and the wait.
        if fresh or not await self.sessions.is_still(person, session):
            is_held = False
        # Disconnects are not detected: that would take a task per poll, and polls are short.
        topic = NewsOfRuns(runs, self._fragments)
        news = await broker.wait(topic, self._hold_s if is_held else 0.0, session) or NOTHING
        if not await self.sessions.is_still(person, session):
            return await respond(send, HTTPStatus.UNAUTHORIZED)
        await _respond_with(send, news, fresh, broker.is_shutting_down)
        if news.markup:
            await announce_ends(person.pk, news.ended)
        return None


async def _respond_with(send: Send, news: News, fresh: list[RenewedToken], is_ending: bool) -> None:
    if fresh:
        body = wire.encode(news.markup, news.versions, fresh)
        await respond(send, HTTPStatus.OK, body)
    elif news.markup:
        await respond(send, HTTPStatus.OK, news.body)
    else:
        # A page pauses briefly after an error, then reaches the restarted server.
        await respond(send, HTTPStatus.SERVICE_UNAVAILABLE if is_ending else HTTPStatus.NO_CONTENT)


async def announce_ends(user_pk: int, run_pks: Iterable[uuid.UUID]) -> None:
    """Notify the apps of the runs whose end this user's pages had not shown before.

    Once per user and run: otherwise five hundred pages that show one run would cause as many
    queries.
    """
    ended = [pk for pk in run_pks if (user_pk, pk) not in _announced]
    if not ended:
        return
    calls = dict.fromkeys((user_pk, pk) for pk in ended)
    _announced.update(calls)
    try:
        await in_thread(_tell_apps, user_pk, ended)
    except DatabaseError as error:
        for ended_run in calls:  # the next page tries again
            _announced.pop(ended_run, None)
        transient_errors.log_failure(log, error, "that the end of runs was shown is not noted")


def _tell_apps(user_pk: int, run_ids: list[uuid.UUID]) -> None:
    for owner in registered(Lifecycle):
        owner.on_shown_end(user_pk, run_ids)
