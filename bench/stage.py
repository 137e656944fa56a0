"""What the benchmarks measure against: a scratch copy of the product, a sandbox, the floor, a browser.

Everything lives in one temporary folder and on ports of its own; the checkout's `var/` and
`.env` are never looked at. Each part starts when it is first asked for.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
KEY = "bench:secret"
START_WITHIN_S = 90.0
THUMBNAILS_WITHIN_S = 300.0
# Whatever a person has set up in the shell or in `.env` must not reach a benchmark.
OURS = ("FAL_", "DJANGO_", "SECRET_KEY", "DEBUG", "DATABASE_URL", "MEDIA_ROOT", "PUBLIC_URL")
OURS += ("UPSTREAM", "ALLOWED_HOSTS", "SYNC_INTERVAL_MINUTES", "RUNS_AT_ONCE", "PORT")
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".env", "var", "__pycache__", ".*_cache", "tests", "docs", "bench"
)


class Broken(Exception):
    """A measurement could not be made."""


class Child:
    """A process with its output in a file; `line` waits for what it prints."""

    def __init__(self, name: str, command: list[str], scratch: Path, **options: Any) -> None:
        self.name = name
        self.log = scratch / f"{name}.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, **options)

    def line(self, holds: str) -> str:
        """The first printed line that holds this text."""
        return wait(lambda: next((x for x in self._lines() if holds in x), ""), self._why)

    def stop(self) -> None:
        """End it politely, or by force after ten seconds."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _lines(self) -> list[str]:
        if self.process.poll() is not None:
            raise Broken(self._why())
        return self.log.read_text().splitlines()

    def _why(self) -> str:
        return f"{self.name} did not start:\n" + "\n".join(self.log.read_text().splitlines()[-20:])


class Stage:
    """Starts what a question needs, once; `with` takes all of it down."""

    def __init__(self, filler: int = 60, *, is_calm: bool = True) -> None:
        """`is_calm`: the product's thumbnails are drawn before anything is measured."""
        self.filler = filler
        self.is_calm = is_calm
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
        command = [sys.executable, "-m", "sandbox", "--port=0", f"--key={KEY}"]
        # A thumbnail is painted when it is first looked at (each measurement begins with a round
        # that does not count), not beside what is being measured.
        command += [f"--filler={self.filler}", f"--data-dir={self.scratch / 'sandbox'}", "--warm=0"]
        return self.start("sandbox", command).line("Sandbox at ").split()[2]

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
        from config.processes import sandbox_environment

        port = int(self.sandbox.rpartition(":")[2])
        mine = sandbox_environment(port, KEY) | {
            "UPSTREAM": "sandbox",
            "SYNC_INTERVAL_MINUTES": "0",
        }
        return clean_environment() | mine

    @cached_property
    def checkout(self) -> Path:
        """A copy of the product, whose `var/` is scratch."""
        return Path(shutil.copytree(ROOT, self.scratch / "checkout", ignore=LEFT_OUT))

    @cached_property
    def login(self) -> str:
        """The running product's link that logs the owner in; the catalogue is synced."""
        environment = self.environment | {"PORT": str(free_port())}
        command = [sys.executable, "manage.py", "up"]
        up = self.start("product", command, cwd=self.checkout, env=environment)
        link = up.line("/login/link/").strip()
        database = self.checkout / "var" / "vitrine.sqlite3"
        wait(lambda: is_synced(database), lambda: "the product's first sync does not end")
        if self.is_calm:
            health = link.partition("/login/")[0] + "/healthz"
            wait(
                lambda: has_pictures(httpx.get(health, timeout=30).json()["pictures"]),
                lambda: "the product's thumbnails do not come",
                THUMBNAILS_WITHIN_S,
            )
        return link

    @property
    def product(self) -> str:
        """The running product's address."""
        return self.login.partition("/login/")[0]

    @cached_property
    def cookies(self) -> Any:
        """What a browser keeps of somebody who is logged in (playwright's storage state)."""
        context = self.browser.new_context()
        try:
            context.new_page().goto(self.login)
            return context.storage_state()
        finally:
            context.close()

    @cached_property
    def floor(self) -> str:
        """The address of the floor: the same pages and the same run, as directly as can be."""
        port = free_port()
        command = [sys.executable, "-m", "bench.floor", str(port), self.sandbox, KEY]
        command.append(str(self.scratch / "floor.sqlite3"))
        self.start("floor", command)
        return wait_for_answer(f"http://{HOST}:{port}")

    @cached_property
    def browser(self) -> Any:
        """Headless Chromium (playwright's Browser)."""
        from bench.browser import chromium

        return self._stack.enter_context(chromium())

    def start(self, name: str, command: list[str], **options: Any) -> Child:
        """A child process that ends with the stage."""
        child = Child(name, command, self.scratch, **{"cwd": ROOT} | options)
        self._stack.callback(child.stop)
        return child


def has_pictures(told: dict[str, int]) -> bool:
    """Whether all thumbnails have come; right after the sync none is even waited for."""
    return told["kept"] > 0 and not told["waiting"]


def clean_environment() -> dict[str, str]:
    """This shell's environment without anything that is a setting of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait(found: Callable[[], T], why: Callable[[], str], limit_s: float = START_WITHIN_S) -> T:
    """What `found` returns as soon as it is something; raises Broken with `why` after a while."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if value := found():
            return value
        time.sleep(0.05)
    raise Broken(why())


def wait_for_answer(url: str) -> str:
    """`url`, once somebody answers there."""

    def answers() -> bool:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            return False
        return True

    wait(answers, lambda: f"nobody answers at {url}")
    return url


def is_synced(database: Path) -> bool:
    """Whether a sync of the product has come to its end."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        found = connection.execute("SELECT state, error FROM catalog_syncreport").fetchall()
    finally:
        connection.close()
    if any(state == "failed" for state, _ in found):
        raise Broken(f"the product's first sync failed: {found}")
    return any(state == "done" for state, _ in found)
