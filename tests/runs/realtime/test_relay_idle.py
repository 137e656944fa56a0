"""The process of live sessions ends when unused, and no visitor who connects meanwhile is lost."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, cast

import uvicorn

from config.management.commands import realtime
from core.process import tuning
from playground.form import form_state
from runs.realtime.relay import Relay

IDLE_S = 0.2
Act = Callable[[realtime.Server, int, "asyncio.Task[None]"], Awaitable[None]]


def serve(act: Act, *, is_on_demand: bool = True) -> None:
    """Run `act(server, port, running)` while a server listens on its own or a given socket.

    `is_on_demand`: the socket is a supervisor's.
    """

    async def main(listener: socket.socket) -> None:
        relay = Relay(cast("Any", None), form_state.parse_form)
        config = uvicorn.Config(relay, port=0, lifespan="off", log_level="warning")
        server = realtime.Server(config, relay, listener if is_on_demand else None, idle_s=IDLE_S)
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  it has no event for it
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            async with asyncio.timeout(60):
                await act(server, port, running)
        finally:
            server.should_exit = True
            await running

    with socket.create_server(("127.0.0.1", 0)) as listener:
        tuning.run_event_loop(main(listener))


async def status(port: int) -> bytes:
    """Return the first line of the answer to a request that is no WebSocket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        return await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()


def test_an_idle_relay_ends_itself():
    async def act(server: realtime.Server, port: int, running: asyncio.Task[None]) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(4 * IDLE_S)
        assert not running.done()  # a visitor is connected
        writer.close()
        await writer.wait_closed()
        await running
        # The supervisor's socket accepts this connection; another process will answer it.
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()

    serve(act)


def test_a_connection_at_the_last_moment_keeps_the_relay_running():
    async def act(server: realtime.Server, port: int, running: asyncio.Task[None]) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        while not server.server_state.connections:  # noqa: ASYNC110  it has no event for it
            await asyncio.sleep(0.01)
        assert not await server._stop_listening()
        assert b"404" in await status(port)  # the server listens again
        writer.close()
        await writer.wait_closed()

    serve(act)
