"""Where new results go by themselves: a series that a page, a board or a project has chosen.

An item that stands for the results of a new run is written when the run starts, so what was shown
beside Run holds although somebody ends it meanwhile. A job of the worker puts the results in its
place once the run has ended.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from core.http.parameters import parse_uuid
from core.refusals import Refused
from features.library.models import Destination, Series, SeriesItem
from features.library.series.items import append, present
from runs.models import Artifact, Run
from runs.records import counting

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User

    from catalog.models import Endpoint
    from features.library.models.series import SeriesQuerySet
    from projects.models import Project

log = logging.getLogger(__name__)

BOARD = "board"  # the kind of the mark that the runs of a board carry


def of_place(
    user: User, project: Project, endpoint: Endpoint | None = None, board: uuid.UUID | None = None
) -> Destination | None:
    """Return where new results of a page or a board go, else those of its project; two queries."""
    return _most_exact(
        _in_project(project, user), user.pk, endpoint.pk if endpoint else None, board
    )


def choose(
    user: User,
    series: Series,
    endpoint: Endpoint | None = None,
    board: uuid.UUID | None = None,
) -> None:
    """Let new results of a page, a board or, without either, the whole project go to a series.

    The user must be allowed to change the series, which is of the same project.
    """
    place = {
        "project": series.project,
        "endpoint": endpoint,
        "board": board,
        "user": user if endpoint else None,
    }
    with transaction.atomic():
        Destination.objects.filter(**place).delete()
        Destination.objects.create(series=series, **place)


def offered_series(user: User, project: Project) -> SeriesQuerySet:
    """Return the project's series that results of the user can go to, the latest first."""
    return Series.objects.taking_results_of(user).filter(project=project)


def _in_project(project: Project, user: User) -> list[Destination]:
    """Return the project's destinations whose series the user sees, the latest first.

    Most projects have none: then the question who sees a series, which takes milliseconds to
    compile, is not asked on every page of a model.
    """
    rows = list(Destination.objects.filter(project=project).order_by("-pk"))
    if not rows:
        return []
    visible_series = Series.objects.kept().shown_to(user).select_related("project")
    series_by_key = visible_series.in_bulk([row.series_id for row in rows])
    shown_rows = [row for row in rows if row.series_id in series_by_key]
    for row in shown_rows:
        row.series = series_by_key[row.series_id]
    return shown_rows


def expect_results(user: User, origins: Mapping[Run, Sequence[str]]) -> None:
    """Write an item for each new run whose results go to a series. One query if none do."""
    by_project: defaultdict[Project, list[Run]] = defaultdict(list)
    for run in origins:
        by_project[run.project].append(run)
    for project, runs in by_project.items():
        rows = _in_project(project, user)
        by_series: defaultdict[Series, list[Run]] = defaultdict(list)
        for run in runs if rows else ():
            board = _board_in(origins[run])
            if best := _most_exact(rows, run.user_id, run.endpoint_id, board):
                by_series[best.series].append(run)
        for series, series_runs in by_series.items():
            _expect(series, series_runs)


def _most_exact(
    rows: Sequence[Destination],
    user_id: int,
    endpoint_id: int | None,
    board: uuid.UUID | None,
) -> Destination | None:
    """Return the destination of a board, else of a person's page, else of the project."""

    def rank(row: Destination) -> int:
        if row.board:
            return 3 if row.board == board else 0
        if row.endpoint_id:
            is_own_page = row.endpoint_id == endpoint_id and row.user_id == user_id
            return 2 if is_own_page and not board else 0
        return 1

    best = max(rows, key=rank, default=None)
    return best if best and rank(best) else None


def _board_in(marks: Sequence[str]) -> uuid.UUID | None:
    keys = (key for kind, _, key in (mark.partition(":") for mark in marks) if kind == BOARD)
    return next((pk for key in keys if (pk := parse_uuid(key))), None)


def _expect(series: Series, runs: Sequence[Run]) -> None:
    # A hidden run's result would not be for everybody who sees the series.
    is_for_user = series.is_hidden or series.project.is_private
    expected = [
        SeriesItem(series=series, run=run, is_expected=True)
        for run in runs
        if is_for_user or not run.is_hidden
    ]
    try:
        append(series, expected)
    except Refused as refusal:  # it is full: the run starts all the same
        log.info("No results go to the series %s: %s", series.pk, refusal)


def settle(run_ids: Collection[uuid.UUID]) -> None:
    """Put the results of runs that have ended in the place of the items that stand for them.

    A run that failed leaves nothing; an item that somebody took out stays out.
    """
    expected = present().filter(run__in=run_ids, is_expected=True).select_related("series")
    items = list(expected)
    runs = Run.objects.light().in_bulk([item.run_id for item in items]) if items else {}
    for item in items:
        run = runs.get(item.run_id)
        if run is None or not run.is_final:
            continue
        if run.state != Run.State.SUCCEEDED:
            item.delete()
            continue
        files = Artifact.objects.filter(run=run.pk).order_by("position")
        positions = list(files.values_list("position", flat=True)) or [0]
        with transaction.atomic():
            item.position, item.is_expected = positions[0], False
            item.save(update_fields=["position", "is_expected"])
            SeriesItem.objects.bulk_create(
                (
                    SeriesItem(series=item.series, run=run, position=position, place=item.place)
                    for position in positions[1:]
                ),
                ignore_conflicts=True,
            )
            counting.touch([run.pk])
