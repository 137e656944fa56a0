"""Which processes read fal's keys: those that talk to it, and only by saying so at their start.

The process that serves pages never does, whoever starts it (`manage.py up` or `runserver`, uvicorn,
gunicorn) and wherever the key stands: one started by itself in a folder whose `.env` holds the key
had it.
"""

from __future__ import annotations

import os

COMMANDS = {"up", "worker", "realtime", "sync_models"}  # of manage.py
READS_BILLS = {"up", "worker"}  # those that read FAL_ADMIN_KEY as well; `up` passes it on

_is_granted = False
_reads_bills = False


def grant(command: str = "") -> None:
    """Let this process read the keys of its command; call it before the settings are imported."""
    global _is_granted, _reads_bills
    _is_granted = True
    _reads_bills = command in READS_BILLS


def if_granted(key: str) -> str:
    """Return the key; without `grant` nothing, and take it out of the environment."""
    if _is_granted:
        return key
    os.environ.pop("FAL_KEY", None)
    return ""


def if_reads_bills(key: str) -> str:
    """Return the admin key; nothing in a process that reads no bills, nor in its environment."""
    if _reads_bills:
        return key
    os.environ.pop("FAL_ADMIN_KEY", None)
    return ""
