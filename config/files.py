"""How many files and connections a process may have open."""

from __future__ import annotations

import contextlib
import resource


def allow_many() -> None:
    """As many as the system lets us: each run that is followed, each page that waits, holds one."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):  # macOS has a lower limit that it does not tell
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
