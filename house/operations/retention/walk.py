"""Announces what each project deletes by age, and deletes it once the notice is over.

An announcement says what is deleted and when; the project's managers are told. Only announced rows
are deleted, and only if the setting has not changed meanwhile; otherwise they are announced again.
Runs are deleted as people delete them, so they can be restored within `GRACE`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.audit import trail
from core.db.prepared_queries import custom_plans
from features.notifications import outbox
from features.notifications.kinds import Kind as Told
from house.operations.models import Announcement
from house.operations.retention.kinds import KINDS, Kind
from projects.models import Membership, Project
from runs.files import input_references

if TYPE_CHECKING:
    from django.db.models import QuerySet

EVERY_S = 6 * 3600.0
SOON_S = 0.05  # while more is due, so that other jobs get their turn
STEP_S = 0.05  # time to work between two pauses
BATCH = 50  # rows per transaction
PROGRAM = "retention"  # the name in the audit log
NOTICE = timedelta(days=7)
TOLD = Told(
    "retention",
    "Old work is deleted",
    "old work in a project of yours will be deleted soon",
    asks=True,
)


class Retention:
    """A worker's passes through the projects in small steps, between which it keeps its place."""

    def __init__(self) -> None:
        self._walk: Iterator[None] | None = None

    def step(self) -> float:
        """Announce and delete for `STEP_S`; return the seconds until the next step."""
        until = time.monotonic() + STEP_S
        self._walk = self._walk or walk()
        for _ in self._walk:
            if time.monotonic() > until:
                return SOON_S
        self._walk = None
        return EVERY_S


def walk() -> Iterator[None]:
    """Handle each kind in each project, in batches; archived projects keep everything."""
    while input_references.read_unread():
        yield
    for announcement in Announcement.objects.select_related("project"):
        if not _holds(announcement, announcement.project):
            announcement.delete()
    projects = list(Project.objects.active().order_by("pk"))
    for kind in KINDS.values():
        for project in projects:
            if days := kind.days(project):
                yield from _look(kind, project, days)


def batches(kind: Kind, project: Project, before: datetime) -> Iterator[list[uuid.UUID]]:
    """Yield the keys of due rows, kept or not, oldest first, in batches."""
    after: tuple[datetime, uuid.UUID] | None = None
    while True:
        rows = kind.due(project, before).order_by("created_at", "pk")
        if after is not None:
            moment, key = after
            rows = rows.filter(Q(created_at=moment, pk__gt=key) | Q(created_at__gt=moment))
            rows = rows.filter(created_at__gte=moment)  # uses the index
        with custom_plans():  # otherwise each batch would read and sort all remaining rows
            batch = list(rows.values_list("created_at", "pk")[:BATCH])
        yield [pk for _, pk in batch]
        if len(batch) < BATCH:
            return
        after = batch[-1]


def _look(kind: Kind, project: Project, days: int) -> Iterator[None]:
    now = timezone.now()
    announced = Announcement.objects.filter(project=project, kind=kind.name).first()
    if announced is None:
        goes_at = now + NOTICE
        number, before = 0, goes_at - timedelta(days=days)
        for keys in batches(kind, project, before):
            number += len(kind.free(keys))
            yield
        if number:
            _announce(kind, project, days=days, before=before, goes_at=goes_at, number=number)
    elif announced.goes_at <= now:
        for keys in batches(kind, project, announced.before):
            if not _remove(kind, announced, keys):
                return
            yield
        announced.delete()


def _holds(announcement: Announcement, project: Project) -> bool:
    """Whether the announcement still applies to the project."""
    days = KINDS[announcement.kind].days(project)
    return project.archived_at is None and days == announcement.days


def _announce(kind: Kind, project: Project, **values: Any) -> None:
    """Write an announcement, unless another worker just did, and notify the project's managers."""
    with transaction.atomic():
        announcement, is_new = Announcement.objects.get_or_create(
            project=project, kind=kind.name, defaults=values
        )
        managers = Membership.objects.filter(
            project=project, role=Membership.Role.MANAGER, user__is_active=True
        )
        for manager in managers.select_related("user") if is_new else ():
            outbox.notify(
                manager.user,
                TOLD.name,
                subject=sentence(announcement),
                text=kind.keep,
                path=reverse("operations:going", args=[project.key]),
                key=f"retention {project.pk} {kind.name} {announcement.goes_at:%Y-%m-%d}",
                about=project,
            )


def sentence(announcement: Announcement) -> str:
    """Return a sentence: what is deleted, from which project, and when."""
    at = timezone.localtime(announcement.goes_at)
    counted_rows = KINDS[announcement.kind].number(announcement.number)
    verb = "goes" if counted_rows.startswith("1 ") else "go"
    of = f"of “{announcement.project}” older than {announcement.days} days"
    return f"On {at.day} {at:%B} {counted_rows} {of} {verb}."


def _remove(kind: Kind, announced: Announcement, keys: Sequence[uuid.UUID]) -> bool:
    """Delete rows unless kept or moved since; return False if a manager has decided otherwise."""
    with transaction.atomic():
        free = kind.free(keys)
        locked = Project.objects.select_for_update(no_key=True).filter(pk=announced.project_id)
        project = locked.first()
        if project is None or not _holds(announced, project):
            return False
        rows: QuerySet[Any] = kind.due(project, announced.before).filter(pk__in=free)
        why = (
            f"it was deleted after {announced.days} days, because “{project}” keeps files no "
            "longer."
        )
        if count := kind.remove(rows, timezone.now(), why):
            detail = f"{kind.number(count)}, older than {announced.days} days"
            trail.record(None, f"deleted old {kind.name} of", [project], detail, program=PROGRAM)
    return True
