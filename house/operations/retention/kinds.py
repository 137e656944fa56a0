"""The kinds of things that projects delete by age: which are due, which stay, how they go.

Starred runs, examples and parts of something that people keep or decided on, such as a board, a
series or a share (`Keeps.kept_runs`), stay; so does a file that is an input of something.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from core.formatting import counted
from projects.models import InProject, Project
from runs.files import input_references, purge
from runs.models import Artifact, Run, Upload
from runs.models.querysets import RunQuerySet
from runs.ownership import deletion
from runs.promises import keeping

Keys = Sequence[uuid.UUID]
STAR = "Star or share the results that should stay."
USE = "Files that a run, a preset or a draft uses stay."


@dataclass(frozen=True)
class Kind:
    """A kind of things; the project's `column`, or else the `setting`, is their age limit in days.

    `due` returns a project's rows from before a moment; `kept` returns those of them that stay;
    `remove` deletes rows that are still due, with a sentence for pages that mention them.
    """

    name: str
    model: type[InProject]
    noun: str
    words: str  # for a number of them: “the files of 2 runs”
    keep: str  # what people do to keep one
    column: str
    setting: str
    due: Callable[[Project, datetime], QuerySet[Any]]
    kept: Callable[[Keys], Collection[uuid.UUID]]
    remove: Callable[[QuerySet[Any], datetime, str], int]

    def days(self, project: Project) -> int | None:
        """Return the days after which the project's things are deleted; None for never."""
        own = getattr(project, self.column) if self.column else None
        return own or getattr(settings, self.setting) or None

    def free(self, keys: Keys) -> list[uuid.UUID]:
        """Return the keys that nothing keeps."""
        kept_keys = self.kept(keys)
        return [pk for pk in keys if pk not in kept_keys]

    def number(self, number: int) -> str:
        """Return a number of them in words."""
        return self.words.format(counted(number, self.noun))


def _ended(project: Project, before: datetime) -> RunQuerySet:
    ended = Run.objects.kept().filter(
        project=project,
        created_at__lte=before,  # uses the index: a run is created before it ends
        ended_at__lte=before,
        state__in=Run.FINAL,
    )
    return ended.filter(is_starred=False, is_example=False)


def _with_files(project: Project, before: datetime) -> RunQuerySet:
    stored_artifacts = Artifact.objects.filter(run=OuterRef("pk"), state=Artifact.State.STORED)
    return _ended(project, before).filter(Exists(stored_artifacts.exclude(digest="")))


def _uploads(project: Project, before: datetime) -> QuerySet[Upload]:
    return Upload.objects.kept().filter(project=project, created_at__lte=before)


def _needed_runs(keys: Keys) -> set[uuid.UUID]:
    return keeping.kept_runs(keys) | input_references.used(keys)


def _delete_runs(runs: QuerySet[Run], now: datetime, why: str) -> int:
    return deletion.mark_deleted(runs, now)


def _drop_files(runs: QuerySet[Run], now: datetime, why: str) -> int:
    return purge.drop_files(list(runs.values_list("pk", flat=True)), now, why)


def _delete_uploads(uploads: QuerySet[Upload], now: datetime, why: str) -> int:
    return purge.delete_uploads(list(uploads), now)


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="runs",
            model=Run,
            noun="run",
            words="{}",
            keep=STAR,
            column="retention_days",
            setting="RUNS_KEPT_DAYS",
            due=_ended,
            kept=keeping.kept_runs,
            remove=_delete_runs,
        ),
        Kind(
            name="files",
            model=Run,
            noun="run",
            words="the files of {}",
            keep=STAR,
            column="files_days",
            setting="FILES_KEPT_DAYS",
            due=_with_files,
            kept=_needed_runs,
            remove=_drop_files,
        ),
        Kind(
            name="uploads",
            model=Upload,
            noun="unused upload",
            words="{}",
            keep=USE,
            column="",
            setting="UPLOADS_KEPT_DAYS",
            due=_uploads,
            kept=input_references.used,
            remove=_delete_uploads,
        ),
    )
}
