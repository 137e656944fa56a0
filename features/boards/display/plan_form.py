"""The context of a plan's form: shared fields, models with their own fields, and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.formatting import enumerated
from features.boards.plan import groups
from features.boards.plan.cells import ExpandedPlan, Report
from features.boards.plan.plan import Plan
from features.boards.plan.rows import ALL, CONTROL, TypedRow, files_of, guessed, typed_rows
from features.boards.plan.values import choices, is_numeric
from features.boards.runs.pricing import Pricing
from playground.form import form_state
from playground.form.html import rendering
from schemas import Field, Node
from schemas import draw as draw_nodes
from schemas.estimate import Estimate
from schemas.fields import Kind
from schemas.meanings import by_meaning, media_of
from schemas.uses.inputs import names_in
from schemas.uses.ordered_files import takers
from schemas.wording.counted_files import NOUNS

_PLAIN_KINDS: set[Kind] = {"string", "integer", "number", "boolean", "choice", "union", "list"}
MAX_OFFERED = 12


@dataclass(frozen=True)
class ShownModel:
    """A model of the plan: its own fields, and the report of its first column."""

    number: int
    endpoint: Endpoint
    own: SafeString
    own_count: int
    changed: int
    needs_own: bool  # one of its own settings is required, or wrong
    reports: list[Report]
    estimate: Estimate | None
    troubles: list[str]

    @property
    def report(self) -> Report | None:
        """Return the report of its first column; others differ only in the axis value."""
        return self.reports[0] if self.reports else None

    @property
    def trouble(self) -> str:
        """Return why the model, or one of its rows, cannot run."""
        return next((report.trouble for report in self.reports if report.trouble), "")


@dataclass(frozen=True)
class ShownFile:
    """A file of a row: its name and a picture of it, never its address."""

    address: str
    name: str
    kind: str
    still: str = ""
    is_refused: bool = False


@dataclass(frozen=True)
class ShownRow:
    """A row that is written by itself, or the files of all rows."""

    number: str
    place: int = 0
    prompt: str = ""
    files: Sequence[ShownFile] = ()
    troubles: Sequence[str] = ()

    @property
    def whose(self) -> str:
        """Return `row 2`, or `this row` if it has no place yet."""
        return f"row {self.place}" if self.place else "this row"


@dataclass(frozen=True)
class AxisField:
    """A field that an axis may vary, with a hint on the format."""

    name: str
    label: str
    hint: str


def context(plan: Plan, expanded: ExpandedPlan, pricing: Pricing) -> dict[str, Any]:
    """Return the context of all parts that depend on the form's contents."""
    node = draw_nodes(plan.groups.root, post=plan.post, problems=plan.filled.problems)
    nodes = {child.name: child for child in node.children}
    shared = nodes.get(groups.SHARED)
    takes = _kinds_taken(plan)
    prompt, main, by_field, settings = _sections(plan, shared.children if shared else [], takes)
    address = reverse("playground:uploads")
    return {
        "plan": plan,
        "expanded": expanded,
        "pricing": pricing,
        "origins": form_state.origins(plan.post),
        "prompt": rendering.render_fields(prompt, address),
        "has_prompts": any("prompt" in by_meaning(root.children) for root in _roots(plan)),
        "takes": takes,
        "accept": ", ".join(f"{kind}/*" for kind in takes),
        "files": enumerated([f"{NOUNS[kind]}s" for kind in takes]).capitalize(),
        "wants": takes[0] if len(takes) == 1 else "file",
        "rows": [_row(plan, row, place) for place, row in enumerate(typed_rows(plan.post), 1)],
        "common": _row(plan, TypedRow(ALL, files=files_of(plan.post, ALL))),
        "blank": ShownRow("*"),
        "blank_file": ShownFile("", "", "image"),
        "main": rendering.render_fields(main, address),
        "by_field": rendering.render_fields(by_field, address),
        "by_field_count": len(by_field),
        "more": rendering.render_fields(settings, address),
        "more_count": len(settings),
        "is_more_open": any(setting_node.is_changed for setting_node in settings),
        "models": [
            _model(plan, number, nodes.get(groups.own_name(number)), expanded, pricing)
            for number in range(len(plan.models))
        ],
        "axis_fields": [_axis_field(field) for field in plan.groups.shared if _can_vary(field)],
        "column_fields": [_axis_field(field) for field in _all_fields(plan) if _can_vary(field)],
        **{name.replace("-", "_"): _text(plan, name) for name in _TEXTS},
    }


_TEXTS = (
    *("title", "row-field", "row-values", "table", "column-field", "column-values"),
    *("seeds", "cap", "priority"),
)


def _text(plan: Plan, name: str) -> str:
    return (plan.post.get(name) or [""])[-1]


def _sections(
    plan: Plan, nodes: list[Node], takes: Sequence[str]
) -> tuple[list[Node], list[Node], list[Node], list[Node]]:
    """Split the shared fields: the prompt, main ones, empty ones for files, and the rest.

    Files of the rows fill the empty ones.
    """
    fields = plan.groups.shared
    by_name = {field.name: field for field in fields}
    prompt = by_meaning(fields).get("prompt")
    first = [node for node in nodes if prompt and node.field.name == prompt.name]
    file_fields = {
        names_in(taker.path)[0]
        for kind in NOUNS
        if kind in takes
        for taker in takers(plan.groups.source, kind)
    }
    by_field = [
        node
        for node in nodes
        if node.field.name in file_fields and not node.is_changed and not rendering.has_errors(node)
    ]
    other_nodes = [node for node in nodes if node not in first and node not in by_field]

    def is_main(node: Node) -> bool:
        field = by_name[node.field.name]
        return (
            field.is_required or field.is_important or bool(media_of(field))
        ) and not field.is_advanced

    main = [node for node in other_nodes if is_main(node)]
    settings = [node for node in other_nodes if not is_main(node)]
    is_short = len(settings) <= 2 or not (main or first)
    return (first, other_nodes, by_field, []) if is_short else (first, main, by_field, settings)


def _roots(plan: Plan) -> list[Field]:
    return [plan.groups.source, *(version_of(model).root for model in plan.models)]


def _kinds_taken(plan: Plan) -> list[str]:
    """Return the kinds of files that rows may have: those that a model takes or a row has."""
    kinds = {file.kind for file in plan.known.values()}
    return [
        kind for kind in NOUNS if kind in kinds or any(takers(root, kind) for root in _roots(plan))
    ]


def _row(plan: Plan, row: TypedRow, place: int = 0) -> ShownRow:
    files = []
    for address in row.files:
        file = plan.known.get(address) or guessed(address)
        files.append(ShownFile(address, file.name, file.kind, file.still, bool(file.refusal)))
    troubles = plan.troubles_at(f"{CONTROL}{row.number}")
    return ShownRow(row.number, place, row.prompt, files, troubles)


def _model(
    plan: Plan, number: int, node: Node | None, expanded: ExpandedPlan, pricing: Pricing
) -> ShownModel:
    children = node.children if node else []
    reports = [estimate for estimate in expanded.reports if estimate.column.model == number]
    estimates = [
        pricing.columns[place]
        for place, estimate in enumerate(expanded.reports)
        if estimate.column.model == number and place in pricing.columns
    ]
    whole_estimate = estimates[0] if estimates else None
    for estimate in estimates[1:]:
        whole_estimate = whole_estimate + estimate if whole_estimate else estimate
    return ShownModel(
        number,
        plan.models[number],
        rendering.render_fields(children, reverse("playground:uploads")),
        len(children),
        sum(child.is_changed for child in children),
        any(rendering.needs_attention(child) for child in children),
        reports,
        whole_estimate,
        plan.troubles_at(groups.own_name(number)),
    )


def _all_fields(plan: Plan) -> list[Field]:
    """Return the shared fields, then each model's own, without repeated names."""
    by_name = {field.name: field for field in plan.groups.shared}
    for fields in plan.groups.own:
        for field in fields:
            by_name.setdefault(field.name, field)
    return [*by_name.values()]


def _can_vary(field: Field) -> bool:
    return field.kind in _PLAIN_KINDS and not field.is_seed and not field.is_deprecated


def _axis_field(field: Field) -> AxisField:
    return AxisField(field.name, field.label, _hint(field))


def _hint(field: Field) -> str:
    if offered := choices(field):
        return ", ".join(str(value) for value in offered[:MAX_OFFERED])
    if is_numeric(field):
        return "4, 8, 12 or 4-28 step 4"
    return "one on each line" if field.is_text else "one address on each line"
