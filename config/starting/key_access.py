"""Which processes read FAL_KEY: those that talk to upstream, and only by saying so at their start.

The process that serves pages never does, whoever starts it (`manage.py up` or `runserver`, uvicorn,
gunicorn) and wherever the key stands: one started by itself in a folder whose `.env` holds the key
had it.
"""

from __future__ import annotations

import os

COMMANDS = {"up", "worker", "realtime", "sync_models"}  # of manage.py

_is_granted = False


def grant() -> None:
    """Let this process read the key; call it before the settings are imported."""
    global _is_granted
    _is_granted = True


def if_granted(key: str) -> str:
    """Return the key; without `grant` nothing, and take it out of the environment."""
    if _is_granted:
        return key
    os.environ.pop("FAL_KEY", None)
    return ""
