"""The environment of benchmarks: a copy of the product, a sandbox, the floor, a browser.

Everything is in one temporary folder and on separate ports; the checkout's `var/` and `.env` are
not used. Each part is started on first use. If BENCH_DATABASE_URL names a PostgreSQL server, each
product has a new database there, which is dropped at the end; the named one is not changed. The
URL's user must be allowed to create databases.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import httpx
import psycopg
from psycopg.sql import SQL, Identifier

from tests.processes import ROOT, Up, copy_checkout, environment, free_port, until
from tests.sandbox.server import start_sandbox

T = TypeVar("T")
KEY = "bench:secret"
POSTGRESQL = "BENCH_DATABASE_URL"
START_WITHIN_S = 300.0  # for a first start on a busy machine


class Broken(Exception):
    """A measurement failed."""


class Server(NamedTuple):
    """A server that a benchmark has started."""

    address: str
    pid: int


class Stage(ExitStack):
    """Starts what a benchmark needs, once; leaving the `with` block ends everything."""

    def __init__(self, filler: int = 60, *, is_calm: bool = True) -> None:
        """`is_calm`: the product's thumbnails are complete before anything is measured."""
        super().__init__()
        self.filler = filler
        self.is_calm = is_calm

    @cached_property
    def scratch(self) -> Path:
        """The temporary folder, deleted at the end."""
        folder = tempfile.TemporaryDirectory(prefix="vitrine-bench-", ignore_cleanup_errors=True)
        return Path(self.enter_context(folder))

    @cached_property
    def sandbox(self) -> str:
        """The address of the stage's sandbox."""
        running = start_sandbox(self.scratch / "sandbox", key=KEY, filler=self.filler)
        self.callback(running.kill)
        return running.base

    @cached_property
    def upstream(self) -> httpx.Client:
        """A client for the sandbox, including its control routes."""
        headers = {"authorization": f"Key {KEY}"}
        client = httpx.Client(base_url=self.sandbox, headers=headers, timeout=30)
        return self.enter_context(client)

    @cached_property
    def settings(self) -> dict[str, str]:
        """The product's settings: the sandbox is the upstream, and no request is limited."""
        from config.server.processes import sandbox_environment

        port = int(self.sandbox.rpartition(":")[2])
        own = {"UPSTREAM": "sandbox", "SYNC_INTERVAL_MINUTES": "0", "RATE_LIMITS": "0"}
        return sandbox_environment(port, KEY) | own

    @cached_property
    def product(self) -> Product:
        """The product in its default configuration."""
        return Product(self)

    @property
    def floor_database(self) -> Path:
        """The floor's SQLite file."""
        return self.scratch / "floor.sqlite3"

    @cached_property
    def floor(self) -> Server:
        """The floor: the same pages and the same run, as directly as possible."""
        arguments = [self.sandbox, KEY, str(self.floor_database)]
        return self.serve("floor", [sys.executable, "-m", "tests.bench.stage.floor"], arguments)

    @cached_property
    def browser(self) -> Any:
        """Headless Chromium (Playwright's Browser)."""
        from tests.chromium import chromium

        return self.enter_context(chromium())

    @contextmanager
    def faults(self, faults: Any) -> Iterator[None]:
        """Activate faults of the sandbox for the block."""
        self.upstream.post("/_sandbox/faults", json=faults).raise_for_status()
        try:
            yield
        finally:
            self.upstream.delete("/_sandbox/faults")

    def serve(self, name: str, command: list[str], arguments: list[str], **settings: str) -> Server:
        """Start `command PORT arguments`, which ends with the stage; return it when it answers."""
        port, log = free_port(), self.scratch / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, str(port), *arguments],
                cwd=ROOT,
                env=environment(PYTHONPATH="", **settings),
                stdout=out,
                stderr=out,
            )
        self.callback(process.wait)
        self.callback(process.kill)
        address = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            if process.poll() is not None:
                raise Broken(f"{name} did not start:\n{log.read_text()[-2000:]}")
            with suppress(httpx.TransportError):
                httpx.get(address, timeout=5)
                return True
            return False

        until(answers, START_WITHIN_S)
        return Server(address, process.pid)


class Product:
    """A copy of the checkout, and `manage.py up` in it; started on first use."""

    def __init__(
        self, stage: Stage, name: str = "product", *, has_own_sandbox: bool = False
    ) -> None:
        """`name` tells the products of one stage apart.

        With its own sandbox it starts one, as a new user's does, and has no other settings.
        """
        self.stage = stage
        self.name = name
        self._has_own_sandbox = has_own_sandbox

    @cached_property
    def checkout(self) -> Path:
        """A copy of the product, with its own `var/`."""
        return copy_checkout(self.stage.scratch / self.name)

    @cached_property
    def settings(self) -> dict[str, str]:
        if self._has_own_sandbox:
            return {}
        if beside := os.environ.get(POSTGRESQL):
            url = self.stage.enter_context(empty_database(beside))
            return self.stage.settings | {"DATABASE_URL": url}
        return self.stage.settings

    @cached_property
    def up(self) -> Up:
        """The processes, once the catalogue is synced and, on a calm stage, thumbnails are made."""
        up = Up(self.checkout, free_port(), PYTHONPATH="", **self.settings)
        self.stage.callback(up.stop)
        with httpx.Client(base_url=up.base, cookies=up.cookies, timeout=30) as owner:

            def is_ready() -> bool:
                health = owner.get("/healthz").json()
                pictures = health["pictures"]  # right after the sync none is queued yet
                has_pictures = pictures["kept"] > 0 and not pictures["waiting"]
                is_synced = health.get("last_sync_age_s") is not None
                return is_synced and (has_pictures or not self.stage.is_calm)

            until(is_ready, START_WITHIN_S)
        return up

    @property
    def address(self) -> str:
        """The address of its pages."""
        return self.up.base

    @property
    def web(self) -> int:
        """The id of the process that serves pages."""
        pid = self.up.pid_of("config.server.serving")
        if pid is None:
            raise Broken("no web process is found")
        return pid

    @property
    def storage_state(self) -> Any:
        """The state of a logged-in browser, for Playwright."""
        same: dict[str, Any] = {"domain": urlsplit(self.address).hostname, "path": "/"}
        same |= {"expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
        cookies = [{"name": name, "value": value} | same for name, value in self.up.cookies.items()]
        return {"cookies": cookies, "origins": []}

    def client(self) -> httpx.Client:
        """Return a logged-in client that follows redirects."""
        cookies = self.up.cookies
        return httpx.Client(
            base_url=self.address, cookies=cookies, follow_redirects=True, timeout=60
        )

    def report_of(self, program: str, *arguments: object) -> dict[str, Any]:
        """Run `python -m program` on its database; return the JSON object in its last line."""
        own = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "bench"}
        done = subprocess.run(
            [sys.executable, "-m", program, *map(str, arguments)],
            cwd=self.checkout,
            env=environment(PYTHONPATH="", **own, **self.settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Broken(f"{program} failed:\n{done.stderr[-2000:]}")
        report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return report


@contextmanager
def empty_database(beside: str) -> Iterator[str]:
    """Yield the URL of a new PostgreSQL database on the server of `beside`; drop it at the end."""
    parts = urlsplit(beside)
    name = f"{parts.path.strip('/')}_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(beside, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield parts._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in a thread and return its result: this thread runs the browser's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
