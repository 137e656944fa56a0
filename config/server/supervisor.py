"""Supervises the child processes of `manage.py up`, without importing Django.

`manage.py up` prepares the database, starts the children and then replaces itself by this module
(`become`): process id and children stay, Django's memory is released. The supervisor sleeps until
a child ends, a signal arrives, a restart is due, or a connection comes in for a process that is
started on demand. It imports light modules only; a test checks that.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing and pathlib takes megabytes
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Any, NoReturn

BASE_DIR = os.path.abspath(os.path.join(__file__, "../../.."))  # noqa: PTH100, PTH118
STOP_WITHIN_S = 10.0
STABLE_AFTER_S = 30.0  # a process that lived this long restarts after the first, short pause
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
PR_SET_PDEATHSIG = 1
LISTENER_VARIABLE = "VITRINE_LISTEN_FD"  # the socket's descriptor, for a process started on demand
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
HANDLED_SIGNALS = (*STOP_SIGNALS, signal.SIGCHLD)


class Process:
    """One child process: its command line, its state and its next restart.

    With `listener`, the descriptor of a listening socket, the child is started by the first
    connection, inherits the socket, and may end with exit code 0 when it is idle.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        listener: int | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.environment = dict(environment)
        self.listener = listener
        self.pid: int | None = None
        self.started = 0.0  # monotonic clock, which is the same in all processes of a machine
        self.pause_s = FIRST_PAUSE_S
        self.restart_at = 0.0

    def start(self) -> None:
        """Start the child in its own session, so that Ctrl-C reaches the supervisor alone."""
        sys.stdout.flush()
        sys.stderr.flush()
        if pid := os.fork():
            self.pid, self.started, self.restart_at = pid, time.monotonic(), 0.0
        else:
            _exec_child(self)

    def reap(self) -> int | None:
        """Return the exit code if the child has ended since the last call, else None.

        A negative code is the signal that killed it.
        """
        if self.pid is None:
            return None
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:  # its exit code was collected elsewhere
            pid, status = self.pid, 0
        if not pid:
            return None
        self.pid = None
        return os.waitstatus_to_exitcode(status)

    def start_if_due(self, has_connection: Callable[[int], bool]) -> None:
        """Start the child if it has ended and its pause is over; the pause grows with each crash.

        `has_connection` returns whether a connection waits at a listening socket, for a child that
        is started on demand.
        """
        code, now = self.reap(), time.monotonic()
        if code is not None and not (self.listener is not None and code == 0):
            self._plan_restart(code, now)
        if self.pid is not None or now < self.restart_at:
            return
        if self.listener is None or has_connection(self.listener):
            self.start()

    def _plan_restart(self, code: int, now: float) -> None:
        self.pause_s = FIRST_PAUSE_S if now - self.started > STABLE_AFTER_S else self.pause_s
        log(f"{self.name} ended (exit {code}); it starts again in {self.pause_s:.1f} s")
        self.restart_at = now + self.pause_s
        self.pause_s = min(self.pause_s * 2, LONGEST_PAUSE_S)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Send the child a signal, if it runs."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def join(self, until: float) -> None:
        """Wait for the child to end; kill it at `until` (monotonic clock)."""
        while self.pid is not None and self.reap() is None:
            if time.monotonic() >= until:
                log(f"{self.name} does not end by itself; it is killed")
                self.stop(signal.SIGKILL)
                until = float("inf")
            time.sleep(0.02)

    def as_json(self) -> dict[str, Any]:
        """Return the state that `from_json` restores after `become`."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Process:
        """Restore a child from what `as_json` returned."""
        process = cls(values["name"], values["command"], values["environment"])
        vars(process).update(values)
        return process


def _exec_child(process: Process) -> NoReturn:
    """Run in the forked child: execute its program; never return into the parent's code."""
    try:
        for number in HANDLED_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED_SIGNALS)
        os.setsid()
        _die_with_parent()
        environment = dict(process.environment)
        if process.listener is not None:
            os.set_inheritable(process.listener, True)
            environment[LISTENER_VARIABLE] = str(process.listener)
        os.chdir(BASE_DIR)
        os.execve(process.command[0], process.command, environment)  # noqa: S606
    except BaseException as error:  # the parent's exception handlers must not run here
        log(f"{process.name} cannot be started: {error}")
    finally:
        os._exit(127)


def _die_with_parent() -> None:
    """Let the kernel send SIGTERM when the supervisor is killed (Linux only)."""
    import ctypes  # megabytes, but in the child alone, where exec releases them

    from core.process import file_limits

    file_limits.raise_limit()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def become(
    processes: Iterable[Process], remove: Iterable[Path] = (), keep: Iterable[int] = ()
) -> NoReturn:
    """Replace this process by the supervisor of `processes`, which keep running; never returns.

    After Ctrl-C or SIGTERM the supervisor ends them and deletes the files in `remove`. The file
    descriptors in `keep` (of locks) stay open as long as it lives.
    """
    import tempfile  # the supervisor itself does without it

    processes = list(processes)
    listeners = [process.listener for process in processes if process.listener is not None]
    state = {
        "processes": [process.as_json() for process in processes],
        "remove": [str(path) for path in remove],
        "descriptors": [*listeners, *keep],
    }
    # An unnamed file: the environments hold the key, which belongs on no command line or disk.
    with tempfile.TemporaryFile() as file:
        file.write(json.dumps(state).encode())
        file.seek(0)
        for descriptor in (file.fileno(), *listeners, *keep):
            os.set_inheritable(descriptor, True)
        sys.stdout.flush()
        sys.stderr.flush()
        # Signals that arrive meanwhile stay pending until the new program handles them.
        signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED_SIGNALS)
        os.chdir(BASE_DIR)
        command = [sys.executable, "-m", "config.server.supervisor", str(file.fileno())]
        os.execv(sys.executable, command)  # noqa: S606


def main(descriptor: int) -> int:
    """Supervise the processes that `become` wrote to the open file; return the exit code."""
    with os.fdopen(descriptor) as file:
        state = json.load(file)
    for inherited in state["descriptors"]:  # a child gets its own socket, and no lock
        os.set_inheritable(inherited, False)
    processes = [Process.from_json(values) for values in state["processes"]]
    supervise(processes)
    for path in state["remove"]:
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108
    return 0


def supervise(processes: Sequence[Process]) -> None:
    """Restart children that end until SIGINT or SIGTERM, then stop them all."""
    is_stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal is_stopping
        is_stopping = True

    wakeup_read, wakeup_write = os.pipe()
    os.set_blocking(wakeup_read, False)
    os.set_blocking(wakeup_write, False)
    signal.set_wakeup_fd(wakeup_write, warn_on_full_buffer=False)
    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)  # a handler, so that it wakes us
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED_SIGNALS)
    try:
        while not is_stopping:
            for process in processes:
                process.start_if_due(_is_readable)
            _sleep(processes, wakeup_read)
    finally:
        end(processes)


def _sleep(processes: Sequence[Process], wakeup_read: int) -> None:
    """Wait for a signal, for the next restart that is due, or for a connection."""
    idle = [process for process in processes if process.pid is None]
    now = time.monotonic()
    pauses = [process.restart_at - now for process in idle if process.restart_at > now]
    listeners = [
        process.listener
        for process in idle
        if process.listener is not None and process.restart_at <= now
    ]
    select.select([wakeup_read, *listeners], [], [], min(pauses, default=None))
    with suppress(BlockingIOError):
        while os.read(wakeup_read, 512):
            continue


def _is_readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def end(processes: Iterable[Process]) -> None:
    """Stop every child and wait for it, in the given order: the web process comes first."""
    processes = list(processes)
    until = time.monotonic() + STOP_WITHIN_S
    for process in processes:
        process.stop()
    for process in processes:
        process.join(until)


def log(text: str) -> None:
    """Print one line in the format of Django's log, without importing the logging module."""
    milliseconds = int(time.time() * 1000) % 1000
    moment = time.strftime("%Y-%m-%d %H:%M:%S")
    print(
        f"{moment},{milliseconds:03d} WARNING config.server.supervisor: {text}",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
