"""Starts a complete Vitrine as a new user does, with `manage.py up` in a copy of the checkout."""

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

from tests.login import by_link

ROOT = Path(__file__).resolve().parents[1]
# Compiled bytecode is copied, which saves six programs from compiling; files still being written
# are not.
LEAVE_OUT = shutil.ignore_patterns(
    ".git", ".venv*", "var", "*.pyc.*", ".env", ".*_cache", ".hypothesis"
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
    "OIDC_",
    "GOOGLE_CLIENT_",
    "GITHUB_CLIENT_",
    "GITHUB_URL",
    "SIGN_UP_DOMAINS",
)

# Makes started web processes look for secrets in their answers (`tests.leaks`).
WATCHED = {"PYTHONPATH": str(ROOT / "tests" / "leaks" / "in_children")}


def copy_checkout(target: Path) -> Path:
    """Copy the project to `target`, as a fresh clone has it."""
    return Path(shutil.copytree(ROOT, target, ignore=LEAVE_OUT))


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Let only one of the processes that share this folder into the block at a time."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """Return this environment without Vitrine's settings, plus the given ones."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    return inherited | WATCHED | more


def is_alive(pid: int) -> bool:
    """Return whether a process runs. A zombie, for which nobody has waited, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Up:
    """A running `manage.py up`; it logs to the file `log`, which never blocks like a full pipe."""

    def __init__(self, checkout: Path, port: int, **given: str) -> None:
        self.log = Path(given.get("VITRINE_DATA_DIR", checkout)) / "up.log"
        self._sandbox = checkout / "var" / "sandbox.env"
        with self.log.open("w") as written:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=checkout,
                env=environment(PORT=str(port), **given),
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        login_link = until(lambda: self._link() or self.process.poll() is not None, limit_s=300)
        assert isinstance(login_link, str), self.log.read_text()
        self._printed = login_link
        self.base = login_link.split("/login/")[0]
        self._checkout = checkout
        self._given = given

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The owner's cookies, from the single-use login link that `up` has printed."""
        with httpx.Client(timeout=60) as owner:
            assert not by_link(owner, self._printed).is_error
            return dict(owner.cookies)

    @property
    def link(self) -> str:
        """Return a new single-use link that logs the owner in."""
        return self.manage("login_link")

    def manage(self, *command: str) -> str:
        """Run a command of `manage.py`; return what it printed."""
        printed = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=self._checkout,
            env=environment(PORT=self.base.rpartition(":")[2], **self._given),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return printed.strip()

    def _link(self) -> str:
        match = re.search(r"https?://\S+/login/link/[^\s\"]+", self.log.read_text())
        return match[0] if match else ""

    def pid_of(self, command: str) -> int | None:
        """Return the id of the child process whose command line contains these words."""
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            for pid in (task / "children").read_text().split():
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                if command in line:
                    return int(pid)
        return None

    def kill(self, command: str) -> int:
        """Kill that child with SIGKILL; return its process id."""
        pid = until(lambda: self.pid_of(command))
        os.kill(pid, signal.SIGKILL)
        return int(pid)

    def hurry(self, about: str = "") -> None:
        """End the sandbox's current runs, or only those with this text in their arguments."""
        self._tell_sandbox("hurry", {"about": about})

    def fault(self, **fault: Any) -> None:
        """Activate a fault of the sandbox, by the fields of its `Fault`."""
        self._tell_sandbox("faults", fault)

    def _tell_sandbox(self, path: str, body: dict[str, Any]) -> None:
        variables = dict(line.split("=", 1) for line in self._sandbox.read_text().splitlines())
        url = variables["FAL_API_URL"].replace("/api/v1", f"/_sandbox/{path}")
        headers = {"Authorization": f"Key {variables['FAL_KEY']}"}
        httpx.post(url, json=body, headers=headers).raise_for_status()

    def stop(self) -> int:
        """Stop it like Ctrl-C; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def until(condition: Callable[[], Any], limit_s: float = 120.0) -> Any:
    """Return the result of `condition()` as soon as it is true; fail after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
