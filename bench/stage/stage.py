"""What the benchmarks measure against.

A scratch copy of the product, a sandbox, the floor, a browser.

Everything lives in one temporary folder and on ports of its own; the checkout's `var/` and
`.env` are never looked at. Each part starts when it is first asked for.
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

from bench.stage import database
from bench.stage.children import HOST, ROOT, Child, clean_environment, free_port
from bench.stage.product import Product

KEY = "bench:secret"


class Stage:
    """Starts what a question needs, once; `with` takes all of it down."""

    def __init__(self, filler: int = 60, *, is_calm: bool = True, round_trip_ms: float = 0) -> None:
        """`is_calm`: the product's thumbnails are drawn before anything is measured.

        `round_trip_ms`: how far the sandbox is away from everybody, the browser too.
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
        """The folder in which everything is kept; gone at the end."""
        folder = tempfile.TemporaryDirectory(prefix="vitrine-bench-", ignore_cleanup_errors=True)
        return Path(self._stack.enter_context(folder))

    @cached_property
    def sandbox(self) -> str:
        """The address of a sandbox of our own."""
        port = free_port()
        command = [sys.executable, "-m", "sandbox", f"--port={port}"]
        # A thumbnail is painted when it is first looked at (each measurement begins with a round
        # that does not count), not beside what is being measured.
        command += [f"--filler={self.filler}", f"--data-dir={self.scratch / 'sandbox'}", "--warm=0"]
        if self.round_trip_ms:
            away = [sys.executable, "-m", "bench.stage.far", str(port), str(self.round_trip_ms)]
            command.append(f"--public-url={self.start('far', away).line('Far at ').split()[2]}")
        environment = os.environ | {"SANDBOX_KEY": KEY}
        return self.start("sandbox", command, env=environment).line("Sandbox at ").split()[2]

    @cached_property
    def upstream(self) -> httpx.Client:
        """Speaks to the sandbox, also behind the scenes."""
        client = httpx.Client(
            base_url=self.sandbox, headers={"authorization": f"Key {KEY}"}, timeout=30
        )
        return self._stack.enter_context(client)

    @cached_property
    def environment(self) -> dict[str, str]:
        """This shell's environment without our settings, and the sandbox as the upstream."""
        from config.server.processes import sandbox_environment

        port = int(self.sandbox.rpartition(":")[2])
        mine = sandbox_environment(port, KEY) | {
            "UPSTREAM": "sandbox",
            "SYNC_INTERVAL_MINUTES": "0",
        }
        return clean_environment() | mine

    @cached_property
    def product(self) -> Product:
        """The product as it is installed: on SQLite."""
        return Product(self)

    @cached_property
    def products(self) -> dict[str, Product]:
        """Every product that is to be measured, by what its name adds.

        On PostgreSQL too, where one is named.
        """
        found = {"": self.product}
        if database.is_named():
            url = self._stack.enter_context(database.empty())
            found[" on PostgreSQL"] = Product(self, "product-on-postgresql", url)
        return found

    @cached_property
    def floor(self) -> str:
        """The address of the floor: the same pages and the same run, as directly as can be."""
        port = free_port()
        command = [sys.executable, "-m", "bench.stage.floor", str(port), self.sandbox, KEY]
        command.append(str(self.scratch / "floor.sqlite3"))
        return self.start("floor", command).answering(f"http://{HOST}:{port}")

    @cached_property
    def browser(self) -> Any:
        """Headless Chromium (playwright's Browser)."""
        from bench.stage.browser import chromium

        return self._stack.enter_context(chromium())

    @contextmanager
    def far(self, round_trip_ms: float) -> Iterator[Stage]:
        """All of it once more, with the sandbox at a distance.

        Browser and painted thumbnails are this one's.
        """
        with Stage(0, is_calm=self.is_calm, round_trip_ms=round_trip_ms) as stage:
            shutil.copytree(self.scratch / "sandbox", stage.scratch / "sandbox")
            stage.browser = self.browser
            yield stage

    def start(self, name: str, command: list[str], **options: Any) -> Child:
        """A child process that ends with the stage."""
        child = Child(name, command, self.scratch, **{"cwd": ROOT} | options)
        self._stack.callback(child.stop)
        return child
