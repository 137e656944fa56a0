"""Finds processes, and reads their usage, or this process's, from /proc. Needs Linux."""

from __future__ import annotations

import os
import re
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.stage.children import Broken

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ProcessUsage:
    """CPU seconds and memory in MB of a process."""

    cpu_s: float
    memory_mb: float


def usage_of(pid: int) -> ProcessUsage:
    """Return the CPU seconds of a process so far, and its current resident memory."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    match = re.search(r"VmRSS:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    return ProcessUsage(
        (int(fields[11]) + int(fields[12])) / TICKS_PER_S, int(match[1]) / 1024 if match else 0
    )


def own_mb(line: str) -> float:
    """Return a line of this process's status in MB: `VmRSS` its memory now, `VmHWM` its peak.

    Does not use `getrusage`, whose peak starts with the parent's.
    """
    match = re.search(rf"{line}:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(match[1]) / 1024 if match else 0.0


def find_process(word: str, address: str) -> int:
    """Return the id of the process whose command line has this word and the address's port.

    Raises Broken if there is none.
    """
    port = urlsplit(address).port
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (folder / "cmdline").read_text().split("\0")
            if str(port) in line and any(word in part for part in line):
                return int(folder.name)
    raise Broken(f"no process of {word} is found")


def allow_many_files() -> None:
    """Raise this process's limit of open files, which processes started later inherit."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
