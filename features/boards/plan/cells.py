"""The cells of a plan: their arguments, and which values were kept, converted or dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from features.boards.plan import rows
from features.boards.plan.groups import seed_field
from features.boards.plan.plan import ALLOW_UNKNOWN, Plan, PlannedColumn, PlannedRow
from playground.form import form_state
from playground.form.form_state import ParsedForm
from runs.promises.named_inputs import NameResolver, unresolved
from schemas import Problem
from schemas.carry import Step, carry, missing
from schemas.uses.ordered_files import GivenFile, place_in_order

_MAX_SAID = 3
KINDS = (
    ("dropped", "Left out"),
    ("clamped", "Limited"),
    ("converted", "Converted"),
    ("carried", "Taken over"),
)


class PlannedCell(NamedTuple):
    """One planned run: its place, and the arguments for the column's model."""

    row: int
    column: int
    seed: str
    endpoint: Endpoint
    arguments: dict[str, Any]
    is_seeded: bool  # the seed is fixed, so an equal run has the same result


@dataclass(frozen=True)
class Report:
    """How the inputs of all rows were converted for one column."""

    column: PlannedColumn
    steps: tuple[Step, ...]
    missing: list[str]
    invalid: list[str]
    ignores_seed: bool = False
    bad_rows: frozenset[int] = frozenset()

    @property
    def is_fine(self) -> bool:
        """Whether every row can run in this column."""
        return not self.bad_rows and not self.column.endpoint.refusal

    @property
    def is_unfilled(self) -> bool:
        """Whether missing values are all that prevents a run."""
        return bool(self.missing) and not self.invalid and not self.column.endpoint.refusal

    @property
    def trouble(self) -> str:
        """Return why the column, or one of its rows, cannot run; empty if all can."""
        if self.column.endpoint.refusal:
            return self.column.endpoint.refusal
        sentences = [f"{label} is missing." for label in self.missing] + self.invalid
        return " ".join(sentences[:_MAX_SAID])

    @property
    def lists(self) -> list[tuple[str, list[Step]]]:
        """Return the steps by kind, each with a heading; empty kinds are left out."""
        sorted_ = [(title, [s for s in self.steps if s.kind == kind]) for kind, title in KINDS]
        return [(title, steps) for title, steps in sorted_ if steps]

    @property
    def changes(self) -> list[tuple[str, Step]]:
        """Return the steps that are not plain copies, each with its heading."""
        return [
            (title, step) for title, steps in self.lists for step in steps if step.kind != "carried"
        ]

    @property
    def summary(self) -> str:
        """Return `6 carried, 1 converted, 2 left out`."""
        return ", ".join(f"{len(steps)} {title.lower()}" for title, steps in self.lists)


@dataclass(frozen=True)
class ExpandedPlan:
    """All cells of a plan in running order, and a report for each column."""

    cells: list[PlannedCell] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    @property
    def fitting(self) -> list[PlannedCell]:
        """Return the cells that can be sent."""
        return [
            cell
            for cell in self.cells
            if cell.row not in self.reports[cell.column].bad_rows and not cell.endpoint.refusal
        ]


def expand(plan: Plan, resolve: NameResolver = unresolved) -> ExpandedPlan:
    """Convert each row for each column; empty for a plan with too many cells.

    `resolve` replaces names such as `@bottle` (`named_inputs.resolver`).
    """
    if any(trouble.where == "total" for trouble in plan.troubles):
        return ExpandedPlan()
    reports, by_place = [], {}
    for number, column in enumerate(plan.columns):
        carried = [_resolved(column, _carried(plan, column, row), resolve) for row in plan.rows]
        reports.append(_report(plan, column, carried))
        for row, cell in enumerate(carried):
            by_place[row, number] = cell
    cells = [
        PlannedCell(row, column, seed, plan.columns[column].endpoint, arguments, is_seeded)
        for row in range(len(plan.rows))
        for column in range(len(plan.columns))
        for cell in (by_place[row, column],)
        for seed, arguments, is_seeded in _seeded(plan, plan.columns[column], cell.arguments)
    ]
    return ExpandedPlan(cells, reports)


class _Cell(NamedTuple):
    """A row's arguments for a column, and the steps that led to them."""

    arguments: dict[str, Any]
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...] = ()


def _resolved(column: PlannedColumn, carried: _Cell, resolve: NameResolver) -> _Cell:
    """Return the cell with its names resolved; a step says how each one was used."""
    resolved = resolve(column.endpoint, carried.arguments)
    steps = [
        Step(
            "carried" if named_input.is_whole else "dropped",
            named_input.words.partition(":")[0],
            reason=named_input.words,
            text=named_input.words,
        )
        for named_input in resolved.named
    ]
    all_steps = (*carried.steps, *steps)
    return _Cell(resolved.arguments, all_steps, resolved.problems)


def _carried(plan: Plan, column: PlannedColumn, row: PlannedRow) -> _Cell:
    source = version_of(plan.source) if plan.source.schema_id else None
    values = {name: value for name, value in row.values.items() if name != rows.FILES}
    carried = carry(values, source, version_of(column.endpoint))
    cell = _Cell(carried.arguments, carried.steps)
    if ALLOW_UNKNOWN in plan.post and column.endpoint.pk == plan.source.pk:
        source_fields = {child.name for child in version_of(plan.source).root.children}
        extra = {name: value for name, value in values.items() if name not in source_fields}
        steps = tuple(step for step in carried.steps if step.source not in extra)
        cell = _Cell(carried.arguments | extra, steps)
    cell = _with_files(cell, column, rows.from_json(row.values))
    return cell._replace(arguments=cell.arguments | column.settings)


def _with_files(cell: _Cell, column: PlannedColumn, files: list[GivenFile]) -> _Cell:
    """Return the cell with a row's files in the model's inputs, and steps that say where."""
    if not files:
        return cell
    placed_files = place_in_order(version_of(column.endpoint), cell.arguments, files)
    steps = [
        *(Step("converted", rows.FILES, reason=words, text=words) for words in placed_files.used),
        *(Step("dropped", rows.FILES, reason=words, text=words) for words in placed_files.unused),
    ]
    return cell._replace(arguments=placed_files.arguments, steps=(*cell.steps, *steps))


def _seeded(
    plan: Plan, column: PlannedColumn, arguments: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    field = seed_field(version_of(column.endpoint).root)
    for seed in plan.seeds:
        seeded = {field.name: int(seed)} if seed and field else {}
        values = arguments | seeded
        yield seed, values, field is not None and values.get(field.name) is not None


def _steps_of_own(plan: Plan, column: PlannedColumn) -> Iterator[Step]:
    """Yield how the source model's own settings were converted for another model.

    They were converted once, when the plan was filled in; the user may have changed them since.
    """
    if column.model == 0 or not plan.models or plan.models[0].pk != plan.source.pk:
        return
    version = version_of(plan.source) if plan.source.schema_id else None
    for step in carry(plan.filled.own[0], version, version_of(column.endpoint)).steps:
        if step.kind == "dropped" or column.settings.get(step.target) == step.after:
            yield step


def _report(plan: Plan, column: PlannedColumn, carried: list[_Cell]) -> Report:
    version = version_of(column.endpoint)
    steps: dict[tuple[str, ...], Step] = {
        (step.kind, step.source, step.target, step.reason): step
        for step in _steps_of_own(plan, column)
    }
    lacking: dict[str, None] = {}
    invalid: dict[str, None] = {}
    bad_rows = set()
    for number, cell in enumerate(carried):
        arguments = cell.arguments
        for step in cell.steps:
            steps.setdefault((step.kind, step.source, step.target, step.reason), step)
        labels = missing(version, arguments)
        parsed_form = ParsedForm(arguments, list(cell.problems))
        problems = form_state.find_problems(column.endpoint, parsed_form)
        present = [
            problem for problem in problems if not problem.path or problem.path[0] in arguments
        ]
        if labels or present:
            bad_rows.add(number)
        place = f"Row {number + 1}: " if len(carried) > 1 else ""
        lacking |= dict.fromkeys(labels)
        invalid |= dict.fromkeys(f"{place}{problem.message}." for problem in present)
    has_seed = seed_field(version.root) is not None
    return Report(
        column,
        tuple(steps.values()),
        [*lacking],
        [*invalid],
        ignores_seed=plan.seeds != [""] and not has_seed and bool(version.root.children),
        bad_rows=frozenset(bad_rows),
    )
