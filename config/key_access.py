"""Which processes read which secret: only those that need it and say so at their start.

The process that serves pages reads none, however it is started (`manage.py up` or `runserver`,
uvicorn, gunicorn) and wherever the secret is: one started alone in a folder whose `.env` holds the
key had it.
"""

from __future__ import annotations

import os

# The commands of manage.py that read each of these settings; `up` passes them on.
READERS = {
    "FAL_KEY": {"up", "worker", "realtime", "sync_models", "doctor"},
    "FAL_ADMIN_KEY": {"up", "worker"},
}

_command = ""


def grant(command: str) -> None:
    """Let this process read its command's secrets; call it before the settings are imported."""
    global _command
    _command = command


def may_read(name: str) -> bool:
    """Whether this process reads the setting of that name."""
    return _command in READERS[name]


def if_granted(name: str, value: str) -> str:
    """Return the value if this process may read it; else remove it from the environment."""
    if may_read(name):
        return value
    os.environ.pop(name, None)
    return ""
