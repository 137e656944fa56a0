"""The time of the last activity in a project. Apps above this one connect their sources here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# (user, keys of projects) → by project, the time of the last activity that the user sees
Latest = Callable[["User", Collection[int]], Mapping[int, datetime]]
_sources: list[Latest] = []


def connect(source: Latest) -> None:
    """Add a source; called in an app's `ready`, which Django may call twice."""
    if source not in _sources:
        _sources.append(source)


def latest(user: User, projects: Collection[int]) -> dict[int, datetime]:
    """Return the time of the last activity that the user sees, by project; omits idle projects."""
    moments: dict[int, datetime] = {}
    for source in _sources:
        for project, moment in source(user, projects).items():
            moments[project] = max(moment, moments.get(project, moment))
    return moments
