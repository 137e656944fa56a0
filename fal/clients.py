"""All of fal's clients on shared connections; created once per process."""

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
from fal.http.connections import SUBMIT_KEEPALIVE_S, Connections
from fal.http.limits import CALL, LIMITS, Limits
from fal.http.wire import Credential, OnOutcome, OnSlow, OnTimed, Wire
from fal.services.account import Account, Keys, Workflows, only_api
from fal.services.files import Files
from fal.services.platform import Platform
from fal.services.storage import Storage
from fal.transports.queue import Queue
from fal.transports.realtime import Realtime
from fal.transports.stream import Stream
from fal.transports.sync import Sync
from fal.transports.websocket import WebSocket

CALLS_AT_ONCE = 100
# More than the runs that one worker follows: a download must not wait until a run ends.
STREAMS_AT_ONCE = 6000
_HEADERS = {"User-Agent": "vitrine", "Accept": "application/json"}


class Clients:
    """Every client for fal. Belongs to one event loop; close it with `async with`.

    The key is sent to the configured hosts only, and `admin_key`, for `account`, to the Platform
    API alone. `transport` replaces the network and `sleep` the pauses between retries (for
    tests). `on_outcome` is called with each URL and its error or None;
    `on_slow` with each URL of the queue that has not responded within its limit. Direct runs do
    not report slowness: they wait for the model itself. `on_timed` is called with each URL, its
    error or None, and the seconds until its answer; every client calls it, whatever its key.
    """

    def __init__(
        self,
        addresses: Addresses,
        key: str = "",
        *,
        admin_key: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_outcome: OnOutcome | None = None,
        on_slow: OnSlow | None = None,
        on_timed: OnTimed | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self.addresses = addresses
        # Certificates are read from disk once for all connections.
        trusted = transport is not None or httpx.create_ssl_context()
        make = partial(_client, transport, trusted)
        self._calls = Connections(make, CALLS_AT_ONCE)
        self._streams = Connections(make, STREAMS_AT_ONCE)
        self._submits = Connections(make, CALLS_AT_ONCE, SUBMIT_KEEPALIVE_S)
        # httpx would otherwise import it during the first request.
        import_module("anyio._backends._asyncio")
        self._sleep, self._limits = sleep, limits
        self._on_timed = on_timed
        # Without callbacks: billing that is down says nothing about whether runs can be sent.
        account = self._wire(Credential(admin_key), only_api(addresses))
        self.account = Account(account, has_key=bool(admin_key))
        # Without callbacks: a failed thumbnail says nothing about whether runs can be sent.
        self.thumbnails = Files(self._wire(Credential("")))
        wire = self._wire(Credential(key), on_outcome=on_outcome)
        self.platform = Platform(wire)
        self.workflows = Workflows(wire)
        self.queue = Queue(self._wire(Credential(key), on_outcome=on_outcome, on_slow=on_slow))
        self.sync = Sync(wire)
        self.stream = Stream(wire)
        self.websocket = WebSocket(wire)
        self.realtime = Realtime(wire)
        self.storage = Storage(wire)
        self.files = Files(wire)
        self.keys = Keys(wire)

    def _wire(
        self,
        credential: Credential,
        addresses: Addresses | None = None,
        on_outcome: OnOutcome | None = None,
        on_slow: OnSlow | None = None,
    ) -> Wire:
        return Wire(
            self._calls,
            self._submits,
            self._streams,
            addresses or self.addresses,
            credential,
            self._sleep,
            on_outcome,
            on_slow,
            self._on_timed,
            self._limits,
        )

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
        """Close every connection."""
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
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # stores no cookies
        follow_redirects=False,
    )
