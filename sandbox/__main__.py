"""`python -m sandbox`: serves the sandbox on the loopback address.

Clients need the key that SANDBOX_KEY holds. It is not an argument, since every account on a machine
can read a process's arguments.
"""

import argparse
import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from sandbox.app import build
from sandbox.config import PREFIXES, Config

TICK_S = 1.0
KEEP_ALIVE_S = 75  # like fal's gateways; uvicorn's five seconds are for servers on the internet


def main(argv: list[str] | None = None) -> int:
    """Serve until a signal; return 1 if the port is in use or the folder is not writable."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    data_dir = options.data_dir or Path(tempfile.gettempdir()) / "fal-sandbox"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        listener = socket.create_server(("127.0.0.1", options.port), backlog=1024)
    except OSError as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 1
    base = options.public_url or f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = Config(
        data_dir=data_dir,
        key=os.environ.get("SANDBOX_KEY") or Config.key,
        base=base.rstrip("/"),
        concurrency=options.concurrency,
        pace=options.pace,
        filler=options.filler,
        live_idle_s=options.live_idle,
    )
    app = build(config)
    app.state.sandbox.gallery.paint_elsewhere(config)
    server = Server(  # painting a thumbnail takes seconds and cannot be interrupted
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
    )
    print(f"Sandbox at {base} ({', '.join(PREFIXES.values())})", flush=True)
    helper = _warm(config) if options.warm and app.state.sandbox.gallery.missing() else None
    try:
        server.run(sockets=[listener])
    finally:
        app.state.sandbox.gallery.close()
        if helper is not None:
            helper.terminate()
            helper.wait()
    return 0


def _warm(config: Config) -> subprocess.Popen[bytes]:
    """Start a process that makes the thumbnails, so that the first gallery page need not wait."""
    command = [sys.executable, "-m", "sandbox.warm", f"--base={config.base}"]
    root = Path(__file__).parents[1]
    return subprocess.Popen([*command, f"--data-dir={config.data_dir.absolute()}"], cwd=root)  # noqa: S603


class Server(uvicorn.Server):
    """A uvicorn server that exits with code 0 after a signal and wakes up once a second.

    It wakes up to renew the Date header; uvicorn checks ten times a second whether it shall stop.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked_to_stop = asyncio.Event()

    async def main_loop(self) -> None:
        """Run until a signal."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):  # uvicorn renews the header when its counter ends in 0
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._asked_to_stop.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle a signal: wake the main loop at once."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked_to_stop.set)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first signal; a second one closes open connections without waiting.

        Unlike uvicorn's, does not raise the signal again afterwards, which would set the exit code.
        """
        previous = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8321, help="0 takes a free one and prints it")
    parser.add_argument("--data-dir", type=Path, help="where files are kept")
    parser.add_argument("--public-url", help="the address callers use, when it is another one")
    parser.add_argument("--concurrency", type=int, default=Config.concurrency)
    parser.add_argument("--pace", type=float, default=Config.pace, help="0 leaves out all waits")
    parser.add_argument("--filler", type=int, default=0, help="extra catalogue entries")
    parser.add_argument("--live-idle", type=float, default=Config.live_idle_s)
    parser.add_argument(
        "--warm", type=int, default=1, help="0 makes no thumbnail before it is asked for"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
