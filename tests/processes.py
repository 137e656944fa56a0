"""Starts the whole of Vitrine as a new user does, `manage.py up` in a copy of the checkout.

And waits.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
# What is compiled already goes along, for six programs would each do it again; not what is being
# written.
LEAVE_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", "*.pyc.*", ".env", ".*_cache", ".hypothesis"
)
OURS = (
    "FAL_",
    "DATABASE_URL",
    "SECRET_KEY",
    "UPSTREAM",
    "DJANGO_",
    "PORT",
    "VITRINE_",
    "RUNS_AT_ONCE",
    "MEDIA_",
    "ALLOWED_HOSTS",
    "PUBLIC_URL",
)


def copy_checkout(target: Path) -> Path:
    """The project as a fresh clone has it, at `target`."""
    return Path(shutil.copytree(ROOT, target, ignore=LEAVE_OUT))


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Of all processes that come with this folder, one is in the block."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """This environment without any setting of Vitrine's, and with these."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    return inherited | more


class Up:
    """A running `manage.py up`; what it says goes to `log`, a file that never fills up like a pipe."""

    def __init__(self, checkout: Path, port: int, **given: str) -> None:
        self.log = checkout / "up.log"
        self._sandbox = checkout / "var" / "sandbox.env"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=checkout,
                env=environment(PORT=str(port), **given),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        found = until(lambda: self._link() or self.process.poll() is not None, limit_s=120)
        assert isinstance(found, str), self.log.read_text()
        self._printed = found
        self.base = found.split("/login/")[0]
        self._checkout = checkout
        self._given = given

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The owner's, in whose browser the link was opened that `up` printed: it is good once."""
        with httpx.Client(timeout=60) as owner:
            assert not owner.get(self._printed).is_error
            return dict(owner.cookies)

    @property
    def link(self) -> str:
        """A link that logs the owner in, good once."""
        command = [sys.executable, "manage.py", "login_link"]
        printed = subprocess.run(
            command,
            cwd=self._checkout,
            env=environment(PORT=self.base.rpartition(":")[2], **self._given),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return printed.strip()

    def _link(self) -> str:
        found = re.search(r"http://\S+/login/link/\S+", self.log.read_text())
        return found[0] if found else ""

    def pid_of(self, words: str) -> int | None:
        """The process among its children whose command line holds these words."""
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            for pid in (task / "children").read_text().split():
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                if words in line:
                    return int(pid)
        return None

    def kill(self, words: str) -> int:
        """Kill that child as `kill -9` does; its process id."""
        pid = until(lambda: self.pid_of(words))
        os.kill(pid, signal.SIGKILL)
        return int(pid)

    def hurry(self, about: str = "") -> None:
        """Let the sandbox's runs end, or those that have this text among their arguments."""
        self._tell_sandbox("hurry", {"about": about})

    def fault(self, **fault: Any) -> None:
        """Have the sandbox behave badly, by the fields of its `Fault`."""
        self._tell_sandbox("faults", fault)

    def _tell_sandbox(self, what: str, body: dict[str, Any]) -> None:
        found = dict(line.split("=", 1) for line in self._sandbox.read_text().splitlines())
        url = found["FAL_API_URL"].replace("/api/v1", f"/_sandbox/{what}")
        headers = {"Authorization": f"Key {found['FAL_KEY']}"}
        httpx.post(url, json=body, headers=headers).raise_for_status()

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def until(found: Callable[[], Any], limit_s: float = 120.0) -> Any:
    """What `found()` gives once it is true."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
