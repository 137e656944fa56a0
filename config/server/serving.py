"""Runs our ASGI applications on uvicorn, without uvicorn's ten wake-ups a second.

uvicorn's main loop checks ten times a second whether it shall end. Ours sleeps until a signal
arrives and wakes once a second to renew the Date header. `manage.py up` starts the web process
as `python -m config.server.serving --port 8000`.
"""

from __future__ import annotations

import argparse
import asyncio
from types import FrameType

import uvicorn

HOST = "127.0.0.1"
TICK_S = 1.0
RENEW_DATE = 0  # uvicorn's `on_tick` renews the Date header when its counter is a multiple of ten


class Server(uvicorn.Server):
    """A uvicorn server that wakes up every `tick_s`, and immediately when asked to stop."""

    def __init__(self, config: uvicorn.Config, tick_s: float = TICK_S) -> None:
        super().__init__(config)
        self._tick_s = tick_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end_requested = asyncio.Event()

    async def main_loop(self) -> None:
        """Run until a signal or `stop` asks the server to end."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(RENEW_DATE):
            await self.pause()

    async def pause(self) -> None:
        """Sleep until the next tick, or until asked to stop."""
        try:
            async with asyncio.timeout(self._tick_s):
                await self._end_requested.wait()
        except TimeoutError:
            return

    def stop(self) -> None:
        """Ask the server to end; call it in the server's event loop."""
        self.should_exit = True
        self._end_requested.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle a signal: wake the main loop at once."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end_requested.set)


def main() -> None:
    """Serve the web application until a signal."""
    parser = argparse.ArgumentParser("config.server.serving", description=__doc__)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    config = uvicorn.Config(
        "config.asgi:application",
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        ws="none",
        server_header=False,
        # `accounts.limits.addresses` evaluates a proxy's headers, and only where PUBLIC_URL is set.
        proxy_headers=False,
    )
    # Import the application before the event loop runs: the import may use the database.
    config.load()
    Server(config).run()


if __name__ == "__main__":
    main()
