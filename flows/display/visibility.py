"""Which runs may be shown with a flow or with a run of one: those that all who see it may read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from runs.models import Run

if TYPE_CHECKING:
    from flows.models import FlowRun, StepRun
    from projects.models import InProject

WITHHELD = "The run of this step is no longer shared."


def is_beside(row: InProject, run: Run) -> bool:
    """Return whether whoever sees the row, a flow or a run of one, as a member sees the run."""
    is_as_open = not run.is_hidden or (row.is_hidden and run.user_id == row.user_id)
    return run.project_id == row.project_id and is_as_open


def withheld(flow_run: FlowRun, begun: Iterable[StepRun]) -> set[str]:
    """Return the steps whose run not everybody who sees the page may read, by their ids.

    One query if there are runs from elsewhere, and none otherwise.
    """
    others = [step for step in begun if step.run and not is_beside(flow_run, step.run)]
    if not others:
        return set()
    readable = Run.objects.readable_with(flow_run).filter(pk__in={step.run_id for step in others})
    shown = set(readable.values_list("pk", flat=True))
    return {step.step for step in others if step.run_id not in shown}
