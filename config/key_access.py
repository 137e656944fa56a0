"""Which processes read which secret: those that need it, and only by saying so at their start.

The process that serves pages reads none, whoever starts it (`manage.py up` or `runserver`, uvicorn,
gunicorn) and wherever a secret stands: one started by itself in a folder whose `.env` holds the key
had it.
"""

from __future__ import annotations

import os

# The commands of manage.py that read each of these settings; `up` passes them on.
READERS = {
    "FAL_KEY": {"up", "worker", "realtime", "sync_models", "doctor"},
    "FAL_ADMIN_KEY": {"up", "worker"},
    "KEYS_SECRET": {"up", "worker", "realtime", "rotate_keys", "backup", "restore"},
}

_command = ""


def grant(command: str) -> None:
    """Let this process read what its command needs; call it before the settings are imported."""
    global _command
    _command = command


def may_read(name: str) -> bool:
    """Whether this process reads the setting of that name."""
    return _command in READERS[name]


def if_granted(name: str, value: str) -> str:
    """Return the setting's value; else nothing, and take it out of the environment."""
    if may_read(name):
        return value
    os.environ.pop(name, None)
    return ""
