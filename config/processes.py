"""`manage.py up`: web, worker and, without a key, the sandbox, as one process tree.

The parent only watches: it restarts what dies and takes everything down with itself.
The key is handed to those that talk to upstream; the web process never has it.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config import files
from config.local import BASE_DIR

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
STOP_WITHIN_S = 10.0
STEADY_S = 30.0  # a process that lived this long starts again without a pause
LONGEST_PAUSE_S = 15.0
PR_SET_PDEATHSIG = 1


@dataclass
class Process:
    """One child: how to start it, and how it fared."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause_s: float = 0.5
    restart_at: float = field(default=0.0)

    def start(self) -> None:
        """Start the child in a session of its own: Ctrl-C reaches the parent, which ends it in order."""
        self.child = subprocess.Popen(  # noqa: S603  our own command lines
            self.command,
            env=dict(self.environment),
            cwd=BASE_DIR,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        self.started = time.monotonic()

    def watch(self) -> None:
        """Start the child again when it has died, after a pause that grows while it keeps dying."""
        now = time.monotonic()
        if self.restart_at:
            if now >= self.restart_at:
                self.restart_at = 0.0
                self.start()
        elif self.child and self.child.poll() is not None:
            self.pause_s = 0.5 if now - self.started > STEADY_S else self.pause_s
            log.warning(
                "%s ended (exit %s); it starts again in %.1f s",
                self.name,
                self.child.returncode,
                self.pause_s,
            )
            self.restart_at = now + self.pause_s
            self.pause_s = min(self.pause_s * 2, LONGEST_PAUSE_S)

    def stop(self) -> None:
        """Ask the child to end; it gets some seconds."""
        if self.child and self.child.poll() is None:
            self.child.terminate()

    def join(self, until: float) -> None:
        """Wait for the child's end, and force it after `until`."""
        if not self.child:
            return
        try:
            self.child.wait(max(until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            log.warning("%s does not end by itself; it is killed", self.name)
            self.child.kill()
            self.child.wait()


def _die_with_parent() -> None:
    """A killed parent leaves nobody behind (Linux; elsewhere the children end at their next restart)."""
    files.allow_many()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def python(*arguments: str) -> list[str]:
    """A command line for this very Python."""
    return [sys.executable, *arguments]


def require_free(port: int) -> None:
    """Raise ImproperlyConfigured when somebody else listens on `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ImproperlyConfigured(
                f"PORT {port} cannot be used ({error.strerror}); "
                f"stop what listens there, or choose another: PORT={port + 10} make run"
            ) from error


def free_port(preferred: int) -> int:
    """`preferred` when it is free, else any free port."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError, OverflowError):
                probe.bind((HOST, port))
                return int(probe.getsockname()[1])
    raise ImproperlyConfigured("no free port was found for the sandbox.")


def sandbox_environment(port: int, key: str) -> dict[str, str]:
    """The settings that make a sandbox at `port` the upstream; nothing else knows that it is one."""
    base = f"{HOST}:{port}"
    return {
        "FAL_API_URL": f"http://{base}/api/v1",
        "FAL_QUEUE_URL": f"http://{base}/queue",
        "FAL_RUN_URL": f"http://{base}/run",
        "FAL_WS_URL": f"ws://{base}/ws",
        "FAL_REST_URL": f"http://{base}/rest",
        "FAL_MEDIA_URLS": f"http://{base}",
        "FAL_KEY": key,
    }


def wait_until_answering(url: str, processes: list[Process], limit_s: float = 30.0) -> bool:
    """Whether `url` answered within `limit_s`; gives up at once when a process has died."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=2)  # noqa: S310  our own address
        except urllib.error.HTTPError as error:
            if error.code == 503:  # no worker yet: the web itself answers
                return True
            time.sleep(0.03)
        except OSError:
            time.sleep(0.03)
        else:
            return True
        if any(one.child and one.child.poll() is not None for one in processes):
            return False
    return False


def supervise(processes: list[Process]) -> None:
    """Keep all children alive until SIGINT or SIGTERM, then end them in order."""
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        while not stopping:
            for process in processes:
                process.watch()
            time.sleep(0.1)
    finally:
        end(processes)


def end(processes: list[Process]) -> None:
    """End every child: the web first, so that nobody asks for what is going away."""
    until = time.monotonic() + STOP_WITHIN_S
    for process in processes:
        process.stop()
    for process in processes:
        process.join(until)


def without_key(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that must not have the key, not even from `.env`."""
    return {**environment, "FAL_KEY": ""}


def inherited() -> dict[str, str]:
    """This process's environment, for its children."""
    return dict(os.environ)


def folder_stamp(*folders: Path) -> str:
    """A text that changes when a file below one of the folders does."""
    newest = max(
        (file.stat().st_mtime_ns for folder in folders for file in folder.rglob("*")), default=0
    )
    return str(newest)
