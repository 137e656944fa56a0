"""Deletes runs: hidden at once, restorable within `GRACE`, then purged (`runs/files/purge.py`).

Only a run that has ended can be deleted: one in progress costs money, and its result would arrive
after its deletion. A deleted run's artifact stays readable through runs that have used it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from accounts import permissions
from accounts.audit import trail
from projects.kept.models import GRACE
from runs.models import Artifact, InputFile, Run, input_file, upload
from runs.models.querysets import RunQuerySet
from runs.ownership import upstream_deletion
from runs.records import counting

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import InProject

MOST_AT_ONCE = 500


class Deletion(NamedTuple):
    """A deletion's outcome: how many were deleted, when, and how many are still in progress."""

    deleted: int
    at: datetime
    unfinished: int = 0


def deletable(runs: RunQuerySet, by: User) -> tuple[RunQuerySet, int]:
    """Return the runs that `by` may delete, and the number of the others.

    If there are none, return all runs: `delete` then explains the refusal.
    """
    if permissions.may(by, permissions.DELETE_RUN):
        return runs, 0
    own = runs.filter(pk__in=Run.objects.removable_by(by).order_by().values("pk"))
    number = own.count()
    return (own, runs.count() - number) if number else (runs, 0)


def delete(runs: RunQuerySet, by: User) -> Deletion:
    """Delete the ended runs; raises PermissionDenied if `by` may not delete one of them."""
    _require_permission(runs, by)
    now = timezone.now()
    unfinished = runs.kept().unfinished().count()
    ended = runs.kept().filter(state__in=Run.FINAL)
    with _recorded(ended, by, "deleted"):
        count = mark_deleted(ended, now, by)
    return Deletion(count, now, unfinished)


@transaction.atomic
def mark_deleted(runs: QuerySet[Any], at: datetime, by: User | None = None) -> int:
    """Mark runs as deleted, which also plans their deletion at fal; return their number.

    For every deletion: by people (`delete`), by age, and with a person.
    """
    upstream_deletion.plan_for(runs)
    keys = _locked(runs)
    count = runs.update(deleted_at=at, deleted_by=by, version=F("version") + 1)
    _touch(keys)
    return count


def _locked(runs: QuerySet[Any]) -> list[uuid.UUID]:
    """Lock runs in the order of their keys, as stars do: no two callers wait for each other."""
    return list(runs.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def _touch(keys: Sequence[uuid.UUID]) -> None:
    """Let the record of models count these runs again, and those that they use."""
    for first in range(0, len(keys), MOST_AT_ONCE):
        of_these = keys[first : first + MOST_AT_ONCE]
        sources = InputFile.objects.filter(run__in=of_these).values_list("source", flat=True)
        counting.touch({*of_these, *filter(None, sources)})


def restore(runs: RunQuerySet, by: User) -> int:
    """Restore deleted runs; return their number.

    Users may restore the runs that they may delete.
    """
    _require_permission(runs, by)
    restored = runs.filter(deleted_at__gt=timezone.now() - GRACE)
    with _recorded(restored, by, "restored"):
        keys = _locked(restored)
        count = restored.update(deleted_at=None, deleted_by=None, version=F("version") + 1)
        _touch(keys)
    return count


def delete_for_good(runs: RunQuerySet, by: User) -> int:
    """End the grace period of deleted runs now; the worker purges them next."""
    _require_permission(runs, by)
    now = timezone.now()
    with _recorded(runs.deleted(), by, "deleted for good"):
        return runs.deleted().update(deleted_at=now - GRACE)


@contextmanager
def _recorded(runs: RunQuerySet, by: User, action: str) -> Iterator[None]:
    """Record what the block does to `runs` in the audit log, in the same transaction."""
    with transaction.atomic():
        names = runs.select_related("user").light()
        for owner, owned in groupby(names.order_by("user_id"), lambda run: run.user):
            trail.record(by, action, owned, f"of {owner.get_username()}")
        yield


def restorable(user: User | AnonymousUser) -> RunQuerySet:
    """Return the deleted runs that a user may restore, newest deletion first.

    All of them with the permission to see that runs exist; `readable_by` guards their contents.
    """
    runs = Run.objects if permissions.may_see_runs(user) else Run.objects.removable_by(user)
    restorable_runs = runs.filter(deleted_at__gt=timezone.now() - GRACE)
    return restorable_runs.order_by("-deleted_at", "-created_at")


def readable_artifacts(run_id: uuid.UUID | str, user: User | AnonymousUser) -> QuerySet[Artifact]:
    """Return the artifacts of a run that a user may read, also if the run is deleted.

    If the user may read the run, or restore it once deleted, these are all its artifacts. Otherwise
    they are the inputs of runs that the user sees, since these show and resend them (for a deleted
    run, only runs begun before its deletion), and those that the run's owner has opened
    (`upload.opening_texts`).
    """
    run = Run.objects.filter(pk=run_id).light().first()
    if run is None:
        return Artifact.objects.none()
    artifacts = Artifact.objects.filter(run_id=run.pk)
    if _is_readable(run, user):
        return artifacts
    return artifacts.filter(_is_input_of(Run.objects.visible_to(user), run) | _is_opened(run))


def artifacts_readable_with(run_id: uuid.UUID | str, row: InProject) -> QuerySet[Artifact]:
    """Return the artifacts of a run that everybody who sees `row`, such as a board, may read."""
    readable = Run.objects.readable_with(row)
    run = Run.objects.filter(pk=run_id).light().first()
    if run is None:
        return Artifact.objects.none()
    artifacts = Artifact.objects.filter(run_id=run.pk)
    if readable.filter(pk=run.pk).exists():
        return artifacts
    return artifacts.filter(_is_input_of(readable, run))


def _is_input_of(runs: RunQuerySet, source: Run) -> Q:
    """Return the condition for artifacts that are inputs of `runs` and visible through them."""
    before = runs.filter(created_at__lt=source.deleted_at) if source.deleted_at else runs
    prefix = artifact_prefix(source.pk)
    using = input_file.having_as_input(before, source.pk, prefix)
    return _is_named(source, using.values_list(Cast("arguments", TextField()), flat=True))


def _is_opened(run: Run) -> Q:
    """Return the condition for artifacts that everybody may see although the run is private."""
    if run.deleted_at:
        return Q(pk__in=())
    return _is_named(run, upload.opening_texts(run.user_id, artifact_prefix(run.pk)))


def _is_named(run: Run, texts: Iterable[str]) -> Q:
    """Return the condition for artifacts of a run whose addresses are in these JSON texts."""
    address = re.compile(rf"{re.escape(artifact_prefix(run.pk))}([0-9]{{1,6}})/")
    return Q(position__in={int(at) for text in texts for at in address.findall(text)})


def artifact_prefix(run_id: uuid.UUID) -> str:
    """Return the beginning of each artifact's address within JSON."""
    return f'"/runs/{run_id}/artifacts/'


def _is_readable(run: Run, user: User | AnonymousUser) -> bool:
    if run.deleted_at is None:
        return Run.objects.readable_by(user).filter(pk=run.pk).exists()
    own = Run.objects.removable_by(user) | Run.objects.within_reach_of(user)
    may_read = permissions.may_see_runs(user)
    return (own if may_read else Run.objects.removable_by(user)).filter(pk=run.pk).exists()


def _require_permission(runs: RunQuerySet, by: User) -> None:
    """Raise PermissionDenied unless `by` may delete every run: own, in a managed project, any."""
    if not runs.filter(~Q(user_id=by.pk)).exists():
        return
    removable = Run.objects.removable_by(by).filter(pk__in=runs.order_by().values("pk"))
    if runs.exclude(pk__in=removable.values("pk")).exists():
        permissions.require(by, permissions.DELETE_RUN)
