"""Tells which upstream runs go to, from the worker's row: the web process has no key to tell."""

from __future__ import annotations

import time
from typing import NamedTuple

from django.db import DatabaseError

from runs.models import Worker

REUSED_FOR_S = 8.0


class Upstream(NamedTuple):
    """The upstream of the worker that was alive last."""

    name: str
    host: str

    @property
    def is_free(self) -> bool:
        """Whether no run costs anything: the sandbox's prices are only for show."""
        return self.name == "sandbox"


def get() -> Upstream | None:
    """Return the upstream; None before any worker has run. Pages may ask several times."""
    global _known
    upstream, good_until = _known
    if upstream is None or good_until < time.monotonic():
        upstream = _read()
        _known = upstream, time.monotonic() + REUSED_FOR_S
    return upstream


def is_free() -> bool:
    """Whether it is known that no run costs anything. Each price asks: one query at most."""
    if _known[1] < time.monotonic():
        get()
    upstream = _known[0]
    return upstream is not None and upstream.is_free


_known: tuple[Upstream | None, float] = None, 0.0


def _read() -> Upstream | None:
    beats = Worker.objects.exclude(upstream="").order_by("-beat_at")
    try:
        last = beats.values_list("upstream", "upstream_host").first()
    except DatabaseError:  # the page explains the database error; its frame is shown too
        return None
    return Upstream(*last) if last else None
