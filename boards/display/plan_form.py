"""The context of a plan's form: shared fields, models with their own fields, and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from boards.plan import groups
from boards.plan.cells import Expanded, Report
from boards.plan.plan import Plan
from boards.plan.values import choices, is_numeric
from boards.runs.pricing import Pricing
from catalog.models import Endpoint
from playground.form import form_state
from playground.form.html import rendering
from schemas import Field, Node
from schemas import draw as draw_nodes
from schemas.estimate import Estimate
from schemas.fields import Kind

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
class AxisField:
    """A field that an axis may vary, with a hint on the format."""

    name: str
    label: str
    hint: str


def context(plan: Plan, expanded: Expanded, pricing: Pricing) -> dict[str, Any]:
    """Return the context of all parts that change with the form's contents."""
    node = draw_nodes(plan.groups.root, post=plan.post, problems=plan.filled.problems)
    nodes = {child.name: child for child in node.children}
    shared = nodes.get(groups.SHARED)
    main, more = _sections(plan.groups.shared, shared.children if shared else [])
    address = reverse("playground:uploads")
    return {
        "plan": plan,
        "expanded": expanded,
        "pricing": pricing,
        "origins": form_state.origins(plan.post),
        "main": rendering.render_fields(main, address),
        "more": rendering.render_fields(more, address),
        "more_count": len(more),
        "is_more_open": any(drawn.is_changed for drawn in more),
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
    *("seeds", "cap"),
)


def _text(plan: Plan, name: str) -> str:
    return (plan.post.get(name) or [""])[-1]


def _sections(fields: Sequence[Field], nodes: list[Node]) -> tuple[list[Node], list[Node]]:
    """Split the shared fields into main ones and the rest, like a model's own form."""
    is_main = {
        field.name: (field.is_required or field.is_important or bool(field.media))
        and not field.is_advanced
        for field in fields
    }
    main = [node for node in nodes if is_main.get(node.field.name)]
    more = [node for node in nodes if not is_main.get(node.field.name)]
    return (main, more) if main and len(more) > 2 else (nodes, [])


def _model(
    plan: Plan, number: int, node: Node | None, expanded: Expanded, pricing: Pricing
) -> ShownModel:
    children = node.children if node else []
    reports = [estimate for estimate in expanded.reports if estimate.column.model == number]
    estimates = [
        pricing.columns[place]
        for place, estimate in enumerate(expanded.reports)
        if estimate.column.model == number and place in pricing.columns
    ]
    whole = estimates[0] if estimates else None
    for estimate in estimates[1:]:
        whole = whole + estimate if whole else estimate
    return ShownModel(
        number,
        plan.models[number],
        rendering.render_fields(children, reverse("playground:uploads")),
        len(children),
        sum(child.is_changed for child in children),
        reports,
        whole,
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
