"""Measures this process's memory: current and peak."""

from __future__ import annotations

import re
import resource
from pathlib import Path

STATUS = Path("/proc/self/status")


def rss_mb() -> float:
    """Return this process's memory in MB; its peak where the current value is not available."""
    if STATUS.exists() and (match := re.search(r"VmRSS:\s*(\d+) kB", STATUS.read_text())):
        return int(match[1]) / 1024
    return peak_mb()


def peak_mb() -> float:
    """Return the peak in MB. On Linux from /proc: `ru_maxrss` starts with the parent's value."""
    if STATUS.exists() and (match := re.search(r"VmHWM:\s*(\d+) kB", STATUS.read_text())):
        return int(match[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
