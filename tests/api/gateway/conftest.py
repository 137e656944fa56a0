"""A gateway in front of a real sandbox."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections

from api.gateway.app import Gateway
from catalog import upstream
from config.management.commands.realtime import Server
from tests.runs.conftest import Control, catalogue, sandbox, sandbox_process, synced

__all__ = ["catalogue", "sandbox", "sandbox_process", "synced"]

LIMIT_S = 60
Act = Callable[[str], Awaitable[Any]]
Gated = Callable[[Act], Any]


@pytest.fixture
def person(transactional_db: None) -> User:
    return User.objects.create_user("proxied")


@pytest.fixture
def gated(catalogue: None, sandbox: Control, person: User) -> Gated:
    """`gated(act)`: the result of `act(address)`, called while a gateway serves at that address."""

    async def serve(act: Act) -> Any:
        async with upstream.clients() as clients:
            app = Gateway(clients)
            config = uvicorn.Config(
                app, port=0, lifespan="off", log_level="critical", timeout_graceful_shutdown=1
            )
            server = Server(config, app)
            running = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            try:
                return await asyncio.wait_for(act(f"127.0.0.1:{port}"), LIMIT_S)
            finally:
                server.should_exit = True
                await running
                await sync_to_async(connections.close_all)()

    return lambda act: asyncio.run(serve(act))
