"""Variations: several runs started by one press of a button, which are one try; and their cost."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.models import User

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from playground.rerun import repetition
from projects.models import Project
from runs.costs import cost
from runs.models import Run
from runs.start import refused_starts, starting
from runs.start.starting import Source, StartRequest
from schemas.estimate import Estimate
from schemas.estimate.counts import output_field
from schemas.meanings import by_meaning
from schemas.uses.roles import is_faithful
from schemas.variations import Plan, plan, results_asked

MORE = 4  # results that "More like this" asks for
ALL_ALIKE = "This model always gives the same result for the same input, so run it only once."


def start(requests: Sequence[StartRequest]) -> list[Run]:
    """Start a run for each request, all or none; several share a batch."""
    batch = uuid.uuid4() if len(requests) > 1 else None
    started = starting.start_many([replace(request, batch=batch) for request in requests])
    return [run for run, _ in started]


def more_like(run: Run, person: User, token: str, elsewhere: Project | None = None) -> list[Run]:
    """Start about `MORE` results from the same arguments with new seeds, all or none.

    A repeated press of the button with this `token` returns its first runs. `elsewhere` as in
    `rerun.rerun`. Raises refused_starts.StartRefused.
    """
    if not can_vary(run.endpoint):
        raise refused_starts.StartRefused(ALL_ALIKE)
    press = f"{run.pk}-{starting.press_key(token)}"
    planned = plan_more(run, starting.token(Source.VARIATION, press)).runs
    start_request = repetition(run, person, Source.VARIATION, press, elsewhere)
    return start(
        [
            replace(start_request, arguments=arguments, key=f"{press}.{place}")
            for place, arguments in enumerate(planned)
        ]
    )


def can_vary(endpoint: Endpoint) -> bool:
    """Whether several results of the same input can differ, so that paying for them makes sense.

    They can with a seed or a number of results, or where the model follows a text: Kling has no
    seed. A trainer would make the same weights again, and an upscaler the same picture.
    """
    if is_faithful(f"{endpoint.endpoint_id} {endpoint.category}"):
        return False
    fields = version_of(endpoint).root.children
    has_seed = any(field.is_seed for field in fields)
    return has_seed or output_field(fields) is not None or "prompt" in by_meaning(fields)


def plan_more(run: Run, mark: str = "") -> Plan:
    """Return the runs that "More like this" starts for a run."""
    root = version_of(run.endpoint).root
    arguments = run.arguments if isinstance(run.arguments, dict) else {}
    times = max(1, MORE // results_asked(root, arguments))
    return plan(root, arguments, times, mark, keeps_first=False)


@dataclass(frozen=True)
class MoreLike:
    """The runs that "More like this" starts, and their cost."""

    plan: Plan
    cost: Estimate
    is_offered: bool  # false if all results would be alike


def offer_more_like(run: Run) -> MoreLike:
    """Return what "More like this" would start for one run; at most two queries."""
    planned = plan_more(run)
    samples = [(run.endpoint, sample) for sample, _ in planned.samples]
    return MoreLike(planned, planned.total(cost.estimate_runs(samples)), can_vary(run.endpoint))
