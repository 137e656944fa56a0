"""Stars: a user marks the best of a run's files, or a run without files.

A run is starred (`Run.is_starred`, which lists filter by) while one of its files is, or if it was
starred as a whole. A change raises the run's version, which invalidates cached markup.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from runs.models import Artifact, Run
from runs.records import counting


def star_artifact(run_id: uuid.UUID, position: int, *, is_starred: bool) -> bool:
    """Star one file of a run, or remove its star; return False if the run has no such file."""
    with transaction.atomic():
        Run.objects.light().select_for_update().filter(pk=run_id).first()  # one star at a time
        files = Artifact.objects.filter(run_id=run_id)
        if not files.filter(position=position).update(is_starred=is_starred):
            return False
        _mark(run_id, is_starred=files.filter(is_starred=True).exists())
    return True


def star_run(run_id: uuid.UUID, *, is_starred: bool) -> None:
    """Star a run, and its file if it has only one; or remove its star and those of its files."""
    with transaction.atomic():
        Run.objects.light().select_for_update().filter(pk=run_id).first()
        files = Artifact.objects.filter(run_id=run_id)
        if not is_starred or files.count() == 1:
            files.update(is_starred=is_starred)
        _mark(run_id, is_starred=is_starred)


def _mark(run_id: uuid.UUID, *, is_starred: bool) -> None:
    Run.objects.filter(pk=run_id).update(is_starred=is_starred, version=F("version") + 1)
    counting.touch([run_id])


def star_results(results: Collection[tuple[uuid.UUID, int]], *, is_starred: bool) -> None:
    """Star these files of runs, and the runs without files among them; or remove their stars."""
    result_set = set(results)
    keys = {run for run, _ in result_set}
    with transaction.atomic():
        list(Run.objects.filter(pk__in=keys).order_by("pk").select_for_update().values_list("pk"))
        rows = Artifact.objects.filter(run__in=keys).values_list("pk", "run_id", "position")
        files = [pk for pk, run, position in rows if (run, position) in result_set]
        Artifact.objects.filter(pk__in=files).update(is_starred=is_starred)
        runs = Run.objects.filter(pk__in=keys)
        if not is_starred:
            starred = Artifact.objects.filter(run=OuterRef("pk"), is_starred=True)
            runs = runs.exclude(Exists(starred))
        runs.update(is_starred=is_starred, version=F("version") + 1)
        counting.touch(keys)
