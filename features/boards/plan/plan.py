"""A plan: models, inputs, axes, seeds and a cap, parsed from the plan's form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.formatting import counted
from features.boards.plan import groups, tables, values
from features.boards.plan import rows as row_controls
from features.boards.plan.groups import GroupContents, Groups, Post
from features.boards.plan.rows import KnownFile
from runs.files.own_addresses import tidy_addresses
from schemas import Field
from schemas.exact import is_larger_than
from schemas.fields import MISSING
from schemas.form.decode import Problem
from schemas.meanings import by_meaning
from schemas.validation.unknown_keys import nearest

ALLOW_UNKNOWN = "allow_unknown"  # of a post: rows may have fields that no schema names
PRIORITY = "priority"  # of a post: `normal` or `low`; empty: by the number of runs
MAX_CELLS = 400
ASKED = "asked"  # the sentence of the first screen, in the plan of a board that answers it
MAX_MODELS = 40
TITLE_CHARS = 200
MAX_CAP = Decimal(100_000)
MAX_CAP_CHARS = 40
MAX_CHARS = 32 << 20  # of the inputs of all runs together
TOO_LARGE = (
    "The inputs that all runs share are too large for this many runs. Shorten them, or plan fewer "
    "runs."
)


class Trouble(NamedTuple):
    """A message about a problem or hint, and the part of the form that it belongs to."""

    where: str  # models, shared, rows, table, values, seeds, cap, total, or m0 …, row0 …
    message: str


class PlannedRow(NamedTuple):
    """One input, which follows the schema of the source model."""

    label: str
    values: dict[str, Any]
    digest: str


class PlannedColumn(NamedTuple):
    """A model with its settings; `model` is its position in the plan."""

    model: int
    endpoint: Endpoint
    label: str
    settings: dict[str, Any]
    digest: str


@dataclass(frozen=True)
class Plan:
    """What a board will contain. `post` is the form as it was posted."""

    source: Endpoint
    models: list[Endpoint]
    groups: Groups
    post: Post
    filled: GroupContents
    title: str = ""
    rows: list[PlannedRow] = field(default_factory=list)
    columns: list[PlannedColumn] = field(default_factory=list)
    seeds: list[str] = field(default_factory=lambda: [""])
    cap_usd: Decimal | None = None
    is_reusing: bool = True
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # hints that do not prevent running
    known: Mapping[str, KnownFile] = field(default_factory=dict)  # files of rows, by address
    is_stored: bool = False  # rebuilt from a board, whose title, form and cap stay as they are

    @property
    def cell_count(self) -> int:
        """Return how many runs the plan describes."""
        return len(self.rows) * len(self.columns) * len(self.seeds)

    def troubles_at(self, part: str) -> list[str]:
        """Return the messages for one part of the form."""
        return [trouble.message for trouble in self.troubles if trouble.where == part]


def parse_cap(posted_text: str) -> Decimal | None:
    """Return the cap of a board in US dollars; None if the text is empty.

    Raises ValueError with a message if it is zero or not an amount.
    """
    text = posted_text.strip().removeprefix("$").strip()
    if not text:
        return None
    try:
        cap = Decimal(text if len(text) <= MAX_CAP_CHARS else "NaN")
    except InvalidOperation:
        cap = Decimal(-1)
    if not cap.is_finite() or not 0 <= cap <= MAX_CAP:
        raise ValueError(f"A budget is a sum in US dollars, such as 2.50; “{text[:40]}” is not.")
    if cap == 0:
        raise ValueError("A budget of zero prevents every run. Raise it, or leave it empty.")
    return cap.quantize(Decimal("0.0001"))


def read_plan(
    post: Post,
    models: Sequence[Endpoint],
    source: Endpoint,
    known: Mapping[str, KnownFile] | None = None,
) -> Plan:
    """Parse a posted plan; its problems are in `troubles`.

    `known` describes the rows' files by address (`input_files.known_files`). An address that is
    not in it is judged by its file name.
    """
    field_groups = groups.groups_of(source, models)
    reader = _Reader(post, list(models), source, field_groups, known or {})
    rows, columns = reader.rows(), reader.columns()
    seeds, cap = reader.seeds(), reader.cap()
    troubles = [*reader.troubles, *_too_many(rows, columns, seeds)]
    if len(models) > MAX_MODELS:
        troubles.append(Trouble("models", f"A board takes up to {MAX_MODELS} models."))
    return Plan(
        source=source,
        models=list(models),
        groups=field_groups,
        post=post,
        filled=reader.filled,
        title=last_text(post, "title").strip()[:TITLE_CHARS],
        rows=rows,
        columns=columns,
        seeds=seeds,
        cap_usd=cap,
        is_reusing="reuse" in post or "planned" not in post,
        troubles=troubles,
        notes=reader.notes,
        known=known or {},
    )


def last_text(post: Mapping[str, Sequence[str]], name: str) -> str:
    """Return the last text posted under a name; empty without one."""
    texts = post.get(name)
    return texts[-1].replace("\r\n", "\n") if texts else ""


def digest(value: Any) -> str:
    """Return a hash that is the same for equal JSON values, whatever the order of their keys."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _too_many(
    rows: list[PlannedRow], columns: list[PlannedColumn], seeds: list[str]
) -> list[Trouble]:
    counts = (len(rows), "row"), (len(columns), "column"), (len(seeds), "seed")
    count = len(rows) * len(columns) * len(seeds)
    if count <= MAX_CELLS:
        inputs, settings = [row.values for row in rows], [column.settings for column in columns]
        is_large = count and (
            is_larger_than(inputs, MAX_CHARS * len(rows) // count)
            or is_larger_than(settings, MAX_CHARS * len(columns) // count)
        )
        return [Trouble("total", TOO_LARGE)] if is_large else []
    sign = " \u00d7 "
    parts = sign.join(counted(many, noun) for many, noun in counts)
    message = (
        f"{parts} are {counted(count, 'run')}; a board takes up to {MAX_CELLS}. Leave some out."
    )
    return [Trouble("total", message)]


class _Reader:
    """Parses one post part by part and collects the troubles."""

    def __init__(
        self,
        post: Post,
        models: list[Endpoint],
        source: Endpoint,
        field_groups: Groups,
        known: Mapping[str, KnownFile],
    ) -> None:
        self.post, self.models, self.groups = post, models, field_groups
        self.files = row_controls.FileReader(known)
        self.roots = [version_of(source).root, *(version_of(model).root for model in models)]
        self.troubles: list[Trouble] = []
        self.notes: list[str] = []
        self._fields: dict[str, Field | None] = {}
        self.filled = groups.decode_groups(field_groups, post)
        for problem in self.filled.problems:
            self.troubles.append(_unread(problem))

    def rows(self) -> list[PlannedRow]:
        """Return the rows written one by one, of the table or of the axis; else a single row."""
        table, axis = last_text(self.post, "table"), last_text(self.post, "row-values")
        typed_rows = [row for row in row_controls.typed_rows(self.post) if row.prompt or row.files]
        if sum(map(bool, (typed_rows, table.strip(), axis.strip()))) > 1:
            ways = "are written one by one, or come " if typed_rows else "come "
            message = f"Rows {ways}from a table or from values of one field: clear one of the two."
            self.troubles.append(Trouble("table" if table.strip() else "rows", message))
        try:
            if table.strip():
                rows = enumerate(tables.read_rows(table), start=1)
                inputs = [self._table_row(number, row) for number, row in rows]
            elif axis.strip():
                inputs = self._axis_rows(last_text(self.post, "row-field"), axis)
            else:
                inputs = row_controls.read_rows(typed_rows, self._prompt_field(), self.files)
        except ValueError as error:
            self.troubles.append(Trouble("table" if table.strip() else "rows", str(error)))
            inputs = []
        return self._distinct_rows(inputs or [("", {})])

    def _distinct_rows(self, inputs: list[tuple[str, dict[str, Any]]]) -> list[PlannedRow]:
        if is_larger_than(self.filled.shared, MAX_CHARS // len(inputs)):
            self._add_problem("total", TOO_LARGE)
            inputs = inputs[:1]
        common = self.files.read(row_controls.ALL, row_controls.files_of(self.post, "all"))
        self.troubles += [Trouble(*trouble) for trouble in self.files.troubles]
        rows: dict[str, PlannedRow] = {}
        for label, own in inputs:
            files = row_controls.merged(row_controls.from_json(own), common)
            whole = self.filled.shared | own | row_controls.as_json(files)
            row = PlannedRow(label or _row_label(whole, self.roots[0]), whole, digest(whole))
            rows.setdefault(row.digest, row)
        return [*rows.values()]

    def _axis_rows(self, name: str, text: str) -> list[tuple[str, dict[str, Any]]]:
        field = self._field(name) or self._main_field()
        if field is None:
            raise ValueError("Choose the field that these values are for.")
        axis_values = tidy_addresses(values.read_axis(field, text))
        return [(values.short_label(v), {field.name: v}) for v in axis_values]

    def _table_row(self, number: int, row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        arguments = {}
        for name, value in row.items():
            target = self._field(name)
            if target is None and ALLOW_UNKNOWN in self.post:
                arguments[name] = value
                continue
            if target is None:
                names = ", ".join(field.name for field in self.groups.shared[:8])
                near = nearest(name, self._names())
                raise ValueError(
                    f"The table's column “{name[:60]}” is not an input of these models"
                    + (f": did you mean “{near}”?" if near else f". They share {names or 'none'}.")
                )
            try:
                cell = values.read_cell(target, value)
            except ValueError as error:
                raise ValueError(f"Row {number} of the table: {error}") from error
            if cell is not MISSING:
                arguments[target.name] = tidy_addresses(cell)
        return " · ".join(values.short_label(value) for value in arguments.values())[
            :300
        ], arguments

    def _names(self) -> list[str]:
        """Return the names that a table's columns may have."""
        return [child.name for root in self.roots for child in root.children]

    def _field(self, name: str) -> Field | None:
        """Return the field with that name, of the source model first, else with that meaning."""
        if name not in self._fields:
            self._fields[name] = self._find_field(name)
        return self._fields[name]

    def _find_field(self, name: str) -> Field | None:
        for root in self.roots:
            if hit := next((child for child in root.children if child.name == name), None):
                return hit
        return by_meaning(self.roots[0].children).get(name)

    def _prompt_field(self) -> Field | None:
        """Return the field that a row's prompt is for: a shared one, else the first model's."""
        fields = (by_meaning(root.children).get("prompt") for root in self.roots)
        return by_meaning(self.groups.shared).get("prompt") or next(filter(None, fields), None)

    def _main_field(self) -> Field | None:
        return by_meaning(self.groups.shared).get("prompt") or next(iter(self.groups.shared), None)

    def columns(self) -> list[PlannedColumn]:
        """Return each model, once for each value along the column axis."""
        by_digest: dict[str, PlannedColumn] = {}
        for number, endpoint in enumerate(self.models):
            along = self._values_for(number)
            if is_larger_than(self.filled.own[number], MAX_CHARS // len(along)):
                self._add_problem("total", TOO_LARGE)
                along = along[:1]
            for label, extra in along:
                settings = self.filled.own[number] | extra
                key = digest([endpoint.endpoint_id, settings])
                column = PlannedColumn(number, endpoint, label, settings, key)
                by_digest.setdefault(key, column)
        return [*by_digest.values()]

    def _values_for(self, number: int) -> list[tuple[str, dict[str, Any]]]:
        name, text = last_text(self.post, "column-field"), last_text(self.post, "column-values")
        if not text.strip():
            if name and not self.troubles_at("values"):
                message = "This axis has a field and no values: write some, or choose no field."
                self.troubles.append(Trouble("values", message))
            return [("", {})]
        source = self._field(name)
        if source is None:
            self._add_problem("values", "Choose the field that these values are for.")
            return [("", {})]
        target = self._own_field(source, number)
        if target is None:
            endpoint = self.models[number].endpoint_id
            self.notes.append(f"{endpoint} has no {source.label}: it gets one column.")
            return [("", {})]
        try:
            axis_values = tidy_addresses(values.read_axis(target, text))
        except ValueError as error:
            if not self.troubles_at("values"):  # another model would report the same
                self._add_problem("values", str(error))
            return [("", {})]
        return [(f"{target.label} {values.short_label(v)}", {target.name: v}) for v in axis_values]

    def _own_field(self, source: Field, number: int) -> Field | None:
        root = self.roots[number + 1]
        if same_field := next((c for c in root.children if c.name == source.name), None):
            return same_field
        fields_by_meaning = by_meaning(self.roots[0].children)
        word = next((word for word, hit in fields_by_meaning.items() if hit is source), "")
        return by_meaning(root.children).get(word)

    def troubles_at(self, part: str) -> bool:
        return any(trouble.where == part for trouble in self.troubles)

    def _add_problem(self, part: str, message: str) -> None:
        trouble = Trouble(part, message)
        if trouble not in self.troubles:
            self.troubles.append(trouble)

    def seeds(self) -> list[str]:
        """Return the seeds as texts; a single empty one if each model chooses its own."""
        seeds, problems = values.read_seeds(last_text(self.post, "seeds"), MAX_CELLS)
        for problem in problems:
            self._add_problem("seeds", problem)
        return seeds or [""]

    def cap(self) -> Decimal | None:
        """Return the board's maximum cost in US dollars."""
        try:
            return parse_cap(last_text(self.post, "cap"))
        except ValueError as error:
            self._add_problem("cap", str(error))
            return None


def _unread(problem: Problem) -> Trouble:
    part = str(problem.path[0]) if problem.path else groups.SHARED
    return Trouble(part, problem.message)


def _row_label(row_values: dict[str, Any], root: Field) -> str:
    """Return the prompt, else the first text of an input."""
    prompt = by_meaning(root.children).get("prompt")
    first = row_values.get(prompt.name) if prompt else None
    text = (
        first
        if isinstance(first, str)
        else next((value for value in row_values.values() if isinstance(value, str)), "")
    )
    return values.short_label(text)
