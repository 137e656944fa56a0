"""Starts sandboxes for tests: as a process, or as TLS hosts for the unmodified fal-client."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from sandbox.app import build_host
from sandbox.config import PREFIXES, Config
from sandbox.state import Sandbox
from tests.certificates import make_certificates

ROOT = Path(__file__).parents[2]
ADMIN_KEY = "test-admin:sandbox-admin-never-shown"


@dataclass
class RunningSandbox:
    """A sandbox that answers at `base`; `addresses` has the base of each fal host."""

    base: str
    key: str
    addresses: dict[str, str]
    process: subprocess.Popen[str]

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(60)
        finally:
            if self.process.stdout:
                self.process.stdout.close()

    def kill(self) -> None:
        """End it at once: requests that still run would delay it for seconds."""
        self.process.kill()
        self.stop()


def start_sandbox(
    data_dir: Path,
    key: str = "test-key:sandbox-secret-never-shown",
    port: int = 0,
    **options: object,
) -> RunningSandbox:
    """Start a sandbox in a process of its own; return it when it answers.

    Options are flags (`pace=0`, `concurrency=1`).
    """
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "sandbox", f"--port={port}"]
    process = subprocess.Popen(
        [*command, f"--data-dir={data_dir}", *flags],
        cwd=ROOT,
        env=os.environ | {"SANDBOX_KEY": key, "SANDBOX_ADMIN_KEY": ADMIN_KEY},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("Sandbox at "):
        process.kill()
        process.wait()
        process.stdout.close()
        raise RuntimeError(f"the sandbox did not start: {line!r}")
    base = line.split()[2]
    addresses = {host: base + path for host, path in PREFIXES.items()}
    addresses["ws"] = addresses["ws"].replace("http", "ws", 1)
    return RunningSandbox(base, key, addresses, process)


@dataclass
class TlsHosts:
    """A sandbox's hosts, each at the root of a TLS port of its own, trusted through `ca`."""

    addresses: dict[str, str]
    key: str
    ca: Path
    servers: list[uvicorn.Server]
    thread: threading.Thread

    def stop(self) -> None:
        """Close all ports."""
        for server in self.servers:
            server.should_exit = True
        self.thread.join(10)


def start_tls_hosts(data_dir: Path, key: str = "test-key:sandbox-secret-never-shown") -> TlsHosts:
    """Serve every host over TLS on localhost, from a thread: fal's own clients require TLS."""
    ca, certificate = make_certificates(data_dir)
    listeners = {host: socket.create_server(("127.0.0.1", 0)) for host in PREFIXES}
    addresses = {
        host: f"https://localhost:{listener.getsockname()[1]}"
        for host, listener in listeners.items()
    }
    sandbox = Sandbox(Config(data_dir, key=key, addresses=addresses, pace=0.2))
    servers = {
        host: uvicorn.Server(
            uvicorn.Config(
                build_host(sandbox, host),
                ssl_certfile=certificate,
                log_level="warning",
                timeout_graceful_shutdown=1,
            )
        )
        for host in PREFIXES
    }

    async def serve() -> None:
        await asyncio.gather(
            *(server.serve(sockets=[listeners[host]]) for host, server in servers.items())
        )

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    while not all(server.started for server in servers.values()):
        time.sleep(0.01)
    return TlsHosts(addresses, key, ca, list(servers.values()), thread)
