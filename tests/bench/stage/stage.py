"""The environment of benchmarks.

A copy of the product, a sandbox, the floor, a browser.

Everything is in one temporary folder and on separate ports; the checkout's `var/` and `.env` are
not used. Each part is started on first use.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.bench.stage import database
from tests.bench.stage.children import HOST, ROOT, Child, clean_environment, free_port
from tests.bench.stage.product import Product

KEY = "bench:secret"


class Stage:
    """Starts what a benchmark needs, once; leaving the `with` block ends everything."""

    def __init__(self, filler: int = 60, *, is_calm: bool = True, round_trip_ms: float = 0) -> None:
        """`is_calm`: the product's thumbnails are complete before anything is measured.

        `round_trip_ms`: network latency between the sandbox and everything else.
        """
        self.filler = filler
        self.is_calm = is_calm
        self.round_trip_ms = round_trip_ms
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    @cached_property
    def scratch(self) -> Path:
        """The temporary folder, deleted at the end."""
        folder = tempfile.TemporaryDirectory(prefix="vitrine-bench-", ignore_cleanup_errors=True)
        return Path(self._stack.enter_context(folder))

    @cached_property
    def sandbox(self) -> str:
        """The address of the stage's sandbox."""
        port = free_port()
        command = [sys.executable, "-m", "sandbox", f"--port={port}"]
        command += [f"--filler={self.filler}", f"--data-dir={self.scratch / 'sandbox'}"]
        if self.round_trip_ms:
            proxy = [sys.executable, "-m", "tests.bench.stage.latency_proxy"]
            proxy += [str(port), str(self.round_trip_ms)]
            address = self.start("proxy", proxy).line("Proxy at ").split()[2]
            command.append(f"--public-url={address}")
        environment = os.environ | {"SANDBOX_KEY": KEY}
        return self.start("sandbox", command, env=environment).line("Sandbox at ").split()[2]

    @cached_property
    def upstream(self) -> httpx.Client:
        """A client for the sandbox, including its control routes."""
        client = httpx.Client(
            base_url=self.sandbox, headers={"authorization": f"Key {KEY}"}, timeout=30
        )
        return self._stack.enter_context(client)

    @cached_property
    def environment(self) -> dict[str, str]:
        """The environment without our settings, and with the sandbox as the upstream."""
        from config.server.processes import sandbox_environment

        port = int(self.sandbox.rpartition(":")[2])
        mine = sandbox_environment(port, KEY) | {
            "UPSTREAM": "sandbox",
            "SYNC_INTERVAL_MINUTES": "0",
        }
        return clean_environment() | mine

    @cached_property
    def product(self) -> Product:
        """The product in its default configuration, on SQLite."""
        return Product(self)

    @cached_property
    def products(self) -> dict[str, Product]:
        """Every product to measure, by the suffix of its name.

        Includes one on PostgreSQL if configured.
        """
        products = {"": self.product}
        if database.is_named():
            url = self._stack.enter_context(database.empty())
            products[" on PostgreSQL"] = Product(self, "product-on-postgresql", url)
        return products

    @cached_property
    def floor(self) -> str:
        """The address of the floor: the same pages and the same run, as directly as possible."""
        port = free_port()
        command = [sys.executable, "-m", "tests.bench.stage.floor", str(port), self.sandbox, KEY]
        command.append(str(self.scratch / "floor.sqlite3"))
        return self.start("floor", command).answering(f"http://{HOST}:{port}")

    @cached_property
    def browser(self) -> Any:
        """Headless Chromium (Playwright's Browser)."""
        from tests.bench.stage.browser import chromium

        return self._stack.enter_context(chromium())

    @contextmanager
    def with_latency(self, round_trip_ms: float) -> Iterator[Stage]:
        """Yield a second stage whose sandbox has network latency.

        It shares this stage's browser and thumbnails.
        """
        with Stage(0, is_calm=self.is_calm, round_trip_ms=round_trip_ms) as stage:
            shutil.copytree(self.scratch / "sandbox", stage.scratch / "sandbox")
            stage.browser = self.browser
            yield stage

    def start(self, name: str, command: list[str], **options: Any) -> Child:
        """Start a child process that ends with the stage."""
        child = Child(name, command, self.scratch, **{"cwd": ROOT} | options)
        self._stack.callback(child.stop)
        return child
