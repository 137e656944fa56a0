"""Ports, command lines and environments of the processes that `manage.py up` starts.

`supervisor.py` restarts them. Only the processes that talk to upstream get the key; the web process
never does.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config import key_access
from config.server.supervisor import Process

HOST = "127.0.0.1"
# Longer than a proxy keeps an idle connection (nginx 60 s, Caddy 120): else it may send a request
# while we close the connection, and answers 502 to one that it does not repeat.
KEEP_ALIVE_S = 130
# glibc (mallopt(3)): two arenas instead of one for each thread, and freed memory goes back to the
# system, which by default keeps blocks of up to 32 MB.
MALLOC = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 20),
}


def python(*arguments: str) -> list[str]:
    """Return a command line that runs this process's Python interpreter."""
    return [sys.executable, *arguments]


def require_free(port: int) -> None:
    """Raise ImproperlyConfigured if `port` cannot be bound, mostly because it is in use."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ImproperlyConfigured(
                f"PORT {port} cannot be used ({error.strerror}); stop the program that listens "
                f"there, or choose another port: PORT={port + 10} make run"
            ) from error


def free_port(preferred: int) -> int:
    """Return `preferred` if it is free, else any free port."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError, OverflowError):
                probe.bind((HOST, port))
                return int(probe.getsockname()[1])
    raise ImproperlyConfigured("no free port was found for the sandbox.")


def listen(preferred: int) -> socket.socket:
    """Return a socket that listens on `preferred` if that is free, else on any free port."""
    for port in (preferred, 0):
        with contextlib.suppress(OSError, OverflowError):
            return socket.create_server((HOST, port), backlog=128)
    raise ImproperlyConfigured("no free port was found for live sessions.")


def sandbox_environment(port: int, key: str, admin_key: str = "") -> dict[str, str]:
    """Return the settings that make the sandbox at `port` the upstream."""
    base = f"{HOST}:{port}"
    return {
        "FAL_API_URL": f"http://{base}/api/v1",
        "FAL_QUEUE_URL": f"http://{base}/queue",
        "FAL_RUN_URL": f"http://{base}/run",
        "FAL_WS_URL": f"ws://{base}/ws",
        "FAL_REST_URL": f"http://{base}/rest",
        "FAL_MEDIA_URLS": f"http://{base}",
        "FAL_KEY": key,
        "FAL_ADMIN_KEY": admin_key,
    }


def wait_until_answering(url: str, processes: list[Process], limit_s: float = 30.0) -> bool:
    """Return whether `url` answered within `limit_s` seconds; False once a process has ended."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=2)  # noqa: S310  our own address
        except urllib.error.HTTPError as error:
            if error.code < 500 or error.code == 503:  # the web process answers, if not "healthy"
                return True
            time.sleep(0.03)
        except OSError:
            time.sleep(0.03)
        else:
            return True
        if any(process.has_ended() for process in processes):
            return False
    return False


def without_key(environment: Mapping[str, str]) -> dict[str, str]:
    """Return `environment` with empty keys, which also override those in `.env`."""
    return {**environment, **dict.fromkeys(key_access.READERS, "")}


def without_admin_key(environment: Mapping[str, str]) -> dict[str, str]:
    """Return `environment` with an empty FAL_ADMIN_KEY: only the worker reads bills."""
    return {**environment, "FAL_ADMIN_KEY": ""}


def inherited() -> dict[str, str]:
    """Return this process's environment for its children, with settings that save memory."""
    return MALLOC | os.environ


def folder_stamp(*folders: Path) -> str:
    """Return a string that changes when a source below one of `folders` is added, changed or gone.

    Files that Python compiled do not count, because a first start writes them.
    """
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    sources = sorted(file for file in files if "__pycache__" not in file.parts)
    listing = "\n".join(f"{file.name} {file.stat().st_mtime_ns}" for file in sources)
    return hashlib.sha256(listing.encode()).hexdigest()
