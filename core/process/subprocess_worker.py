"""Runs code that opens untrusted media in a child process with limits on time and memory.

An image may claim a billion pixels and a video may keep its decoder busy forever. The child takes
one request at a time, a line of JSON, and is killed when it takes too long.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

MAX_PIXELS = 100_000_000
MAX_MEMORY_BYTES = 4 << 30
MAX_RESPONSE_BYTES = 16 << 20
# A new child loads its libraries during its first request, at low priority on a busy machine.
FIRST_REQUEST_FACTOR = 3
IDLE_S = 10.0  # an idle child ends after this time: its libraries take about 80 MB

Json = dict[str, Any]


class WorkerDied(Exception):
    """The child did not respond: it exceeded its time limit or ended."""


class SandboxedWorker:
    """A module run as a child process that serves one request after the other; ends when idle."""

    def __init__(self, module: str, limit_s: float, *, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._module = module
        self._limit_s = limit_s
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self._idle_timer: asyncio.TimerHandle | None = None

    async def request(self, request: dict[str, str]) -> Json:
        """Return the child's response.

        Raises WorkerDied, after which the next request starts a new child.
        """
        async with self._lock:
            self._cancel_idle_timer()
            is_running = self._process is not None and self._process.returncode is None
            limit_s = self._limit_s * (1 if is_running else FIRST_REQUEST_FACTOR)
            try:
                async with asyncio.timeout(limit_s):
                    return await self._request(request)
            except (TimeoutError, OSError, ValueError) as error:
                await self.close()
                raise WorkerDied(repr(error)) from error
            except asyncio.CancelledError:
                await self.close()
                raise
            finally:
                self._idle_timer = asyncio.get_running_loop().call_later(self._idle_s, self._kill)

    async def close(self) -> None:
        """Kill the child and wait for its end."""
        self._cancel_idle_timer()
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    def _cancel_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _kill(self) -> None:
        """Kill the child; the event loop collects its exit code."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()

    async def _request(self, request: dict[str, str]) -> Json:
        process = await self._start()
        if process.stdin is None or process.stdout is None:
            raise OSError("the child process has no pipes")
        process.stdin.write(json.dumps(request).encode() + b"\n")
        await process.stdin.drain()
        response: Json = json.loads(await process.stdout.readline())
        return response

    async def _start(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=MAX_RESPONSE_BYTES,
            )
        return self._process


def run_once(module: str, request: dict[str, str], limit_s: float) -> Json:
    """Return the response of a child started for this request alone, for code in threads.

    Raises WorkerDied.
    """
    try:
        child = subprocess.run(  # noqa: S603  our own module
            [sys.executable, "-m", module],
            input=json.dumps(request).encode() + b"\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limit_s,
            check=True,
        )
        response: Json = json.loads(child.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        raise WorkerDied(repr(error)) from error
    return response


def serve(handle: Callable[[Json], Json]) -> None:
    """Run in the child: limit memory and priority, then respond to each line of standard input."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    from PIL import Image  # imported in the child only

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    for line in sys.stdin:
        try:
            response = handle(json.loads(line))
        except Exception as error:  # decoders raise anything on malformed files
            response = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(response), flush=True)
