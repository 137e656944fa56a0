"""Times as RFC 3339 text."""

from __future__ import annotations

from datetime import datetime


def as_text(moment: datetime | None) -> str | None:
    """Return `2026-11-23T03:10:00.123456+00:00`; None without a time."""
    return moment.isoformat() if moment else None
