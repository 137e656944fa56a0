"""`python -m sandbox`: serve the sandbox on this machine alone."""

import argparse
import logging
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from sandbox.app import build
from sandbox.config import PREFIXES, Config

KEEP_ALIVE_S = 75  # as gateways do; uvicorn's own five seconds are for machines that face the open


def main(argv: list[str] | None = None) -> int:
    """Serve until a signal; 1 when the port is taken or the folder cannot be written."""
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
        key=options.key,
        base=base.rstrip("/"),
        concurrency=options.concurrency,
        pace=options.pace,
        filler=options.filler,
        live_idle_s=options.live_idle,
    )
    app = build(config)
    server = Server(  # a thumbnail that is being painted takes seconds, and cannot be broken off
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
        if helper is not None:
            helper.terminate()
            helper.wait()
    return 0


def _warm(config: Config) -> subprocess.Popen[bytes]:
    """A process that makes the thumbnails, so that the first page of the gallery need not wait."""
    command = [sys.executable, "-m", "sandbox.warm", f"--base={config.base}"]
    root = Path(__file__).parents[1]
    return subprocess.Popen([*command, f"--data-dir={config.data_dir.absolute()}"], cwd=root)  # noqa: S603


class Server(uvicorn.Server):
    """A server for which a signal is a request to stop, not a way to die: the exit code is 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first signal; a second one does not wait for open connections."""
        before = {each: signal.signal(each, self.handle_exit) for each in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8321, help="0 takes a free one and prints it")
    parser.add_argument("--key", default=Config.key, help="the key callers need")
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
