"""Compares all runs with the record of models, and counts again what differs.

That is what nobody has touched: by mistake, because a process of an earlier version changed it, or
because it is older than the record.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

from core.db import clock
from runs.models import RecordedRun, RecordSum, Run
from runs.records import counting

log = logging.getLogger(__name__)

AT_ONCE = 1_000
PAUSE_S = 0.05  # between two steps, so that other jobs get their turn
_JUDGED = Q(is_done=True, is_judged=True)

# (project, model) → figures
Sums = dict[tuple[int, int], "Counter[str]"]


class Recount:
    """The comparison in steps: of all runs every night, and of the newest when the worker starts.

    Newest means down to those without a difference, so the first start of an installation whose
    runs are older than the record compares all of them.
    """

    def __init__(self) -> None:
        self._steps = _compare(is_whole=False)

    def step(self) -> float:
        """Compare some runs, or the sums of a model; return the seconds until the next step."""
        for _ in self._steps:
            return PAUSE_S
        self._steps = _compare(is_whole=True)
        return clock.seconds_until_night()


def _compare(*, is_whole: bool) -> Iterator[None]:
    number, last = 0, None
    while runs := list(_runs_before(last)):
        differing_count = _touch_differing([key for key, _ in runs])
        number, last = number + differing_count, runs[-1]
        yield
        if not differing_count and not is_whole:
            break
    if number:
        log.info("%s runs were missing or different in the record of models", number)
    differing = {endpoint for _, endpoint in _differences(RecordedRun.objects.all())}
    for endpoint in _models():
        correct(endpoint, of_runs=endpoint in differing)
        yield


def _runs_before(last: tuple[uuid.UUID, datetime] | None) -> Any:
    """Return keys and times of the runs that are next in the order of time, the newest first."""
    runs = Run.objects.order_by("-created_at", "-pk").values_list("pk", "created_at")
    if last:
        key, at = last
        runs = runs.filter(Q(created_at__lt=at) | Q(pk__lt=key), created_at__lte=at)
    return runs[:AT_ONCE]


def _models() -> list[int]:
    """Return the keys of all models with a record."""
    rows = RecordSum.objects.order_by("endpoint_id").distinct()
    return list(rows.values_list("endpoint_id", flat=True))


def _touch_differing(run_ids: Collection[uuid.UUID]) -> int:
    """Touch those of the runs that the record lacks, or has otherwise; return their number."""
    rows = RecordedRun.objects.in_bulk(run_ids)
    missing, differing = set(), set()
    for key, figures in counting.figures_of(run_ids).items():
        if key not in rows:
            missing |= {key} if figures["is_done"] or figures["is_failed"] else set()
        elif not rows[key].is_due and any(
            getattr(rows[key], name) != value for name, value in figures.items()
        ):
            differing.add(key)
    # Nobody knows who has opened a run that is older than the record. Who deleted one has seen it.
    deleted = Run.objects.filter(pk__in=missing, deleted_by__isnull=False)
    counting.judge(deleted.values_list("pk", flat=True))
    counting.touch(missing | differing)
    return len(missing | differing)


def _differences(rows: QuerySet[RecordedRun]) -> Sums:
    """Return what has to be added to the sums so that they are those of these rows."""
    sums: Sums = defaultdict(Counter)
    written: Any = RecordSum.objects.filter(endpoint__in=rows.values("endpoint")).exclude(
        project=None
    )
    for row in written:
        sums[row.project_id, row.endpoint_id].subtract(
            {name: getattr(row, name) for name in counting.OF_RUNS}
        )
    for project, endpoint, *figures in _added_up(rows):
        figures[-1] = figures[-1] or Decimal()
        sums[project, endpoint].update(dict(zip(counting.OF_RUNS, figures, strict=True)))
    return {key: figures for key, figures in sums.items() if any(figures.values())}


def _added_up(rows: QuerySet[RecordedRun]) -> Any:
    """Return rows of project, model, and their figures in the order of `counting.OF_RUNS`."""
    return (
        rows.order_by()
        .values_list("project_id", "endpoint_id")
        .annotate(
            runs=Count("pk", filter=Q(is_done=True) | Q(is_failed=True)),
            failed=Count("pk", filter=Q(is_failed=True)),
            judged=Count("pk", filter=_JUDGED),
            kept=Count("pk", filter=Q(is_done=True, is_kept=True)),
            priced=Count("pk", filter=_JUDGED & Q(paid__isnull=False)),
            spent=Sum("paid", filter=_JUDGED),
        )
    )


@transaction.atomic
def correct(endpoint: int, *, of_runs: bool) -> None:
    """Count a model's rows and add up the house's sums; with `of_runs`, also the projects'."""
    counting.lock(endpoint)
    changes: counting.Totals = {}
    if of_runs:
        rows = RecordedRun.objects.filter(endpoint=endpoint)
        changes = {project: figures for (project, _), figures in _differences(rows).items()}
        if changes:
            log.warning("the sums of model %s differed from its runs: they are corrected", endpoint)
    counting.write_sums(endpoint, changes)
