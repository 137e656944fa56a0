"""What the form's Run button will start, and what that will cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from playground.form.form_state import ParsedForm
from playground.runs import cost
from schemas.estimate import NOTHING, Estimate
from schemas.variations import TIMES, Plan, plan

CONTROL = "~variations"  # the form's control; no argument of the model, and not part of a draft


@dataclass(frozen=True)
class RunCost:
    """The runs that the button starts, their cost together, and that of each."""

    plan: Plan
    estimate: Estimate
    each: tuple[Estimate, ...]

    @property
    def words(self) -> str:
        """The cost on the button: `about $0.10`."""
        return self.estimate.words

    @property
    def head(self) -> str:
        """What the button starts, in a line: `4 images in one run`, else how it is computed."""
        is_one = len(self.plan.runs) == 1 and self.plan.results == 1
        return next(iter(self.each[0].basis), "") if is_one else self.plan.words

    @property
    def lines(self) -> list[str]:
        """How the cost is computed, line by line."""
        lines = list(dict.fromkeys(line for one in self.each for line in one.basis))
        if len(self.plan.runs) == 1:
            return lines
        count = len(self.plan.runs)
        return [f"{count} runs; each:" if len(set(self.each)) == 1 else f"{count} runs:", *lines]

    def as_json(self) -> dict[str, Any]:
        """What the page's script shows."""
        return {"words": self.words, "head": self.head, "lines": self.lines}


def of_form(endpoint: Endpoint, parsed: ParsedForm, times: int = 1) -> RunCost:
    """The cost of what a form stands for, `times` over."""
    made = plan(version_of(endpoint).root, parsed.arguments, times, "")
    each = cost.estimate_runs([(endpoint, one) for one in made.runs])
    return RunCost(made, sum(each, NOTHING), tuple(each))


def times(text: str) -> int:
    """How many times as many results a post asks for; 1 unless it is one of the choices."""
    return int(text) if text in {str(one) for one in TIMES} else 1
