"""Starts the processes of a benchmark, waits for them and ends them."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"
START_WITHIN_S = 300.0  # for a first start on a busy machine
# Settings of the user's shell or `.env` must not affect a benchmark.
OURS = (
    *("FAL_", "DJANGO_", "SECRET_KEY", "DEBUG", "DATABASE_URL", "MEDIA_ROOT", "PUBLIC_URL"),
    *("UPSTREAM", "ALLOWED_HOSTS", "SYNC_INTERVAL_MINUTES", "RUNS_AT_ONCE", "PORT"),
)


class Broken(Exception):
    """A measurement failed."""


class Child:
    """A process with its output in a file; `line` waits for a line of it."""

    def __init__(self, name: str, command: list[str], scratch: Path, **options: Any) -> None:
        self.name = name
        self.log = scratch / f"{name}.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, **options)

    def line(self, holds: str) -> str:
        """Return the first printed line that contains this text."""
        return wait(lambda: next((x for x in self._lines() if holds in x), ""), self._why)

    def answering(self, url: str) -> str:
        """Return `url` once a server responds there."""

        def answers() -> bool:
            self._require_alive()
            try:
                httpx.get(url, timeout=5)
            except httpx.TransportError:
                return False
            return True

        wait(answers, self._why)
        return url

    def stop(self) -> None:
        """Stop it with SIGTERM, and after ten seconds with SIGKILL."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_lines(self) -> str:
        """Return the last lines of its output."""
        return "\n".join(self.log.read_text().splitlines()[-20:])

    def _lines(self) -> list[str]:
        self._require_alive()
        return self.log.read_text().splitlines()

    def _require_alive(self) -> None:
        if self.process.poll() is not None:
            raise Broken(self._why())

    def _why(self) -> str:
        return f"{self.name} did not start:\n{self.last_lines()}"


def clean_environment() -> dict[str, str]:
    """Return this process's environment without any of our settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


def report_of(command: Sequence[str], folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Run `python -m command` in `folder`; return the JSON object in its last printed line.

    It has the product's settings; those in `environment` take precedence.
    """
    # `bench` is this checkout's; the rest is the copy in `folder`.
    defaults = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "bench"}
    own = defaults | environment | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=own,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Broken(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in a thread and return its result: this thread runs the browser's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait(
    condition: Callable[[], T],
    why: Callable[[], str],
    limit_s: float = START_WITHIN_S,
    every_s: float = 0.05,
) -> T:
    """Return the true result of `condition`; raises Broken with `why` after `limit_s`."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(every_s)
    raise Broken(why())
