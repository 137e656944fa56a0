"""Deletes old runs of projects that keep runs for some days only (`Project.retention_days`).

Stays: what is starred, an example, or part of something that people keep, such as a board. The
deletion is an ordinary one, so that a run can be brought back within `GRACE`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from people.accounts import audit
from projects.models import Project
from runs.models import Run
from runs.models.querysets import RunQuerySet
from runs.promises import owners

EVERY_S = 1800.0
SOON_S = 0.05  # while more is due: other jobs get their turn in between
STEP_S = 0.05  # of work between two pauses
BATCH = 50  # runs of one transaction
PROGRAM = "retention"  # as the audit log names who deleted

Place = tuple[datetime, uuid.UUID]


class Retention:
    """A worker's walks through the old runs of each project with a limit, the oldest first.

    It keeps its place between two steps, so that what stays is passed over once in a walk.
    """

    def __init__(self) -> None:
        self._projects: list[Project] | None = None  # still to be walked; None: a new walk
        self._after: Place | None = None

    def step(self) -> float:
        """Delete old runs for a moment; return the seconds until the next step."""
        until = time.monotonic() + STEP_S
        if self._projects is None:
            self._projects = list(limited())
        while self._projects:
            self._after = delete_next(self._projects[-1], self._after, timezone.now())
            if self._after is None:
                self._projects.pop()
            if time.monotonic() > until:
                return SOON_S
        self._projects = None
        return EVERY_S


def limited() -> Collection[Project]:
    """Return the projects that keep runs for some days; one that is archived keeps all."""
    return Project.objects.active().filter(retention_days__isnull=False)


def delete_next(project: Project, after: Place | None, now: datetime) -> Place | None:
    """Delete what may go of a project's next old runs; return where to go on, None at the end."""
    if project.retention_days is None:
        return None
    rows = due(project, now).order_by("created_at", "pk")
    if after is not None:
        moment, key = after
        rows = rows.filter(Q(created_at=moment, pk__gt=key) | Q(created_at__gt=moment))
        rows = rows.filter(created_at__gte=moment)  # for the index
    batch = list(rows.values_list("created_at", "pk")[:BATCH])
    if keys := [pk for _, pk in batch]:
        _delete(project, keys, now)
    return batch[-1] if len(batch) == BATCH else None


def due(project: Project, now: datetime) -> RunQuerySet:
    """Return a project's runs that ended too long ago, without those that everybody keeps."""
    before = now - timedelta(days=project.retention_days or 0)
    ended = Run.objects.kept().filter(
        project=project,
        created_at__lte=before,  # for the index: a run is created before it ends
        ended_at__lte=before,
        state__in=Run.FINAL,
    )
    return ended.filter(is_starred=False, is_example=False)


def _delete(project: Project, keys: Sequence[uuid.UUID], now: datetime) -> None:
    """Delete these runs, except those that an app keeps and what was starred or moved since."""
    with transaction.atomic():
        limit = Project.objects.select_for_update(no_key=True).filter(
            pk=project.pk, archived_at=None, retention_days=project.retention_days
        )
        if not limit.exists():
            return  # a manager has just decided otherwise
        free = set(keys) - owners.kept_runs(keys)
        gone = due(project, now).filter(pk__in=free)
        count = gone.update(deleted_at=now, deleted_by=None, version=F("version") + 1)
        if count:
            detail = f"{count} that ended over {project.retention_days} days ago"
            audit.record(None, "deleted old runs of", [project], detail, program=PROGRAM)
