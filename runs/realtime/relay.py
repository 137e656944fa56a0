"""Relays live sessions between pages and upstream; the API key stays here, pages have tickets.

The page sends its form whenever it changes. Only the newest form is forwarded, and only after the
previous result has arrived, so that nobody pays for results that nobody sees. For each result the
page gets one JSON message and the picture's bytes. With its first input a session becomes a run
like any other (`sessions.py`). Settings limit a session's duration, rate and idle time, since it
costs money.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections

import fal
from catalog.models import Endpoint
from core.db import transient_errors
from core.http.asgi import Message, Receive, Send
from runs.files import inputs
from runs.realtime import sessions, tickets
from runs.realtime.limits import LIVE_LIMITS, LiveLimits
from runs.realtime.page import STOPPED, Page, ParseForm
from runs.realtime.sessions import LiveSession
from runs.results import refusals
from runs.results.outputs import artifacts_in
from runs.start import refused_starts
from runs.worker.transports import cancellation

T = TypeVar("T")

ENDED_ON_PAGE = "The session was ended on its run's page."
TIME_IS_OVER = "The session has reached its time limit. Press “Paint live” to start a new one."
NOTHING_CHANGED = "Nothing was changed for a long time, so the session has ended."
USED_UP = (
    "This session was already used, or you have logged out. Press “Paint live” to start a new one."
)
NO_ANSWER = "The model does not answer. Press “Paint live” to start a new session."
SLOW = "The model takes a long time to answer."
DATABASE_AWAY = "This server waits for its database. It paints the newest change after that."
BROKEN_HERE = "Something went wrong on this server. The last picture is kept."
NO_ROOM = "Too many live sessions are open. End one, or try again in a minute."
MODEL_ENDED = "The model has ended the session. Press “Paint live” to start a new one."
NOT_PAINTED = "The model ended the session before it had painted the last change."

log = logging.getLogger(__name__)


class Relay:
    """The ASGI application of the process that relays live sessions."""

    def __init__(
        self, upstream: fal.Clients, parse_form: ParseForm, limits: LiveLimits = LIVE_LIMITS
    ) -> None:
        self._upstream = upstream
        self.parse_form = parse_form
        self.limits = limits
        self.open: dict[Page, int] = {}  # open sessions, with the id of their user
        self.name = f"live:{socket.gethostname()[:40]}:{os.getpid()}"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection; HTTP requests get 404."""
        if scope["type"] == "websocket":
            await self._admit(scope, receive, send)
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    async def _admit(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        texts = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])
        ticket = tickets.verify(texts[-1])
        if ticket is None or ticket.origin != _origin(scope):
            log.info("a live session of a page was refused: its ticket or origin is not valid")
            return await send({"type": "websocket.close"})
        await send({"type": "websocket.accept"})
        page = Page(receive, send, self.parse_form, self.limits)
        person = ticket.user_id
        open_by_person = list(self.open.values())
        is_full = len(open_by_person) >= self.limits.sessions
        if is_full or open_by_person.count(person) >= self.limits.sessions_each:
            await page.send({"type": "end", "message": NO_ROOM})
            return await page.close()
        self.open[page] = person
        try:
            with suppress(asyncio.CancelledError):  # the server stops and has notified the page
                await self._session(ticket, page)
            await page.close()
        finally:
            del self.open[page]
        return None

    async def stop(self) -> None:
        """End all sessions and their runs before the server closes the connections."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.stop_timeout_s):
                await asyncio.gather(*(page.shutdown() for page in self.open))

    async def _session(self, ticket: tickets.Ticket, page: Page) -> None:
        if not await _retry_database(partial(sync_to_async(tickets.redeem), ticket), page):
            return await page.send({"type": "end", "message": USED_UP})
        endpoint = await _retry_database(
            partial(sync_to_async(_endpoint), ticket.endpoint_id), page
        )
        if endpoint.refusal:  # changed since the ticket was issued; upstream is not called
            return await page.send({"type": "end", "message": endpoint.refusal})
        reading = asyncio.create_task(page.receive_forms())
        try:
            upstream = self._upstream
            async with upstream.realtime.session(ticket.endpoint_id) as session:
                first = await _next_input(endpoint, page)
                if isinstance(first, dict):
                    begin = partial(
                        LiveSession.begin, ticket, endpoint, first, self.name, self.limits
                    )
                    live = await _retry_database(begin, page)
                    await serve_session(live, first, session, page, upstream)
                elif first:
                    await page.send({"type": "end", "message": first})
        except (fal.FalError, sessions.SessionLimitReached, refused_starts.StartRefused) as error:
            log.info("live session with %s ended: %s", ticket.endpoint_id, error)
            await page.send({"type": "end", "message": refusals.describe_error(error)})
        finally:
            reading.cancel()
        return None


def _origin(scope: Message) -> str:
    """Return the connecting page's origin, which a page cannot forge (RFC 6455, 10.2)."""
    headers = dict(scope.get("headers", ()))
    return str(headers.get(b"origin", b"").decode("latin-1"))


async def serve_session(
    live: LiveSession,
    first: dict[str, Any],
    session: fal.Session,
    page: Page,
    upstream: fal.Clients,
) -> None:
    """Relay until the session ends or its time is over; the run always ends with it."""
    await page.send({"type": "run", "url": live.run.get_absolute_url()})
    exchange = _Exchange(live, session, page, upstream)
    ends = (live.renew(), _cancelled(live), exchange.forward_results(), exchange.send_forms(first))
    tasks = [asyncio.create_task(end) for end in ends]
    why: str = STOPPED  # for a cancelled task, which assigns nothing below
    failure: fal.FalError | None = None
    try:
        why = await sessions.first_result(tasks, TIME_IS_OVER)
    except refused_starts.StartRefused as refusal:
        why = str(refusal)
    except fal.FalError as error:
        log.info("live session %s ended: %s", live.run.pk, error)
        why, failure = refusals.describe_error(error), error
    except Exception as error:
        # A bug of ours; the run must end nevertheless.
        transient_errors.log_failure(log, error, "live session %s broke off", live.run.pk)
        why, failure = BROKEN_HERE, fal.FalError(BROKEN_HERE)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.shield(live.end(why, failure))
    if why:
        await page.send({"type": "end", "message": why})


async def _cancelled(live: LiveSession) -> str:
    """Wait until somebody cancels the session's run."""
    await cancellation.wait_for_cancel(live.run.pk)
    return ENDED_ON_PAGE


class _Exchange:
    """The model's end of a session: sends one input at a time and forwards every result."""

    def __init__(
        self, live: LiveSession, session: fal.Session, page: Page, upstream: fal.Clients
    ) -> None:
        self._live = live
        self._session = session
        self._page = page
        self._upstream = upstream
        self._has_result = asyncio.Event()

    async def forward_results(self) -> str:
        """Store and forward results, any number per input; return why no more will come.

        Raises FalError if the model broke off the session, StartRefused if the results cost too
        much.
        """
        async for result in self._session.results():
            if isinstance(result, fal.RunFailed):
                self._live.record_failure(result)
            else:
                self._live.add_result(result)
            await _send_result(self._page, result)
            await _retry_database(self._live.reserve_for_results, self._page)
            self._has_result.set()
        if not self._has_result.is_set():
            raise fal.Unreachable(NOT_PAINTED, sent=True)
        return MODEL_ENDED

    async def send_forms(self, arguments: dict[str, Any]) -> str:
        """Send one form, then the newest one after each result.

        Returns why the session ended, "" if the browser disconnected. Raises FalError if the
        model broke off the session.
        """
        run, clock = self._live.run, asyncio.get_running_loop().time
        limits = self._page.limits
        while True:
            began = clock()
            run.arguments = arguments
            resolved = await _retry_database(
                partial(inputs.upload_inputs, run, self._upstream), self._page
            )
            if not await _retry_database(sync_to_async(self._live.is_owned), self._page):
                return sessions.RUN_ENDED
            await _retry_database(partial(self._live.reserve, arguments), self._page)
            if self._page.is_gone:
                return ""
            self._live.note_sent(arguments, None if resolved is arguments else resolved)
            self._has_result.clear()
            await self._session.send(resolved)
            try:
                async with asyncio.timeout(limits.result_timeout_s), _warn_when_slow(self._page):
                    await self._has_result.wait()
            except TimeoutError:
                raise fal.Unreachable(NO_ANSWER, sent=True) from None
            await asyncio.sleep(max(0.0, began + 1 / settings.LIVE_PICTURES_PER_S - clock()))
            new_input = await _next_input(run.endpoint, self._page)
            if isinstance(new_input, str):
                return new_input
            arguments = new_input


@asynccontextmanager
async def _warn_when_slow(page: Page) -> AsyncIterator[None]:
    """Notify the page that the model is slow if this block takes longer than `slow_after_s`."""

    async def warn() -> None:
        await asyncio.sleep(page.limits.slow_after_s)
        await page.send({"type": "slow", "message": SLOW})

    warning = asyncio.create_task(warn())
    try:
        yield
    finally:
        warning.cancel()


async def _next_input(endpoint: Endpoint, page: Page) -> dict[str, Any] | str:
    """Return the next input, or why there is none; send the page the problems of invalid forms.

    Raises StartRefused (runs/start/refused_starts.py) if the model may no longer be run.
    """

    async def parse_newest() -> tuple[str, dict[str, Any], list[Any]]:
        post = parse_qs(page.take_form(), keep_blank_values=True)
        return await sync_to_async(_arguments)(page.parse_form, endpoint, post)

    while True:
        try:
            async with asyncio.timeout(settings.LIVE_IDLE_S):
                await page.wait_for_form()
        except TimeoutError:
            return NOTHING_CHANGED
        if page.is_gone:
            return ""
        refusal, arguments, problems = await _retry_database(parse_newest, page)
        if page.is_gone:  # disconnected while waiting for the database
            return ""
        if refusal:
            raise refused_starts.StartRefused(refusal)
        if not problems:
            return arguments
        await page.send({"type": "problem", "message": problems[0].message})


async def _retry_database(operation: Callable[[], Awaitable[T]], page: Page) -> T:
    """Run an operation; retry while the database is locked or down, notifying the page."""
    while True:
        try:
            return await operation()
        except transient_errors.TRANSIENT as error:
            transient_errors.log_failure(log, error, "a live session waits for the database")
        await sync_to_async(close_old_connections)()
        await page.send({"type": "slow", "message": DATABASE_AWAY})
        await asyncio.sleep(page.limits.retry_database_s)


async def _send_result(page: Page, result: dict[str, Any] | fal.RunFailed) -> None:
    if isinstance(result, fal.RunFailed):
        return await page.send({"type": "problem", "message": result.message[:500]})
    if picture := _first_bytes(result):
        return await page.send({"type": "picture"}, picture)
    artifacts = artifacts_in(result)
    text = "\n\n".join(artifact.text for artifact in artifacts if artifact.text)
    url = next((artifact.url for artifact in artifacts if artifact.kind == "image"), "")
    return await page.send({"type": "text", "text": text, "url": url})


def _first_bytes(value: Any) -> bytes:
    """Return the bytes of the first picture in a result."""
    if isinstance(value, dict):
        if isinstance(content := value.get("content"), bytes):
            return content
        value = list(value.values())
    parts = (_first_bytes(item) for item in value) if isinstance(value, list) else ()
    return next((part for part in parts if part), b"")


def _endpoint(endpoint_id: str) -> Endpoint:
    close_old_connections()
    return Endpoint.objects.get(endpoint_id=endpoint_id)


def _arguments(
    parse_form: ParseForm, endpoint: Endpoint, post: dict[str, list[str]]
) -> tuple[str, dict[str, Any], list[Any]]:
    """Return why the model may not be run now, the arguments, and problems with them."""
    close_old_connections()
    endpoint.refresh_from_db(fields=["gone_at", "mark", "mark_reason"])
    return endpoint.refusal, *parse_form(endpoint, post)
