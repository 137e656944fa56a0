"""The steps of a workflow in progress, as its stream reports them (protocol, 15.7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fal.reading import as_mapping, text
from runs.models import Run

MOST_CHARS = 120
_WORDS = {"submit": "running", "completion": "done", "error": "failed"}


@dataclass(frozen=True)
class WorkflowStep:
    """A step by the id of its model, or of its node if upstream does not name the model."""

    name: str
    word: str


def steps_of(run: Run) -> list[WorkflowStep]:
    """Return the steps that a run in progress has reported, in the order in which they began."""
    steps: dict[str, WorkflowStep] = {}
    for event in _events(run.steps) if run.is_awaited else ():
        node, word = text(event, "node_id"), _WORDS.get(text(event, "type"), "")
        if node and word:
            name = text(event, "app_id") or node
            step = steps.get(node, WorkflowStep(name[:MOST_CHARS], word))
            steps[node] = replace(step, word=word)
    return [*steps.values()]


def _events(stored: Any) -> list[Any]:
    """Return the events, which are stored with the time of their arrival."""
    rows = stored if isinstance(stored, list) else []
    return [as_mapping(as_mapping(row).get("event")) for row in rows]
