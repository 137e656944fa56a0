"""Live sessions between a page and upstream: the key stays here, the page has a ticket for a minute.

The page sends its form as it would post it, whenever it changes; the newest one alone goes
to upstream, and not before the last picture is there, so that nothing is charged that
nobody would see. Back come one JSON message about each result and the picture's bytes.
From its first input on a session is a run like any other (`sessions.py`); how long it lasts,
how fast it goes and when it has idled for too long is in the settings: it spends money.
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

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections

import fal
from catalog import outages
from catalog.asgi import Message, Receive, Send
from catalog.models import Endpoint
from playground import lifecycle, sessions, tickets
from playground.files import inputs
from playground.form import filling
from playground.sessions import MadeFrom, Sitting
from playground.transports import cancelling
from schemas.artifacts import artifacts

T = TypeVar("T")

LONGEST_INPUT = 1 << 18
RESULT_WITHIN_S = 60.0
SLOW_AFTER_S = 4.0
AGAIN_S = 0.5  # until the database is asked again
AT_ONCE = 20
AT_ONCE_EACH = 4
STOP_WITHIN_S = 2.0
STOPPED = "The server was restarted. Paint live begins another."
ENDED_ON_PAGE = "It was ended on its run's page."
TIME_IS_OVER = "The time of a session is over. Paint live begins another."
NOTHING_CHANGED = "Nothing was changed for long, so the session has ended."
NO_ANSWER = "The model does not answer. Paint live begins another session."
SLOW = "The model takes long to answer."
DATABASE_AWAY = "This server waits for its database. The newest change is painted then."
BROKEN_HERE = "Something went wrong here. What was painted last is kept."
NO_ROOM = "Too many live sessions are open just now. End one, or try again in a minute."
MODEL_ENDED = "The model has ended the session. Paint live begins another."
NOT_PAINTED = "The model ended the session before it had painted the last change."

log = logging.getLogger(__name__)


class Relay:
    """The ASGI application of the process that holds live sessions."""

    def __init__(self, upstream: fal.Clients) -> None:
        self.upstream = upstream
        self.open: dict[_Page, int] = {}  # whose sessions are open, by a user's id
        self.name = f"live:{socket.gethostname()[:40]}:{os.getpid()}"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection; whatever is no WebSocket is not found."""
        if scope["type"] == "websocket":
            await self._admit(scope, receive, send)
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    async def _admit(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        texts = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])
        ticket = tickets.read(texts[-1])
        if ticket is None:
            return await send({"type": "websocket.close"})
        await send({"type": "websocket.accept"})
        page, person = _Page(receive, send), ticket.user_id
        each = list(self.open.values())
        if len(each) >= AT_ONCE or each.count(person) >= AT_ONCE_EACH:
            await page.tell({"type": "end", "message": NO_ROOM})
            return await page.close()
        self.open[page] = person
        try:
            with suppress(asyncio.CancelledError):  # the server stops, and has said so
                await self._session(ticket, page)
            await page.close()
        finally:
            del self.open[page]
        return None

    async def stop(self) -> None:
        """Take leave of all pages and end their runs, before whoever serves closes the connections."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN_S):
                await asyncio.gather(*(page.take_leave() for page in self.open))

    async def _session(self, ticket: tickets.Ticket, page: _Page) -> None:
        endpoint = await _surely(partial(sync_to_async(_endpoint), ticket.endpoint_id), page)
        if endpoint.refusal:  # since the ticket was made: upstream is not even called
            return await page.tell({"type": "end", "message": endpoint.refusal})
        reading = asyncio.create_task(page.read())
        try:
            async with self.upstream.realtime.session(ticket.endpoint_id) as session:
                first = await _changed(endpoint, page)
                if isinstance(first, dict):
                    begin = partial(Sitting.begin, ticket, endpoint, first, self.name)
                    sitting = await _surely(begin, page)
                    await _sit(sitting, first, session, page, self.upstream)
                elif first:
                    await page.tell({"type": "end", "message": first})
        except (fal.FalError, sessions.Full, lifecycle.Refused) as error:
            log.info("live session with %s ended: %s", ticket.endpoint_id, error)
            await page.tell({"type": "end", "message": str(error)})
        finally:
            reading.cancel()
        return None


class _Page:
    """The browser's end: the newest form it sent, and what it is told."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.is_gone = False
        self._receive = receive
        self._send = send
        self._newest = ""
        self._news = asyncio.Event()
        self._serving = asyncio.current_task()

    async def read(self) -> None:
        """Keep the newest form until the browser is gone."""
        while (message := await self._receive())["type"] != "websocket.disconnect":
            text = message.get("text") or ""
            if text and len(text) <= LONGEST_INPUT:
                self._newest = text
                self._news.set()
        self.is_gone = True
        self._news.set()

    async def changed(self) -> None:
        """Wait for a form that was not yet taken, or for the browser to be gone."""
        await self._news.wait()

    def form(self) -> str:
        """The newest form, which is taken by this."""
        if not self.is_gone:  # which stays news
            self._news.clear()
        return self._newest

    async def tell(self, message: dict[str, Any], picture: bytes = b"") -> None:
        """A message, and the bytes that it is about."""
        if not self.is_gone:
            text = orjson.dumps(message).decode()
            await self._put({"type": "websocket.send", "text": text})
            if picture:
                await self._put({"type": "websocket.send", "bytes": picture})

    async def take_leave(self) -> None:
        """Tell the page that the server stops, and wait for its session's end."""
        if self._serving:
            self._serving.cancel()
            await self.tell({"type": "end", "message": STOPPED})
            await asyncio.wait({self._serving})

    async def close(self) -> None:
        """End the session, if the browser has not."""
        if not self.is_gone:
            await self._put({"type": "websocket.close", "code": 1000})

    async def _put(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:
            # It has just gone (ASGI, "Disconnected Client"): that is no trouble of ours.
            self.is_gone = True
            self._news.set()


async def _sit(
    sitting: Sitting,
    first: dict[str, Any],
    session: fal.Session,
    page: _Page,
    upstream: fal.Clients,
) -> None:
    """Converse until somebody ends it or its time is over; the run ends with it, whatever happens."""
    await page.tell({"type": "run", "url": sitting.run.get_absolute_url()})
    painting = _Painting(sitting, session, page, upstream)
    lasting = (sitting.keep_up(), _unwanted(sitting), painting.take(), painting.ask(first))
    ends = [asyncio.create_task(end) for end in lasting]
    why: str = STOPPED  # unless something else is seen: who is cancelled passes nothing below
    lost: fal.FalError | None = None
    try:
        done, _ = await asyncio.wait(
            ends, timeout=settings.LIVE_MINUTES * 60, return_when=asyncio.FIRST_COMPLETED
        )
        why = next((end.result() for end in ends if end in done), TIME_IS_OVER)
    except lifecycle.Refused as refusal:
        why = str(refusal)
    except fal.FalError as error:
        log.info("live session %s ended: %s", sitting.run.pk, error)
        why, lost = str(error), error
    except Exception as error:
        # Nobody thought of this; the run ends all the same.
        outages.tell(log, error, "live session %s broke off", sitting.run.pk)
        why, lost = BROKEN_HERE, fal.FalError(BROKEN_HERE)
    finally:
        for end in ends:
            end.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
        await asyncio.shield(sitting.end(why, lost))
    if why:
        await page.tell({"type": "end", "message": why})


async def _unwanted(sitting: Sitting) -> str:
    await cancelling.wanted(sitting.run.pk)
    return ENDED_ON_PAGE


class _Painting:
    """The model's end: one input at a time, and every result as it comes."""

    def __init__(
        self, sitting: Sitting, session: fal.Session, page: _Page, upstream: fal.Clients
    ) -> None:
        self._sitting = sitting
        self._session = session
        self._page = page
        self._upstream = upstream
        self._made_from = MadeFrom(sitting.run.arguments)
        self._answered = asyncio.Event()

    async def take(self) -> str:
        """Keep and show whatever comes, several for one input or none; why no more will come.

        Raises FalError where the model failed it.
        """
        async for result in self._session.results():
            if isinstance(result, fal.RunFailed):
                self._sitting.failed(result)
            else:
                self._sitting.took(self._made_from, result)
            await _tell(self._page, result)
            self._answered.set()
        if not self._answered.is_set():
            raise fal.Unreachable(NOT_PAINTED, sent=True)
        return MODEL_ENDED

    async def ask(self, arguments: dict[str, Any]) -> str:
        """Send one form, and the next once something came back; why it ended, or nothing when the browser left.

        Raises FalError where the model failed it.
        """
        run, clock = self._sitting.run, asyncio.get_running_loop().time
        while True:
            began = clock()
            run.arguments = arguments
            resolved = await _surely(partial(inputs.resolved, run, self._upstream), self._page)
            if not await _surely(sync_to_async(self._sitting.is_ours), self._page):
                return sessions.TAKEN
            if self._page.is_gone:
                return ""
            self._made_from = MadeFrom(arguments, None if resolved is arguments else resolved)
            self._answered.clear()
            await self._session.send(resolved)
            try:
                async with asyncio.timeout(RESULT_WITHIN_S), _told_of(self._page):
                    await self._answered.wait()
            except TimeoutError:
                raise fal.Unreachable(NO_ANSWER, sent=True) from None
            await asyncio.sleep(max(0.0, began + 1 / settings.LIVE_PICTURES_PER_S - clock()))
            changed = await _changed(run.endpoint, self._page)
            if isinstance(changed, str):
                return changed
            arguments = changed


@asynccontextmanager
async def _told_of(page: _Page) -> AsyncIterator[None]:
    """Say that the model is slow, should what is waited for in this block take long."""

    async def tell() -> None:
        await asyncio.sleep(SLOW_AFTER_S)
        await page.tell({"type": "slow", "message": SLOW})

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()


async def _changed(endpoint: Endpoint, page: _Page) -> dict[str, Any] | str:
    """The next input; or why there is none. The page is told what is wrong with a form.

    Raises lifecycle.Refused when nothing may be sent to this model any more.
    """

    async def read() -> tuple[str, dict[str, Any], list[Any]]:
        post = parse_qs(page.form(), keep_blank_values=True)
        return await sync_to_async(_arguments)(endpoint, post)

    while True:
        try:
            async with asyncio.timeout(settings.LIVE_IDLE_S):
                await page.changed()
        except TimeoutError:
            return NOTHING_CHANGED
        if page.is_gone:
            return ""
        refusal, arguments, problems = await _surely(read, page)
        if page.is_gone:  # while the database was waited for
            return ""
        if refusal:
            raise lifecycle.Refused(refusal)
        if not problems:
            return arguments
        await page.tell({"type": "problem", "message": problems[0].message})


async def _surely(ask: Callable[[], Awaitable[T]], page: _Page) -> T:
    """What `ask` gives, asked again while the database is locked or away; the page is told what it waits for."""
    while True:
        try:
            return await ask()
        except outages.PASSING as error:
            outages.tell(log, error, "a live session waits for the database")
        await sync_to_async(close_old_connections)()
        await page.tell({"type": "slow", "message": DATABASE_AWAY})
        await asyncio.sleep(AGAIN_S)


async def _tell(page: _Page, result: dict[str, Any] | fal.RunFailed) -> None:
    if isinstance(result, fal.RunFailed):
        return await page.tell({"type": "problem", "message": result.message[:500]})
    if picture := _bytes(result):
        return await page.tell({"type": "picture"}, picture)
    found = artifacts(result)
    text = "\n\n".join(one.text for one in found if one.text)
    url = next((one.url for one in found if one.kind == "image"), "")
    return await page.tell({"type": "text", "text": text, "url": url})


def _bytes(value: Any) -> bytes:
    """The first picture's bytes in a result."""
    if isinstance(value, dict):
        if isinstance(content := value.get("content"), bytes):
            return content
        value = list(value.values())
    parts = (_bytes(item) for item in value) if isinstance(value, list) else ()
    return next((part for part in parts if part), b"")


def _endpoint(endpoint_id: str) -> Endpoint:
    close_old_connections()
    return Endpoint.objects.get(endpoint_id=endpoint_id)


def _arguments(endpoint: Endpoint, post: filling.Post) -> tuple[str, dict[str, Any], list[Any]]:
    """Why nothing may be sent, as the catalogue says it now; else what is sent, or what is wrong with it."""
    close_old_connections()
    endpoint.refresh_from_db(fields=["gone_at", "standing", "standing_reason"])
    return endpoint.refusal, *filling.read(endpoint, post)
