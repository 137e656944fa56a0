"""Sandbox, worker and web as separate processes on the configured database.

Any of them may be killed.
"""

import io
import itertools
import json
import random
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from PIL import Image

from catalog.models import Endpoint
from config.server.processes import sandbox_environment
from runs.files import stored_files
from runs.models import Run, Upload
from tests.processes import ROOT, environment, free_port
from tests.runs.start.started import start_run
from tests.soak.cluster import Cluster

KEY = "soak:key"
SLOW = "mischief/slow"
TALKS = "sandbox/scribe"
PAINTS_OVER = "sandbox/aurora/image-to-image"
# A log that contains one of these shows an error that the code does not handle.
# The last line of a traceback names the exception: `httpx.ReadError: …`.
TRACEBACK_END = re.compile(r"[\w.]+(Error|Exception|Exit)\b")
UNHANDLED = (
    "broke off",
    "a job of the worker",
    "never retrieved",
    "exception in ASGI",
    "Unhandled",
    "Internal Server Error",
)
Found = Callable[[], Any]


class Stage:
    """The processes, and the user who creates runs; leaving the `with` block ends them all."""

    def __init__(self, scratch: Path, cluster: Cluster | None = None) -> None:
        """`cluster` is the database server if it may be restarted."""
        self.scratch = scratch
        self.cluster = cluster
        self.ports = {"sandbox": free_port(), "web": free_port()}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.skew_s = 0.0
        self.is_reported_to = False  # whether upstream sends webhooks to the web process
        self.full = scratch / "full"
        self._names = itertools.count(1)
        self.user, _ = User.objects.get_or_create(username="soak")
        self.endpoints = {
            name: Endpoint.objects.get_or_create(
                endpoint_id=name,
                defaults={
                    "display_name": name,
                    "owner": name.split("/")[0],
                    "category": "text-to-image",
                    "stream_url": "yes",
                },
            )[0]
            for name in (SLOW, TALKS, PAINTS_OVER)
        }
        headers = {"Authorization": f"Key {KEY}"}
        base = f"http://127.0.0.1:{self.ports['sandbox']}"
        self.upstream = httpx.Client(base_url=base, headers=headers, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for name in [*self.processes]:
            self.kill(name)
        self.upstream.close()

    # --- processes ------------------------------------------------------------------------------
    def start(self, *names: str) -> None:
        """Start these processes unless they run."""
        for name in names:
            if name not in self.processes:
                with self.log(name).open("ab") as out:
                    self.processes[name] = subprocess.Popen(
                        self._command(name),
                        cwd=ROOT,
                        env=self._environment(name),
                        stdout=out,
                        stderr=subprocess.STDOUT,
                    )
        for name in names:
            if name in self.ports:
                until(partial(is_listening, self.ports[name]), f"{name} does not start")

    def kill(self, name: str) -> None:
        """Kill a process with SIGKILL."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def report(self, is_wanted: bool) -> None:
        """Turn upstream's webhooks to the web process on or off."""
        if is_wanted != self.is_reported_to:
            self.is_reported_to = is_wanted
            for name in {"web", "worker"} & self.processes.keys():
                self.kill(name)
        if is_wanted:
            self.start("web")

    def signal(self, name: str, number: int) -> None:
        """Send a process a signal."""
        self.processes[name].send_signal(number)

    def end(self, name: str) -> None:
        """Stop a process as a deployment does: SIGTERM, then wait for its end."""
        process = self.processes.pop(name)
        process.terminate()
        process.wait(60)

    @contextmanager
    def deaf(self, name: str) -> Iterator[None]:
        """Kill the process and listen on its port without accepting connections.

        Callers run into the connect timeout.
        """
        if name in self.processes:
            self.kill(name)
        address = ("127.0.0.1", self.ports[name])
        with ExitStack() as stack:
            listening = stack.enter_context(socket.socket())
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(0)
            for _ in range(4):  # fill the listen backlog
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(address)
            with suppress(TimeoutError), socket.create_connection(address, 0.3):
                raise AssertionError(f"{name} is not deaf")
            yield

    def log(self, name: str) -> Path:
        """Return the path of a process's log."""
        return self.scratch / f"{name}.log"

    def unhandled(self) -> list[str]:
        """Return the unhandled errors in the logs, each with the end of its traceback."""
        calm = (" WARNING ", " INFO ")
        lines: list[str] = []
        for name in ("web", "worker"):
            if not self.log(name).exists():
                continue
            for line in self.log(name).read_text(errors="replace").splitlines():
                is_unhandled = any(word in line for word in UNHANDLED)
                if is_unhandled and not any(word in line for word in calm):
                    lines.append(line)
                elif lines and TRACEBACK_END.match(line):
                    lines[-1] = f"{lines[-1].partition(' | ')[0]} | {line}"
        return lines

    def _command(self, name: str) -> list[str]:
        if name == "sandbox":
            flags = [f"--port={self.ports[name]}", "--pace=0.2"]
            return [sys.executable, "-m", "sandbox", *flags, f"--data-dir={self.scratch / name}"]
        if name == "web":
            port = str(self.ports[name])
            options = ["--host", "127.0.0.1", "--port", port, "--log-level", "warning"]
            return [sys.executable, "-m", "uvicorn", "config.asgi:application", *options]
        return [sys.executable, "-m", "tests.soak.hurried"]

    def _environment(self, name: str) -> dict[str, str]:
        key = "" if name == "web" else KEY
        return environment(
            **sandbox_environment(self.ports["sandbox"], key),
            DJANGO_SETTINGS_MODULE="config.settings",
            UPSTREAM="sandbox",
            SANDBOX_KEY=KEY,
            SECRET_KEY="soak",
            DEBUG="1",
            DATABASE_URL=database_url(),
            MEDIA_ROOT=str(settings.MEDIA_ROOT),
            SYNC_INTERVAL_MINUTES="0",
            SKEW_S=str(self.skew_s),
            FULL=str(self.full),
            PUBLIC_URL=f"http://127.0.0.1:{self.ports['web']}" if self.is_reported_to else "",
        )

    def ask(self, duration_s: float = 0.5, transport: str = "queue") -> Run:
        """Return a run with a picture, or a streamed one with a text, not yet shown on a page."""
        prompt = f"run {next(self._names)} {uuid.uuid4()}"
        is_streamed = transport == "stream"
        how = {"max_tokens": 2000} if is_streamed else {"duration": duration_s, "log_lines": 3}
        run, _ = start_run(
            user=self.user,
            endpoint=self.endpoints[TALKS if is_streamed else SLOW],
            key=uuid.uuid4().hex,
            arguments={"prompt": prompt, **how},
            transport=transport,
        )
        return run

    def ask_with_file(self) -> Run:
        """Return a run on an upload of ours, which is sent first; no page has shown it before."""
        prompt = f"run {next(self._names)} {uuid.uuid4()}"
        picture = io.BytesIO()
        Image.frombytes("RGB", (16, 16), random.randbytes(16 * 16 * 3)).save(picture, "PNG")
        stored_file = stored_files.store(picture, "image/png")
        upload = Upload.objects.create(
            user=self.user,
            digest=stored_file.digest,
            file=stored_file.name,
            file_name="noise.png",
            content_type=stored_file.content_type,
            size_bytes=stored_file.size_bytes,
        )
        run, _ = start_run(
            user=self.user,
            endpoint=self.endpoints[PAINTS_OVER],
            key=uuid.uuid4().hex,
            arguments={"prompt": prompt, "image_url": upload.get_absolute_url()},
        )
        return run

    def calls(self) -> dict[str, int]:
        """Return the sandbox's calls by kind, since its start or since `fault` or `quiet`."""
        counted: dict[str, int] = self.upstream.get("/_sandbox/calls").json()["calls"]
        return counted

    def taken(self, run: Run) -> int:
        """Return how many requests for this run the sandbox has accepted, by its own records."""
        query = {"endpoint_id": run.endpoint.endpoint_id, "expand": "payloads", "limit": "100"}
        answer = self.upstream.get("/api/v1/models/requests/by-endpoint", params=query)
        answer.raise_for_status()
        return sum(run.arguments["prompt"] in json.dumps(item) for item in answer.json()["items"])

    def clear_faults(self) -> None:
        """Switch all faults off and reset the counts."""
        self.upstream.delete("/_sandbox/faults")
        self.upstream.delete("/_sandbox/calls")

    def fault(self, kind: str, name: str, **more: Any) -> None:
        """Switch a fault on."""
        body = {"kind": kind, "name": name, **more}
        self.upstream.post("/_sandbox/faults", json=body).raise_for_status()


def is_listening(port: int) -> bool:
    """Return whether a server on this port answers."""
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
    except httpx.TransportError:
        return False
    return True


def database_url() -> str:
    """Return the URL of the current database, for other processes."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    login = database["USER"] + (f":{database['PASSWORD']}" if database["PASSWORD"] else "")
    return f"postgres://{login}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"


def until(condition: Found, why: str | Callable[[], str], limit_s: float = 90.0) -> Any:
    """Return the result of `condition()` once it is true.

    Raise AssertionError with `why`, evaluated then, if that takes too long.
    """
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.03)
    raise AssertionError(why() if callable(why) else why)
