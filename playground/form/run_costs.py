"""Computes which runs the form's Run button starts, and what they will cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.models import Endpoint
from catalog.pricing import is_priced
from catalog.schema_versions import version_of
from core.formatting import counted
from playground.form.form_state import ParsedForm
from runs.costs import cost
from runs.files import input_shape
from schemas.estimate import Estimate, wording
from schemas.variations import TIMES, Plan, plan

if TYPE_CHECKING:
    from runs.promises.named_inputs import NamedInput

CONTROL = "~variations"  # the form's control; no argument of the model, and not part of a draft

MEASURING = "The length of the input is being measured"


@dataclass(frozen=True)
class RunCost:
    """The runs that the button starts, their total cost, and the cost of each of its samples."""

    plan: Plan
    estimate: Estimate
    each: tuple[Estimate, ...]
    is_measuring: bool = False  # a worker is measuring the length of an input file
    named: Sequence[NamedInput] = ()  # what the model gets of each @name

    @property
    def label(self) -> str:
        """Return the cost on the button: `about $0.10`; no guess while a file is measured."""
        return wording.label_for_pages(wording.UNKNOWN if self._is_awaited else self.estimate.label)

    @property
    def is_known(self) -> bool:
        """Whether the label is a price, or nobody pays one."""
        return wording.nobody_pays() or (self.estimate.is_known and not self._is_awaited)

    @property
    def _is_awaited(self) -> bool:
        return self.is_measuring and self.estimate.most is None

    @property
    def head(self) -> str:
        """Return what the button starts: `4 images in one run`, else how the cost is computed."""
        if self._is_awaited and not wording.nobody_pays():
            return MEASURING
        if len(self.plan.runs) > 1 or self.plan.results > 1:
            return self.plan.label
        if wording.nobody_pays():
            return ""
        basis = self.each[0].basis
        return " · ".join(basis[:1] if self.each[0].is_known else basis)

    @property
    def lines(self) -> list[str]:
        """Return how the cost is computed, line by line."""
        if wording.nobody_pays():
            return []
        lines = list(dict.fromkeys(line for estimate in self.each for line in estimate.basis))
        if len(self.plan.runs) == 1:
            return lines
        count = len(self.plan.runs)
        runs = counted(count, "run")
        return [f"{runs}; each:" if len(set(self.each)) == 1 else f"{runs}:", *lines]

    def as_json(self) -> dict[str, Any]:
        """Return the values that the page's script displays."""
        values: dict[str, Any] = {"words": self.label, "is_known": self.is_known}
        values |= {"head": self.head, "lines": self.lines}
        values["named"] = [named_input.words for named_input in self.named]
        return values | ({"is_measuring": True} if self.is_measuring else {})


def of_form(
    endpoint: Endpoint, parsed: ParsedForm, times: int = 1, named: Sequence[NamedInput] = ()
) -> RunCost:
    """Return the cost of `times` runs with the form's arguments, in which names are resolved."""
    planned = plan(version_of(endpoint).root, parsed.arguments, times, "")
    return of_plan(endpoint, parsed, planned, named)


def of_plan(
    endpoint: Endpoint, parsed: ParsedForm, planned: Plan, named: Sequence[NamedInput] = ()
) -> RunCost:
    """Return the cost of the runs that are planned for the form's arguments."""
    run_estimates = cost.estimate_runs([(endpoint, arguments) for arguments, _ in planned.samples])
    is_measuring = is_priced(endpoint) and input_shape.is_measuring(parsed.arguments)
    return RunCost(planned, planned.total(run_estimates), tuple(run_estimates), is_measuring, named)


def times(text: str) -> int:
    """Return the posted number of variations; 1 unless it is one of the choices."""
    return int(text) if text in {str(choice) for choice in TIMES} else 1
