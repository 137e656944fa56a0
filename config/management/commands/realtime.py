"""`manage.py realtime`: live sessions and streams, in a process that has the key and no pages."""

import argparse
import asyncio
import logging
import os
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from api.gateway.app import Gateway
from catalog import upstream
from config.server.processes import HOST, KEEP_ALIVE_S
from config.server.supervisor import LISTENER_VARIABLE
from core.http import header_limits, request_ids
from core.http.forwarding import is_not_broken_response
from core.process import tuning
from house.operations.metrics import reporting, upstream_calls
from runs.realtime.page import MAX_INPUT_CHARS
from runs.realtime.relay import Relay

IDLE_S = 300.0  # a process started on demand ends after so long without a connection
DRAIN_S = 0.1  # time for connections that were accepted just before listening stopped


class Command(BaseCommand):
    """Serves on `--port` or REALTIME_URL's port, by default at the loopback address."""

    help = (
        "Relays live sessions and streams of pages and programs, so that only this process needs "
        "the key."
    )
    requires_system_checks = []  # they import every page

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the address to listen on: the port of a proxy in front differs from this one."""
        parser.add_argument("--host", default=HOST)
        parser.add_argument("--port", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGTERM or Ctrl-C; raises CommandError if no port is known."""
        port = options["port"] or urlsplit(settings.REALTIME_URL).port
        if not port:
            raise CommandError("Name the port with --port or in REALTIME_URL.")
        descriptor = os.environ.pop(LISTENER_VARIABLE, "")
        listener = socket.socket(fileno=int(descriptor)) if descriptor else None
        tuning.run_event_loop(serve(options["host"], port, listener))


async def serve(host: str, port: int, listener: socket.socket | None = None) -> None:
    """Serve one relay; with a `listener`, end after `IDLE_S` without a connection."""
    reporting.start(reporting.REALTIME, is_on=listener is None or reporting.is_on())
    async with upstream.clients(on_timed=upstream_calls.record) as clients:
        gateway = Gateway(clients)
        config = uvicorn.Config(
            request_ids.WithRequestId(header_limits.LimitedCookies(gateway)),
            host=host,
            http=header_limits.LimitedHeads,
            port=port,
            lifespan="off",
            log_config=None,  # uses the root's handler, which redacts
            log_level="warning",
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            server_header=False,
            ws_max_size=2 * MAX_INPUT_CHARS,
            timeout_graceful_shutdown=2,
        )
        logging.getLogger("uvicorn.error").addFilter(is_not_broken_response)
        await Server(config, gateway, listener).serve()


class Server(uvicorn.Server):
    """Ends sessions and streams before uvicorn closes their connections.

    On the supervisor's listening socket it ends after `idle_s` without a connection. The supervisor
    holds the socket too: the next connection waits there until it has started another process.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        app: Gateway | Relay,
        listener: socket.socket | None = None,
        *,
        idle_s: float = IDLE_S,
    ) -> None:
        super().__init__(config)
        self._idle_s = idle_s
        self._app = app
        self._listener = listener
        self._used_at = time.monotonic()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, on a duplicate of the supervisor's socket so that listening can be repeated."""
        await super().startup([self._listener.dup()] if self._listener else sockets)

    async def on_tick(self, counter: int) -> bool:
        """Return whether to shut down: on a signal, or when idle for `idle_s`."""
        if await super().on_tick(counter):
            return True
        if self.server_state.connections or self._listener is None:
            self._used_at = time.monotonic()
        return time.monotonic() - self._used_at > self._idle_s and await self._stop_listening()

    async def _stop_listening(self) -> bool:
        """Stop listening; if a connection came in just before, listen again and return False."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(DRAIN_S)
        if not self.server_state.connections:
            return True
        await self.startup()
        return False

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End sessions and streams, then the server."""
        for server in self.servers:
            server.close()
        await self._app.stop()
        await super().shutdown(sockets)
