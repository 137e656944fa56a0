"""The marks by which a page may watch a run that it was shown."""

from __future__ import annotations

import uuid
from functools import lru_cache

from django.core.signing import Signer

from playground.models import Run


@lru_cache(maxsize=4096)  # a crowd asks for one run again and again
def mark(pk: uuid.UUID, view: str) -> str:
    """The signature over a run and the view in which a page shows it."""
    return Signer(salt="vitrine.live").signature(f"{pk}:{view}")


def watch(run: Run, view: str) -> str:
    """What a page's poll sends for this run, but for the version: `<view>:<mark>`."""
    return f"{view}:{mark(run.pk, view)}"
