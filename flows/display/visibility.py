"""Which runs may be shown with a flow or with a run of one: those that all who see it may read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from runs.models import Run

if TYPE_CHECKING:
    from flows.models import FlowRun, StepRun

WITHHELD = "The run of this step is no longer shared."


def withheld(flow_run: FlowRun, begun: Iterable[StepRun]) -> set[str]:
    """Return the steps whose run not everybody who sees the page may read, by their ids.

    One query if there are runs from elsewhere, and none otherwise.
    """
    loaded = {step.step: step.run for step in begun if step.run}
    runs = Run.objects.withheld_with(flow_run, loaded.values())
    return {step for step, run in loaded.items() if run.pk in runs}
