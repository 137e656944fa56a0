"""Figures that need a whole table: a worker computes them from time to time, pages show them.

Counting a million runs takes seconds, so no page does it. Each kind of figures is computed again
after ten minutes, or later, so that it takes at most a thousandth of a core.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django.db.models import Count, Max, Q, Sum
from django.utils import timezone

from runs.models import Artifact, DiscardedContent, KeptFigures, Run, Upload

EVERY_S = 600.0
SHARE = 0.001  # of a core
CLAIMED_FOR = timedelta(minutes=10)  # longer than any computation takes


class Figures(NamedTuple):
    """The figures of one kind, and when they were computed."""

    values: Mapping[str, Any]
    made_at: datetime


def _storage() -> dict[str, Any]:
    artifacts = Artifact.objects.filter(state=Artifact.State.STORED).exclude(digest="").order_by()
    contents = artifacts.values("digest").annotate(bytes=Max("size_bytes"))
    of_people = Upload.objects.kept().order_by().values_list("user_id").annotate(Sum("size_bytes"))
    return {
        "results_bytes": contents.aggregate(sum=Sum("bytes"))["sum"] or 0,
        "uploads_bytes": Upload.objects.aggregate(sum=Sum("size_bytes"))["sum"] or 0,
        "uploads_of_people": {str(pk): size_bytes for pk, size_bytes in of_people},
        "lost": Artifact.objects.filter(state=Artifact.State.LOST).count(),
        "deleted_runs": Run.objects.deleted().count(),
        "discarded": DiscardedContent.objects.count(),
    }


def _storage_of_projects() -> dict[str, Any]:
    """Return the bytes of results and of uploads in each project, by key."""
    stored_artifacts = Artifact.objects.filter(state=Artifact.State.STORED).order_by()
    results = dict(stored_artifacts.values_list("run__project_id").annotate(Sum("size_bytes")))
    uploads = dict(Upload.objects.order_by().values_list("project_id").annotate(Sum("size_bytes")))
    keys = results.keys() | uploads.keys()
    return {str(pk): [results.get(pk) or 0, uploads.get(pk) or 0] for pk in keys}


def _runs_of_people() -> dict[str, Any]:
    """Return the number of runs of each user, by key."""
    of_users = Run.objects.order_by().values_list("user_id")
    return {str(pk): count for pk, count in of_users.annotate(count=_KEPT)}


_KEPT = Count("pk", filter=Q(deleted_at=None))
STORAGE, RUNS_OF_PEOPLE = "storage", "runs of people"
STORAGE_OF_PROJECTS = "storage of projects"
KINDS: dict[str, Callable[[], dict[str, Any]]] = {
    STORAGE: _storage,
    STORAGE_OF_PROJECTS: _storage_of_projects,
    RUNS_OF_PEOPLE: _runs_of_people,
}


@contextmanager
def changing(kind: str) -> Iterator[KeptFigures]:
    """Lock the row of figures that a job gathers itself; save what the block changes.

    All workers share the row.
    """
    now = timezone.now()
    with transaction.atomic():
        KeptFigures.objects.get_or_create(kind=kind, defaults={"due_at": now})
        row = KeptFigures.objects.select_for_update().get(kind=kind)
        before = deepcopy(row.values), row.due_at
        yield row
        if before != (row.values, row.due_at):
            row.made_at = now
            row.save(update_fields=["values", "due_at", "made_at"])


def read(kind: str) -> Figures:
    """Return the last computed figures; compute them if no worker has done so yet."""
    row = KeptFigures.objects.filter(pk=kind).first()
    if row is not None and row.made_at is not None:
        return Figures(row.values, row.made_at)
    return _keep(kind)


def keep_due() -> float:
    """Compute the figures that are due; return the seconds until the next ones are."""
    for kind in KINDS:
        if _claim(kind):
            _keep(kind)
    kept_figures = KeptFigures.objects.filter(kind__in=KINDS)
    due_at = kept_figures.order_by("due_at").values_list("due_at", flat=True)[0]
    return max((due_at - timezone.now()).total_seconds(), 1.0)


async def keep_in_background() -> float:
    """Call `keep_due` in a thread with its own connection, so that the worker does not wait."""
    with ThreadPoolExecutor(1, "figures") as thread:
        try:
            return await sync_to_async(keep_due, thread_sensitive=False, executor=thread)()
        finally:
            thread.submit(connections.close_all)


def _claim(kind: str) -> bool:
    """Whether this worker has claimed the figures and computes them this time."""
    now = timezone.now()
    KeptFigures.objects.get_or_create(kind=kind, defaults={"due_at": now})
    due_figures = KeptFigures.objects.filter(kind=kind, due_at__lte=now)
    return bool(due_figures.update(due_at=now + CLAIMED_FOR))


def _keep(kind: str) -> Figures:
    began, made_at = time.monotonic(), timezone.now()
    values = KINDS[kind]()
    pause_s = max(EVERY_S, (time.monotonic() - began) / SHARE)
    due_at = made_at + timedelta(seconds=pause_s)
    columns = {"values": values, "made_at": made_at, "due_at": due_at}
    KeptFigures.objects.update_or_create(kind=kind, defaults=columns)
    return Figures(values, made_at)
