"""`python -m sandbox`: serves the sandbox on the loopback address.

Clients need the key in SANDBOX_KEY, and for billing the one in SANDBOX_ADMIN_KEY. The keys are not
arguments, because every account on a machine can read a process's arguments.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from sandbox.app import build
from sandbox.config import PREFIXES, Config

TICK_S = 1.0
KEEP_ALIVE_S = 75  # like fal's gateways; uvicorn's five seconds are for servers on the internet


class JsonLines(logging.Formatter):
    """One JSON object a line, as the dashboard's processes write them with LOG_FORMAT=json."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as an object, with its traceback in the message."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname, "logger": record.name, "process": "sandbox"}
        return json.dumps(line | {"message": super().format(record)})


def main(argv: list[str] | None = None) -> int:
    """Serve until a signal; return 1 if the port is in use or the folder is not writable."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    if is_json := os.environ.get("LOG_FORMAT") == "json":
        logging.getLogger().handlers[0].setFormatter(JsonLines())
    logging.getLogger("httpx").setLevel(logging.WARNING)
    data_dir = options.data_dir or Path(tempfile.gettempdir()) / "fal-sandbox"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        listener = socket.create_server(("127.0.0.1", options.port), backlog=1024)
    except OSError as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 1
    port = listener.getsockname()[1]
    base = options.public_url or f"http://127.0.0.1:{port}"
    config = Config(
        data_dir=data_dir,
        key=os.environ.get("SANDBOX_KEY") or Config.key,
        admin_key=os.environ.get("SANDBOX_ADMIN_KEY") or Config.admin_key,
        base=base.rstrip("/"),
        concurrency=options.concurrency,
        pace=options.pace,
        filler=options.filler,
        live_idle_s=options.live_idle,
    )
    server = Server(
        uvicorn.Config(
            build(config),
            log_level="warning",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
    )
    address = f"Sandbox at {base} ({', '.join(PREFIXES.values())})"
    if is_json:
        logging.getLogger("sandbox").info(address)
    else:
        print(address, flush=True)
    # uvicorn stops at a signal and then raises it again, which would set another exit code.
    for number in HANDLED_SIGNALS:
        signal.signal(number, lambda *_: sys.exit(0))
    server.run(sockets=[listener])
    return 0


class Server(uvicorn.Server):
    """A uvicorn server that wakes up once a second, to renew the Date header.

    uvicorn's own wakes up ten times a second, to see whether it should stop.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_requested = asyncio.Event()

    async def main_loop(self) -> None:
        """Run until a signal."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):  # uvicorn renews the header when its counter ends in 0
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._stop_requested.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle a signal: wake the main loop at once."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop_requested.set)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("sandbox", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=8321, help="0 chooses a free port and prints it"
    )
    parser.add_argument("--data-dir", type=Path, help="where files are kept")
    parser.add_argument("--public-url", help="the address that callers use, if it differs")
    parser.add_argument("--concurrency", type=int, default=Config.concurrency)
    parser.add_argument("--pace", type=float, default=Config.pace, help="0 leaves out all waits")
    parser.add_argument("--filler", type=int, default=0, help="extra catalogue entries")
    parser.add_argument("--live-idle", type=float, default=Config.live_idle_s)
    return parser


if __name__ == "__main__":
    sys.exit(main())
