"""Reads the usage of processes, or of this one, from /proc. Needs Linux."""

import os
import re
import resource
from pathlib import Path
from typing import NamedTuple


class ProcessUsage(NamedTuple):
    """CPU seconds of a process so far, and its memory in MB now."""

    cpu_s: float
    memory_mb: float


def usage_of(pid: int) -> ProcessUsage:
    """Return the usage of a process; its memory is the resident set."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return ProcessUsage(cpu_s, in_mb("VmRSS", f"/proc/{pid}/status"))


def in_mb(line: str, file: str = "/proc/self/status") -> float:
    """Return a line of a status file in MB: `VmRSS` the memory now, `VmHWM` its peak.

    Does not use `getrusage`, whose peak starts with the parent's.
    """
    match = re.search(rf"^{line}:\s*(\d+) kB", Path(file).read_text(), re.M)
    return int(match[1]) / 1024 if match else 0.0


def allow_many_files() -> None:
    """Raise this process's limit of open files, which processes started later inherit."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
