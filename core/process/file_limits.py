"""Raises the number of files and sockets that a process may have open."""

from __future__ import annotations

import contextlib
import resource


def raise_limit() -> None:
    """Raise the soft limit to the hard one: each followed run and each long poll holds a socket."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):  # macOS refuses above an unreported limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
