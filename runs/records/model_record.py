"""Reads the record of models, notes what was judged, and merges the rows of the sums.

The record is that of a project where it tells enough, else the house's: nobody sees another
project's.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from catalog.model_records import NO_RECORDS, ModelRecord, ModelRecords
from catalog.models import Endpoint
from core.byte_cache import byte_cached
from projects import current
from projects.models import Project
from runs.models import RecordedRun, RecordSum

if TYPE_CHECKING:
    from django.http import HttpRequest

FIGURES = RecordSum.FIGURES
MERGED_EVERY_S = 60.0
AT_ONCE = 50  # records per transaction


def records_of(
    project: Project | None, endpoints: Collection[int] | None = None
) -> dict[int, ModelRecord]:
    """Return the records of these models, by their primary key: a project's, or the house's.

    Without `endpoints`, of all models that have one. One query.
    """
    sums = RecordSum.objects.filter(project=project)
    if endpoints is not None:
        sums = sums.filter(endpoint__in=endpoints)
    return {endpoint: record for (_, endpoint), record in _added_up(sums).items()}


def _added_up(sums: QuerySet[RecordSum]) -> dict[tuple[int | None, int], ModelRecord]:
    """Return the records by project and model."""
    rows: Any = sums.order_by().values_list("project_id", "endpoint_id", "endpoint__median_s")
    return {
        (project, endpoint): ModelRecord(
            **dict(zip(FIGURES, figures, strict=True)), median_s=median_s
        )
        for project, endpoint, median_s, *figures in rows.annotate(*map(Sum, FIGURES))
    }


def both(project: Project, endpoint: Endpoint) -> list[tuple[str, ModelRecord]]:
    """Return the model's record in a project and the house's, each with its title; one query.

    The house's is left out if it does not tell enough: it would tell what another project does.
    """
    sums = RecordSum.objects.filter(Q(project=project) | Q(project=None), endpoint=endpoint)
    records_by_place = _added_up(sums)
    own, house = (records_by_place.get((of, endpoint.pk)) for of in (project.pk, None))
    records = [("In this project", own)] if own and own.runs else []
    is_telling = house is not None and not house.too_few and house != own
    return records + ([("In the house", house)] if house and is_telling else [])


def for_request(request: HttpRequest) -> ModelRecords:
    """Return the records that pages of a request's project show; one query."""
    if not request.user.is_authenticated:
        return NO_RECORDS
    return shown_in(current.current(request).pk)


def shown_in(project: int) -> ModelRecords:
    """Return the records that pages of a project show."""
    sums = RecordSum.objects.filter(Q(project=project) | Q(project=None))
    rows = sums.order_by().values_list("project_id", "endpoint_id")
    totals = rows.annotate(*map(Sum, FIGURES)).filter(judged__sum__gt=0)
    return _shown(tuple(sorted(totals, key=lambda row: (row[0] or 0, row[1]))))


@byte_cached(1 << 20)
def _shown(totals: tuple[tuple[Any, ...], ...]) -> ModelRecords:
    """Return for each model its own record if that tells, else the house's if that does."""
    own: dict[int, ModelRecord] = {}
    house: dict[int, ModelRecord] = {}
    for project, endpoint, *figures in totals:
        values = dict(zip(FIGURES, figures, strict=True))
        if project is None:
            house[endpoint] = ModelRecord(**values, is_of_house=True)
        else:
            own[endpoint] = ModelRecord(**values)
    telling = {
        endpoint: record
        for endpoint, record in house.items()
        if not record.too_few and own.get(endpoint, record).too_few
    }
    return ModelRecords(sha256(repr(totals).encode()).hexdigest()[:32], own | telling)


def judge(runs: Iterable[uuid.UUID]) -> None:
    """Note that somebody has opened these runs, or has seen their results large.

    It counts once they have succeeded.
    """
    unjudged = RecordedRun.objects.filter(run__in=list(runs), is_judged=False)
    # Looked up first: on SQLite an update without a match locks the database, too.
    if pks := list(unjudged.order_by().values_list("pk", flat=True)):
        RecordedRun.objects.filter(pk__in=pks).update(is_judged=True)


def merge() -> float:
    """Merge the new rows of some records; return the seconds until the next time."""
    added = RecordSum.objects.filter(is_merged=False)
    records = list(added.order_by().values_list("project_id", "endpoint_id").distinct()[:AT_ONCE])
    for project, endpoint in records:
        with transaction.atomic():
            rows = RecordSum.objects.filter(project=project, endpoint=endpoint)
            own = list(rows.select_for_update(skip_locked=True))
            merged = {name: sum(getattr(row, name) for row in own) for name in FIGURES}
            RecordSum.objects.filter(pk__in=[row.pk for row in own]).delete()
            RecordSum.objects.create(
                project_id=project, endpoint_id=endpoint, is_merged=True, **merged
            )
    return 0.0 if len(records) == AT_ONCE else MERGED_EVERY_S
