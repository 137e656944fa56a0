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
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections

import fal
from catalog.models import Endpoint
from playground import lifecycle, sessions, tickets
from playground.files import inputs
from playground.form import filling
from playground.sessions import Sitting
from playground.transports import cancelling
from schemas.artifacts import artifacts

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LONGEST_INPUT = 1 << 18
RESULT_WITHIN_S = 60.0
SLOW_AFTER_S = 4.0
AT_ONCE = 20
STOPPED = "The server was stopped."
ENDED_ON_PAGE = "It was ended on its run's page."
TIME_IS_OVER = "The time of a session is over. Paint live begins another."
NOTHING_CHANGED = "Nothing was changed for long, so the session has ended."
NO_ANSWER = "The model does not answer. Paint live begins another session."
SLOW = "The model takes long to answer."
MODEL_WAITED = "The model has waited for long, so the session has ended."

log = logging.getLogger(__name__)


class Relay:
    """The ASGI application of the process that holds live sessions."""

    def __init__(self, upstream: fal.Clients) -> None:
        self.upstream = upstream
        self.open = 0
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
        if ticket is None or self.open >= AT_ONCE:
            return await send({"type": "websocket.close"})
        self.open += 1
        try:
            await send({"type": "websocket.accept"})
            await self._session(ticket, _Page(receive, send))
        finally:
            self.open -= 1
        return None

    async def _session(self, ticket: tickets.Ticket, page: _Page) -> None:
        endpoint = await sync_to_async(_endpoint)(ticket.endpoint_id)
        if endpoint.refusal:  # since the ticket was made: upstream is not even called
            await page.tell({"type": "end", "message": endpoint.refusal})
            return await page.close()
        reading = asyncio.create_task(page.read())
        try:
            async with self.upstream.realtime.session(ticket.endpoint_id) as session:
                first = await _changed(endpoint, page)
                if isinstance(first, dict):
                    sitting = await Sitting.begin(ticket, endpoint, first, self.name)
                    await _sit(sitting, first, session, page, self.upstream)
                elif first:
                    await page.tell({"type": "end", "message": first})
        except (fal.FalError, sessions.Full, lifecycle.Refused) as error:
            log.info("live session with %s ended: %s", ticket.endpoint_id, error)
            await page.tell({"type": "end", "message": str(error)})
        finally:
            reading.cancel()
        return await page.close()


class _Page:
    """The browser's end: the newest form it sent, and what it is told."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.is_gone = False
        self._receive = receive
        self._send = send
        self._newest = ""
        self._news = asyncio.Event()

    async def read(self) -> None:
        """Keep the newest form until the browser is gone."""
        while (message := await self._receive())["type"] != "websocket.disconnect":
            text = message.get("text") or ""
            if text and len(text) <= LONGEST_INPUT:
                self._newest = text
                self._news.set()
        self.is_gone = True
        self._news.set()

    async def form(self) -> str:
        """The newest form that was not yet taken; empty once the browser is gone."""
        await self._news.wait()
        self._news.clear()
        return "" if self.is_gone else self._newest

    async def tell(self, message: dict[str, Any], picture: bytes = b"") -> None:
        """A message, and the bytes that it is about."""
        if not self.is_gone:
            text = orjson.dumps(message).decode()
            await self._send({"type": "websocket.send", "text": text})
            if picture:
                await self._send({"type": "websocket.send", "bytes": picture})

    async def close(self) -> None:
        """End the session, if the browser has not."""
        if not self.is_gone:
            await self._send({"type": "websocket.close", "code": 1000})


async def _first(endpoint: Endpoint, page: _Page) -> dict[str, Any] | None:
    """The first input that can be sent; None when the browser went without one."""
    while text := await page.form():
        arguments = await _readable(endpoint, text, page)
        if arguments is not None:
            return arguments
    return None


async def _sit(
    sitting: Sitting,
    first: dict[str, Any],
    session: fal.Session,
    page: _Page,
    upstream: fal.Clients,
) -> None:
    """Converse until somebody ends it or its time is over; the run ends with it, whatever happens."""
    await page.tell({"type": "run", "url": sitting.run.get_absolute_url()})
    keeping = asyncio.create_task(sitting.keep_up())
    conversing = asyncio.create_task(_converse(sitting, first, session, page, upstream))
    unwanted = asyncio.create_task(cancelling.wanted(sitting.run.pk))
    why: str = STOPPED
    lost: fal.FalError | None = None
    try:
        done, _ = await asyncio.wait(
            {conversing, unwanted},
            timeout=settings.LIVE_MINUTES * 60,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if conversing in done:
            why = conversing.result()
        elif unwanted in done:
            why = ENDED_ON_PAGE
        else:
            why = TIME_IS_OVER
    except lifecycle.Refused as refusal:
        why = str(refusal)
    except fal.FalError as error:
        log.info("live session %s ended: %s", sitting.run.pk, error)
        why, lost = str(error), error
    finally:
        for task in (keeping, conversing, unwanted):
            task.cancel()
        await asyncio.gather(keeping, conversing, unwanted, return_exceptions=True)
        await asyncio.shield(sitting.end(why, lost))
    if why:
        await page.tell({"type": "end", "message": why})


async def _converse(
    sitting: Sitting,
    arguments: dict[str, Any],
    session: fal.Session,
    page: _Page,
    upstream: fal.Clients,
) -> str:
    """One form, one result; why it ended, in a sentence, or nothing when the browser left.

    Raises FalError where the model failed it.
    """
    results = session.results()
    clock = asyncio.get_running_loop().time
    while True:
        began = clock()
        sitting.run.arguments = arguments
        await session.send(await inputs.resolved(sitting.run, upstream))
        try:
            async with asyncio.timeout(RESULT_WITHIN_S), _told_of(page):
                result = await anext(results, None)
        except TimeoutError:
            raise fal.Unreachable(NO_ANSWER, sent=True) from None
        if result is None:
            return MODEL_WAITED
        if not isinstance(result, fal.RunFailed):
            sitting.took(arguments, result)
        await _tell(page, result)
        await asyncio.sleep(max(0.0, began + 1 / settings.LIVE_PICTURES_PER_S - clock()))
        changed = await _changed(sitting.run.endpoint, page)
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
    """The next input; or why there is none."""
    try:
        async with asyncio.timeout(settings.LIVE_IDLE_S):
            return await _first(endpoint, page) or ""
    except TimeoutError:
        return NOTHING_CHANGED


async def _readable(endpoint: Endpoint, text: str, page: _Page) -> dict[str, Any] | None:
    """The arguments of a form as the page sent it; None when it was told what is wrong with them.

    Raises lifecycle.Refused when nothing may be sent to this model any more.
    """
    post = parse_qs(text, keep_blank_values=True)
    refusal, arguments, problems = await sync_to_async(_arguments)(endpoint, post)
    if refusal:
        raise lifecycle.Refused(refusal)
    if not problems:
        return arguments
    await page.tell({"type": "problem", "message": problems[0].message})
    return None


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
