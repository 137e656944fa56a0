"""Which upstream runs go to, by the worker's record: the web process has no key to tell it from."""

from __future__ import annotations

import time
from typing import NamedTuple

from django.db import DatabaseError

from core.db.prepared_queries import PreparedQuery
from runs.models import Worker

REUSED_FOR_S = 8.0


class Upstream(NamedTuple):
    """What the last worker that was alive talks to."""

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


_known: tuple[Upstream | None, float] = None, 0.0


def _read() -> Upstream | None:
    try:
        rows = _LAST.all()
    except DatabaseError:  # the page says what is wrong with the database; its frame is shown too
        return None
    return Upstream(*rows[0]) if rows else None


_LAST = PreparedQuery(
    lambda: (
        Worker.objects.exclude(upstream="")
        .order_by("-beat_at")
        .values_list("upstream", "upstream_host")[:1]
    )
)
