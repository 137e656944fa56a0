"""How long fal keeps the files and payloads of a run (protocol, sections 5.1 and 17.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from projects.models import Project

Keeps = Project.FalKeeps
# With "nothing", a result's files expire even if nobody can delete them: fal does that for holders
# of an ADMIN key only. A day is enough for copies after an outage of ours.
FILES_FOR: Mapping[str, timedelta] = {
    Keeps.HOUR: timedelta(hours=1),
    Keeps.DAY: timedelta(days=1),
    Keeps.WEEK: timedelta(weeks=1),
    Keeps.MONTH: timedelta(days=30),
    Keeps.NOTHING: timedelta(days=1),
}
LONGEST_S = 10 * 365 * 86_400
LONGEST_WAIT = timedelta(days=1)  # of a run for its start; its input files must last that long
SHARED_FOR = timedelta(hours=1)  # runs that start within this time send one upload


def stricter(options: Mapping[str, Any], keeps: str) -> dict[str, Any]:
    """Return the `fal.SubmitOptions` of a run, with the project's retention where it is stricter.

    `keeps` is the project's setting. A caller may ask for less than the project keeps, not more.
    """
    merged = dict(options)
    if (allowed := FILES_FOR.get(keeps)) is None:
        return merged
    asked = files_for(options)
    if asked is None or asked > allowed:
        lifecycle = options.get("object_lifecycle") or {}
        seconds = int(allowed.total_seconds())
        merged["object_lifecycle"] = lifecycle | {"expiration_duration_seconds": seconds}
    if keeps == Keeps.NOTHING:
        merged["store_io"] = False
    return merged


def files_for(options: Mapping[str, Any]) -> timedelta | None:
    """Return how long fal keeps the files that a run makes; None: the account's settings decide."""
    match options.get("object_lifecycle"):
        case {"expiration_duration_seconds": bool()}:
            return None
        # Earlier versions took any number; fal refuses the others.
        case {"expiration_duration_seconds": int() as seconds} if 1 <= seconds <= LONGEST_S:
            return timedelta(seconds=seconds)
    return None


def uploads_for(options: Mapping[str, Any]) -> timedelta | None:
    """Return how long fal keeps the files that a run reads; None: the account's settings decide."""
    kept_for = files_for(options)
    return None if kept_for is None else max(kept_for, LONGEST_WAIT + SHARED_FOR)
