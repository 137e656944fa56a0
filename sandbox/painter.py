"""Runs `sandbox/processes/painter.py` as a child process of the server.

Rendering needs NumPy, Pillow and PyAV, some 200 MB that an idle server must not occupy. So the
child starts with the first request and ends when idle.
"""

import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from sandbox.config import Config

IDLE_S = 10.0  # the process ends after this time without a request


class Painter:
    """Starts the rendering process on demand and ends it after `idle_s` without a request."""

    def __init__(self, config: Config, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._command = [sys.executable, "-m", "sandbox.processes.painter", f"--base={config.base}"]
        self._command.append(f"--data-dir={config.data_dir.absolute()}")
        self._process: subprocess.Popen[bytes] | None = None
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def make(self, relative: str) -> None:
        """Make the file at a path of the file host; returns once it exists or cannot be made."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            process = self._start()
            if process.stdin is None or process.stdout is None:
                raise OSError("the painting process has no pipes")
            with suppress(BrokenPipeError):  # the process was killed, so there is no file
                process.stdin.write(relative.encode() + b"\n")
                process.stdin.flush()
                process.stdout.readline()
            self._timer = threading.Timer(self._idle_s, self.close)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """End the process; the next request starts another."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._process is not None:
                self._process.kill()
                self._process.communicate()
            self._process = self._timer = None

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._process.communicate()  # closes the pipes
            self._process = None
        if self._process is None:
            pipe, root = subprocess.PIPE, Path(__file__).parents[1]
            self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, cwd=root)  # noqa: S603
        return self._process
