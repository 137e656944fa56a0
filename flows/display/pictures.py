"""Pictures of flows for their list: those of the models they chain."""

from __future__ import annotations

from flows.models import Flow

MOST = 4  # steps of which a list shows the models


def first_models(flow: Flow) -> list[str]:
    """Return the ids of the models of a flow's first steps, in order."""
    steps = flow.definition.get("steps", []) if isinstance(flow.definition, dict) else []
    return [str(step.get("endpoint", "")) for step in steps[:MOST] if isinstance(step, dict)]
