"""The cost of more results like a run's: several ("More like this"), or one of them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground import rerun, variations
from runs.costs import cost
from runs.models import Run
from schemas.estimate import Estimate
from schemas.variations import Plan


@dataclass(frozen=True)
class MoreLike:
    """The runs that "More like this" starts, and their cost; `alone` is the cost of one again."""

    plan: Plan
    cost: Estimate
    alone: Estimate
    is_offered: bool  # false if all results would be alike


def more_like(run: Run) -> MoreLike:
    """Return what "More like this" would start for one run; at most two queries."""
    return more_like_each([run])[0]


def more_like_each(runs: Sequence[Run]) -> list[MoreLike]:
    """Return what "More like this" would start for each run; two queries for all of them."""
    plans = [variations.plan_more(run) for run in runs]
    samples = [
        (run.endpoint, sample)
        for run, plan in zip(runs, plans, strict=True)
        for sample in (*(sample for sample, _ in plan.samples), rerun.arguments_alone(run, 0))
    ]
    estimates = iter(cost.estimate_runs(samples))
    return [
        MoreLike(plan, plan.total(estimates), next(estimates), variations.can_vary(run.endpoint))
        for run, plan in zip(runs, plans, strict=True)
    ]
