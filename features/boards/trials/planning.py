"""Trials of new models: finds the models for boards, and plans all rows of a board for one.

Candidates are new models that fit the board's search, newer versions and new family members of its
columns' models, and new schemas of those models. Each model in each schema is recorded once per
board, so processing the same changes twice, or by two workers, changes nothing.

A plan has a column's settings.

"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from catalog.changelog.successors import follows
from catalog.curation import query_news
from catalog.models import Change, Endpoint
from catalog.schema_versions import version_of
from features.boards.models import Board, Column, StandingTrial, Trial
from features.boards.plan.cells import ExpandedPlan, Report, expand
from features.boards.plan.groups import GroupContents, groups_of
from features.boards.plan.plan import MAX_CELLS, Plan, PlannedColumn, PlannedRow, Trouble, digest
from runs.costs.cost import estimate_runs
from runs.promises import named_inputs
from schemas.carry import Step, carry
from schemas.estimate import Estimate

MAX_NEW = 20  # per board and call, in case upstream renames all models at once
NO_SCHEMA = "Its schema has not been read yet; it is tried once it has."


@dataclass(frozen=True)
class TrialPlan:
    """A plan of one column, its cells, and the estimated cost of each cell that fits."""

    plan: Plan
    expanded: ExpandedPlan
    estimates: list[Estimate]

    @property
    def report(self) -> Report | None:
        """Return how the rows were converted; None if the plan has too many cells."""
        return self.expanded.reports[0] if self.expanded.reports else None

    @property
    def total(self) -> Estimate | None:
        """Return the estimated cost of all its runs; None without runs."""
        total: Estimate | None = None
        for estimate in self.estimates:
            total = total + estimate if total else estimate
        return total

    @property
    def trouble(self) -> str:
        """Return why no row, or not every row, can run; empty if all can."""
        if self.plan.troubles:
            return self.plan.troubles[0].message
        return self.report.trouble if self.report else ""

    @property
    def unfit_rows(self) -> int:
        """Return how many rows do not fit the model."""
        return len(self.report.bad_rows) if self.report else len(self.plan.rows)


def trial_plan(
    board: Board, endpoint: Endpoint, base: Column | None, *, label: str = "", room: int = MAX_CELLS
) -> TrialPlan:
    """Plan all rows of a board for a model, with the settings of the column `base`.

    `label` distinguishes the column from an earlier one of the same model; `room` is the number of
    runs that the board can still take.
    """
    settings: dict[str, Any] = {}
    steps: tuple[Step, ...] = ()
    if base:
        source = version_of(base.endpoint)
        carried = carry(base.settings, source, version_of(endpoint))
        settings, steps = carried.arguments, carried.steps
    mark = [endpoint.endpoint_id, settings, *([endpoint.schema_id or ""] if label else [])]
    rows = [PlannedRow(row.label, row.values, row.digest) for row in board.rows.all()]
    plan = Plan(
        source=board.source,
        models=[endpoint],
        groups=groups_of(board.source, [endpoint]),
        post={},
        filled=GroupContents({}, [{}], []),
        rows=rows,
        columns=[PlannedColumn(0, endpoint, label, settings, digest(mark))],
        seeds=_seeds(board, base),
    )
    if plan.cell_count > room:
        reason = (
            f"{plan.cell_count} more runs do not fit on this board: it takes up to {MAX_CELLS}."
        )
        plan.troubles.append(Trouble("total", reason))
    expanded = expand(plan, named_inputs.resolver(board.user, board.project))
    expanded.reports[:] = [
        replace(report, steps=(*steps, *report.steps)) for report in expanded.reports
    ]
    run_inputs = [(cell.endpoint, cell.arguments) for cell in expanded.fitting]
    return TrialPlan(plan, expanded, estimate_runs(run_inputs))


def _seeds(board: Board, base: Column | None) -> list[str]:
    """Return the seeds of the column `base`, else of the whole board."""
    cells = board.cells.filter(replaced_at=None)
    own = cells.filter(column=base) if base else cells
    seeds = own.order_by("pk").values_list("seed", flat=True)
    return [*dict.fromkeys(seeds)] or [""]


def note_all() -> int:
    """Record the trials new since the last call, for every watching board; returns how many."""
    until = query_news.seen_until()
    watching = StandingTrial.objects.watching().filter(watched_until__lt=until)
    return sum(note(standing, until) for standing in watching.select_related("board__user"))


def note(standing: StandingTrial, until: datetime) -> int:
    """Record new trials of one board; returns how many."""
    since = standing.watched_until
    columns = list(standing.board.columns.named())
    trials = [*_of_columns(standing, columns, since), *_of_search(standing, columns, since)]
    existing = set(standing.board.trials.values_list("endpoint_id", "schema_digest"))
    new: dict[tuple[int, str], Trial] = {}
    for trial in trials:  # a model may be found for several reasons: the first one counts
        new.setdefault((trial.endpoint_id, trial.schema_digest), trial)
    fresh = [trial for key, trial in new.items() if key not in existing][:MAX_NEW]
    Trial.objects.bulk_create(fresh, ignore_conflicts=True)
    StandingTrial.objects.filter(pk=standing.pk, watched_until=since).update(watched_until=until)
    return len(fresh)


def _of_columns(standing: StandingTrial, columns: list[Column], since: datetime) -> Iterable[Trial]:
    """Yield trials of new schemas and newer versions of the columns' models."""
    if not standing.follows_versions:
        return
    latest = {column.endpoint_id: column for column in columns}
    unfit = standing.board.trials.filter(state=Trial.State.UNFIT).values("endpoint_id")
    schema_changes = Change.objects.filter(kind=Change.Kind.SCHEMA, at__gt=since)
    watched = Endpoint.objects.filter(pk__in=latest) | Endpoint.objects.filter(pk__in=unfit)
    for endpoint in watched.filter(pk__in=schema_changes.values("endpoint_id")).order_by("pk"):
        yield _trial(standing, endpoint, Trial.Reason.SCHEMA, latest.get(endpoint.pk))
    new = Endpoint.objects.listed().filter(first_seen_at__gt=since).exclude(pk__in=latest)
    for endpoint in new.order_by("position"):
        if former := next(
            (column for column in columns if follows(endpoint, column.endpoint)), None
        ):
            yield _trial(standing, endpoint, Trial.Reason.VERSION, former)


def _of_search(standing: StandingTrial, columns: list[Column], since: datetime) -> Iterable[Trial]:
    """Yield trials of new models that fit the board's search."""
    if not standing.params:
        return
    tried_ids = {column.endpoint_id for column in columns}
    for endpoint in query_news.news(standing.board.user, standing.params, since):
        if endpoint.pk not in tried_ids:
            yield _trial(standing, endpoint, Trial.Reason.SEARCH, None)


def _trial(
    standing: StandingTrial, endpoint: Endpoint, reason: str, former: Column | None
) -> Trial:
    return Trial(
        board=standing.board,
        endpoint=endpoint,
        schema_digest=endpoint.schema_id or "",
        reason=reason,
        former=former,
    )
