"""Identifies a process in the database, so that another one can check whether it still runs."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

LONGEST = 120
_PROC = Path("/proc")


def current() -> str:
    """Identify this process: machine, process id and start time, as process ids are reused."""
    return f"{_machine()}:{os.getpid()}:{_start_time(os.getpid())}"


def kind() -> str:
    """Return the kind of this process: `web`, or the command of `manage.py`."""
    program, *arguments = sys.argv
    path = Path(program)
    name = path.parent.name if path.stem == "__main__" else path.stem
    return arguments[0] if name in {"manage", "vitrine"} and arguments else "web"


def is_local(identity: str) -> bool:
    """Return whether the process is or was on this machine (on Linux: in this container)."""
    return identity.rpartition(":")[0].rpartition(":")[0] == _machine()


def is_gone(identity: str) -> bool:
    """Return whether the process has certainly ended; always False for another machine's."""
    if not is_local(identity):
        return False
    _, pid, start_time = identity.rsplit(":", 2)
    # An empty start time is unknown: another unit's process may be hidden (systemd's ProtectProc).
    return not _is_alive(int(pid)) or _start_time(int(pid)) not in {start_time, ""}


def _machine() -> str:
    """Return the host name and, on Linux, the PID namespace."""
    namespace = ""
    with suppress(OSError):
        namespace = str((_PROC / "self/ns/pid").stat().st_ino)
    return f"{socket.gethostname()[:60]}/{namespace}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs under another account
        return True
    return True


def _start_time(pid: int) -> str:
    """Return the start time in clock ticks; "" without Linux's /proc, "gone" for a zombie."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    state, *rest = text.rpartition(")")[2].split()  # proc(5): from field 3; 22 is the start time
    return "gone" if state in "ZX" else rest[18]
