"""`manage.py realtime`: live sessions, in a process that has the key and no pages."""

import argparse
import socket
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from catalog import upstream
from config import loops
from playground.relay import LONGEST_INPUT, Relay


class Command(BaseCommand):
    """Serves at REALTIME_URL's port, or another, on this machine alone."""

    help = "Relays live sessions between pages and fal, so that the key stays on the server."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The port, where a proxy in front has another than REALTIME_URL."""
        parser.add_argument("--port", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until a signal."""
        port = options["port"] or urlsplit(settings.REALTIME_URL).port
        if not port:
            raise CommandError("Say on which port, by --port or in REALTIME_URL.")
        loops.run(serve(port))


async def serve(port: int) -> None:
    """One relay with its own clients."""
    async with upstream.clients() as clients:
        relay = Relay(clients)
        config = uvicorn.Config(
            relay,
            host="127.0.0.1",
            port=port,
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            ws_max_size=2 * LONGEST_INPUT,
            timeout_graceful_shutdown=2,
        )
        await Server(config, relay).serve()


class Server(uvicorn.Server):
    """uvicorn closes the connections first thing; the relay takes leave before."""

    def __init__(self, config: uvicorn.Config, relay: Relay) -> None:
        super().__init__(config)
        self._relay = relay

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the sessions, then all else."""
        for server in self.servers:
            server.close()
        await self._relay.stop()
        await super().shutdown(sockets)
