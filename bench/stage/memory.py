"""How much memory this process has, and has had at most."""

from __future__ import annotations

import re
import resource
from pathlib import Path

STATUS = Path("/proc/self/status")


def rss_mb() -> float:
    """The memory that this process has now, in MB; its peak where the system does not tell."""
    if STATUS.exists() and (found := re.search(r"VmRSS:\s*(\d+) kB", STATUS.read_text())):
        return int(found[1]) / 1024
    return peak_mb()


def peak_mb() -> float:
    """The peak in MB. On Linux from /proc: `ru_maxrss` there begins with what the parent had."""
    if STATUS.exists() and (found := re.search(r"VmHWM:\s*(\d+) kB", STATUS.read_text())):
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
