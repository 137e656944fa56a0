"""Polls of a page against a router of the test's own."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from runs.live import long_poll
from runs.models import Run
from runs.progress import watch_tokens
from tests.core.live.listening import waiting

# Longer than a test takes on a busy machine: an answer before its end is an answer to news.
HOLD_S = 120.0
Entry = dict[str, Any]


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def entry_of(run: Run, version: int | str | None = None, view: str = "stage") -> Entry:
    """Return what a page posts for a run."""
    version = run.version if version is None else version
    watch = json.loads(watch_tokens.data_watch(run, view))
    return {"run": str(run.pk), "version": str(version), **watch}


def session() -> str:
    """Return the session key of a user who is logged in."""
    browser = Client()
    browser.force_login(User.objects.get_or_create(username="ana")[0])
    return browser.cookies["vitrine_session_8000"].value


def serve(
    use: Callable[[httpx.AsyncClient], Coroutine[Any, Any, Any]],
    hold_s: float = HOLD_S,
    **seconds: Any,
) -> Any:
    """Run `use(client)` against a router that lives as long; `seconds` are the router's."""

    async def main() -> Any:
        router = long_poll.Router(nobody, hold_s=hold_s, **seconds)
        cookies = {settings.SESSION_COOKIE_NAME: await sync_to_async(session)()}
        inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        started = asyncio.Event()

        async def send(message: Any) -> None:
            if message["type"].endswith("startup.complete"):
                started.set()

        await inbox.put({"type": "lifespan.startup"})
        life = asyncio.create_task(router({"type": "lifespan"}, inbox.get, send))
        await started.wait()
        transport = httpx.ASGITransport(router)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", cookies=cookies
        ) as client:
            try:
                return await use(client)
            finally:
                await inbox.put({"type": "lifespan.shutdown"})
                await life
                await sync_to_async(connections.close_all)()

    return asyncio.run(main())


async def until_held(client: httpx.AsyncClient, count: int = 1) -> None:
    """Wait until the router holds this many polls; only its broker knows the number."""
    await waiting(client._transport.app.broker, count)  # type: ignore[attr-defined]


async def ask(
    client: httpx.AsyncClient, *runs: Entry, groups: Sequence[Entry] = (), hold: bool = True
) -> httpx.Response:
    body = json.dumps({"runs": runs, "groups": groups})
    return await client.post(f"{long_poll.PATH}{'?hold=1' if hold else ''}", content=body)


def markup(response: httpx.Response) -> str:
    """Return the markup of a response with news."""
    assert response.status_code == 200
    return str(response.json()["markup"])


def poll_once(*runs: Entry) -> Callable[[httpx.AsyncClient], Coroutine[Any, Any, httpx.Response]]:
    """Return a function for `serve` that polls for these runs once."""
    return lambda client: ask(client, *runs)
