"""Starts the child processes of `manage.py up`, restarts those that end, and ends them all."""

from __future__ import annotations

import ctypes
import logging
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
STOP_WITHIN_S = 10.0
STABLE_AFTER_S = 30.0  # a process that lived this long restarts after the first, short pause
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
PR_SET_PDEATHSIG = 1
LISTENER_VARIABLE = "VITRINE_LISTEN_FD"  # the socket's descriptor, for a process started on demand

log = logging.getLogger(__name__)


class Process:
    """One child process: its command line, its state and its next restart.

    With `listener`, a listening socket, the child is started by the first connection, inherits the
    socket, and may end with exit code 0 when it is idle.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        listener: socket.socket | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.environment = dict(environment)
        self.listener = listener
        self.child: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.pause_s = FIRST_PAUSE_S
        self.restart_at = 0.0

    def start(self) -> None:
        """Start the child in its own session, so that Ctrl-C reaches the supervisor alone."""
        descriptors = [self.listener.fileno()] if self.listener else []
        variables = {LISTENER_VARIABLE: str(descriptors[0])} if descriptors else {}
        self.started = time.monotonic()
        self.child = subprocess.Popen(  # noqa: S603  command lines of our own
            self.command,
            env=self.environment | variables,
            cwd=BASE_DIR,
            pass_fds=descriptors,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    def has_ended(self) -> bool:
        """Whether the child was started and has ended."""
        return self.child is not None and self.child.poll() is not None

    def is_waiting(self, now: float) -> bool:
        """Whether the child is to be started by a connection."""
        return self.child is None and self.listener is not None and now >= self.restart_at

    def restart_if_due(self, now: float, *, is_asked_for: bool) -> None:
        """Start the child if it has ended and its pause is over; the pause grows with each crash.

        `is_asked_for` says that a connection waits, for a child that is started on demand.
        """
        if self.child is not None and (code := self.child.poll()) is not None:
            self.child = None
            if code or self.listener is None:
                self._plan_restart(code, now)
        if self.child is None and now >= self.restart_at and (is_asked_for or not self.listener):
            try:
                self.start()
            except OSError as error:
                log.warning("%s cannot be started: %s", self.name, error)
                self._plan_restart(error.errno or 1, now)

    def _plan_restart(self, code: int, now: float) -> None:
        self.pause_s = FIRST_PAUSE_S if now - self.started > STABLE_AFTER_S else self.pause_s
        log.warning("%s ended (exit %d); it starts again in %.1f s", self.name, code, self.pause_s)
        self.restart_at = now + self.pause_s
        self.pause_s = min(self.pause_s * 2, LONGEST_PAUSE_S)

    def join(self, until: float) -> None:
        """Wait for the child to end; kill it at `until` (monotonic clock)."""
        if self.child is None:
            return
        try:
            self.child.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s does not end by itself; it is killed", self.name)
            self.child.kill()
            self.child.wait()


def _die_with_parent() -> None:
    """Let the kernel send the child SIGTERM when the supervisor is killed (Linux only)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def supervise(processes: Iterable[Process]) -> None:
    """Restart children that end until SIGINT or SIGTERM, then stop them all."""
    processes = list(processes)
    is_stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal is_stopping
        is_stopping = True

    wakeup_read, wakeup_write = os.pipe()
    os.set_blocking(wakeup_read, False)
    os.set_blocking(wakeup_write, False)
    signal.set_wakeup_fd(wakeup_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)  # a handler, so that it wakes us
    connected: set[socket.socket] = set()
    try:
        while not is_stopping:
            now = time.monotonic()
            for process in processes:
                process.restart_if_due(now, is_asked_for=process.listener in connected)
            connected = _sleep(processes, wakeup_read)
    finally:
        end(processes)


def _sleep(processes: Sequence[Process], wakeup: int) -> set[socket.socket]:
    """Wait for a signal, a connection or the next restart; return listeners with a connection."""
    now = time.monotonic()
    pauses = [process.restart_at - now for process in processes if process.child is None]
    listeners = [
        process.listener for process in processes if process.listener and process.is_waiting(now)
    ]
    timeout_s = min((pause for pause in pauses if pause > 0), default=None)
    watched: list[int | socket.socket] = [wakeup, *listeners]
    readable, _, _ = select.select(watched, [], [], timeout_s)
    with suppress(BlockingIOError):
        while os.read(wakeup, 512):
            continue
    return {listener for listener in listeners if listener in readable}


def end(processes: Iterable[Process]) -> None:
    """Stop every child and wait for it, in the given order: the web process comes first."""
    processes = list(processes)
    until = time.monotonic() + STOP_WITHIN_S
    for process in processes:
        if process.child is not None:
            process.child.terminate()
    for process in processes:
        process.join(until)
