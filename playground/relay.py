"""Live sessions between a page and upstream: the key stays here, the page has a ticket for a minute.

The page sends its form as it would post it, whenever it changes; the newest one alone goes
to upstream, and not before the last picture is there, so that nothing is charged that
nobody would see. Back come one JSON message about each result and the picture's bytes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import orjson
from asgiref.sync import sync_to_async
from django.db import close_old_connections

import fal
from catalog.models import Endpoint
from playground import filling, tickets
from schemas.artifacts import artifacts

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LONGEST_INPUT = 1 << 18
LONGEST_SESSION_S = 600.0
RESULT_WITHIN_S = 60.0
EVERY_S = 0.128  # as fal's own client (8.2)
AT_ONCE = 20

log = logging.getLogger(__name__)


class Relay:
    """The ASGI application of the process that holds live sessions."""

    def __init__(self, upstream: fal.Clients) -> None:
        self.upstream = upstream
        self.open = 0

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
        if endpoint.refusal:  # since the ticket was made
            await page.tell({"type": "end", "message": endpoint.refusal})
            return await page.close()
        reading = asyncio.create_task(page.read())
        try:
            async with asyncio.timeout(LONGEST_SESSION_S):
                async with self.upstream.realtime.session(ticket.endpoint_id) as session:
                    await _converse(endpoint, session, page)
        except (TimeoutError, fal.FalError) as error:
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


async def _converse(endpoint: Endpoint, session: fal.Session, page: _Page) -> None:
    """One form, one result, until either side ends."""
    results = session.results()
    while text := await page.form():
        post = parse_qs(text, keep_blank_values=True)
        refusal, arguments, problems = await sync_to_async(_arguments)(endpoint, post)
        if refusal:
            return await page.tell({"type": "end", "message": refusal})
        if problems:
            await page.tell({"type": "problem", "message": problems[0].message})
            continue
        await session.send(arguments)
        async with asyncio.timeout(RESULT_WITHIN_S):
            result = await anext(results, None)
        if result is None:
            return await page.tell({"type": "end", "message": "The model has waited for long."})
        await _tell(page, result)
        await asyncio.sleep(EVERY_S)
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
