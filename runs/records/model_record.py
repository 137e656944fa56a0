"""Reads the record of models.

The record is that of a project where it tells enough, else the house's: nobody sees another
project's. The house's is shown only if several projects have judged the model, and rounded, so
that nobody can subtract their own figures from it and read those of one other project.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, Sum

from catalog.model_records import NO_RECORDS, ModelRecord, ModelRecords
from catalog.models import Endpoint
from core.byte_cache import byte_cached
from projects import current
from projects.models import Project
from runs.models import RecordSum

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.http import HttpRequest

FIGURES = RecordSum.FIGURES
FEWEST_PROJECTS = 3

_Version = tuple[int | None, int, int]


def records_of(project: Project | None) -> ModelRecords:
    """Return all records of a project, or the house's that may be shown; one query.

    One more after a change.
    """
    versions = _versions([project.pk if project else None])
    if not versions:
        return NO_RECORDS
    return ModelRecords(_digest(versions), _records(versions[0]))


def both(project: Project, endpoint: Endpoint) -> list[tuple[str, ModelRecord]]:
    """Return the model's record in a project and the house's, each with its title; one query.

    The house's is left out if it may not be shown.
    """
    sums = RecordSum.objects.filter(Q(project=project) | Q(project=None), endpoint=endpoint)
    records = {row.project_id: record for row in sums if (record := _record(row)) is not None}
    own, house = (records.get(of) for of in (project.pk, None))
    shown = [("In this project", own)] if own and own.runs else []
    return shown + ([("In the house", house)] if house else [])


def for_request(request: HttpRequest) -> ModelRecords:
    """Return the records that pages of a request's project show; one query."""
    if not request.user.is_authenticated:
        return NO_RECORDS
    return shown_in(current.current(request).pk)


def shown_in(project: int) -> ModelRecords:
    """Return the records that pages of a project show; one query unless they have changed."""
    return _shown(project, _versions([project, None]))


def _versions(projects: Iterable[int | None]) -> tuple[_Version, ...]:
    """Return for each of the projects that has records a value that each change of them changes."""
    of_these = Q(pk__in=[])
    for project in projects:
        of_these |= Q(project=project)
    rows: Any = RecordSum.objects.filter(of_these).order_by().values_list("project_id")
    return tuple(sorted(rows.annotate(Count("pk"), Sum("version")), key=lambda row: row[0] or 0))


@byte_cached(4 << 20)
def _records(version: _Version) -> Mapping[int, ModelRecord]:
    """Return the records of one project at this version, or the house's."""
    rows = RecordSum.objects.filter(project=version[0])
    return {row.endpoint_id: record for row in rows if (record := _record(row)) is not None}


def _record(row: RecordSum) -> ModelRecord | None:
    """Return a row as a record; None if it is the house's and may not be shown."""
    record = ModelRecord(**{name: getattr(row, name) for name in FIGURES})
    if row.project_id is not None:
        return record
    is_telling = row.projects >= FEWEST_PROJECTS and not record.too_few
    return record.of_house() if is_telling else None


def _shown(project: int, versions: tuple[_Version, ...]) -> ModelRecords:
    """Return for each model its own record if that tells, else the house's if that does."""
    records = {version[0]: _records(version) for version in versions}
    of_project = records.get(project, {})
    own = {key: record for key, record in of_project.items() if record.judged}
    runs = {key: record.runs for key, record in of_project.items() if record.runs}
    house = records.get(None, {})
    telling = {key: house[key] for key in house if key not in own or own[key].too_few}
    return ModelRecords(_digest(project, versions), own | telling, runs)


def _digest(*values: Any) -> str:
    return sha256(repr(values).encode()).hexdigest()[:32]
