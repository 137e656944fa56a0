"""All clients on one set of connections, opened once in a process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib import import_module
from ssl import SSLContext
from types import TracebackType
from typing import Self

import httpx

from fal.addresses import Addresses
from fal.connections import KEPT_FOR_SUBMITS_S, Connections
from fal.files import Files
from fal.platform import Platform
from fal.queue import Queue
from fal.realtime import Realtime
from fal.storage import Storage
from fal.stream import Stream
from fal.sync import Sync
from fal.webhooks import Keys
from fal.websocket import WebSocket
from fal.wire import CALL, Heard, Late, Wire

CALLS_AT_ONCE = 100
STREAMS_AT_ONCE = 6000  # more than a worker follows runs: a download must not wait for their ends
_HEADERS = {"User-Agent": "vitrine", "Accept": "application/json"}


class Clients:
    """Everything that talks to fal. Belongs to one event loop; close it with `async with`.

    The key goes to the configured hosts and to no other. `transport` stands in for the network
    and `sleep` for the pauses between tries; `heard` is told how asking each address went,
    `late` where the queue takes long to answer: who runs a model over one connection waits for it.
    """

    def __init__(
        self,
        addresses: Addresses,
        key: str = "",
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        heard: Heard | None = None,
        late: Late | None = None,
    ) -> None:
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ValueError("The fal key must be one word of printable ASCII.")
        self.addresses = addresses
        trusted = transport is not None or httpx.create_ssl_context()  # read from disk once for all
        make = partial(_client, transport, trusted)
        self._calls = Connections(make, CALLS_AT_ONCE)
        self._streams = Connections(make, STREAMS_AT_ONCE)
        self._submits = Connections(make, CALLS_AT_ONCE, KEPT_FOR_SUBMITS_S)
        # httpx would read it while the first request waits.
        import_module("anyio._backends._asyncio")
        mine = self._calls, self._submits, self._streams
        wire = Wire(*mine, addresses, key, sleep, heard)
        self.platform = Platform(wire)
        self.queue = Queue(Wire(*mine, addresses, key, sleep, heard, late))
        self.sync = Sync(wire)
        self.stream = Stream(wire)
        self.websocket = WebSocket(wire)
        self.realtime = Realtime(wire)
        self.storage = Storage(wire)
        self.files = Files(wire)
        # What becomes of a thumbnail says nothing of whether runs can be sent: nobody hears of it.
        self.thumbnails = Files(Wire(*mine, addresses, ""))
        self.keys = Keys(wire)

    def __repr__(self) -> str:
        return f"Clients({self.addresses!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._calls.aclose()
        await self._submits.aclose()
        await self._streams.aclose()


def _client(
    transport: httpx.AsyncBaseTransport | None, trusted: SSLContext | bool, limits: httpx.Limits
) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=transport,
        trust_env=transport is None,
        verify=trusted,
        limits=limits,
        timeout=CALL,
        headers=_HEADERS,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # nobody's cookies are kept
        follow_redirects=False,
    )
