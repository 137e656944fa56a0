"""Clients with a fake network; pauses between retries are recorded instead of waited for."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

import fal
from tests.fal.upstream import Upstream

KEY = "test-id:test-secret"
Connect = Callable[..., Awaitable[fal.Clients]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Open clients with a fake upstream; they are closed at the end of the test."""
    async with AsyncExitStack() as stack:

        async def opened(upstream: Upstream, **given: Any) -> fal.Clients:
            given = {"addresses": fal.Addresses(), "key": KEY, **given}
            transport = httpx.MockTransport(upstream)
            clients = fal.Clients(**given, transport=transport, sleep=upstream.pause)
            return await stack.enter_async_context(clients)

        yield opened
