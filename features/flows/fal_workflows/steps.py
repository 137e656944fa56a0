"""Derives the state of each node in a workflow's run from upstream's events (15.7).

Only streamed runs have events; it is unknown whether a queued run's status reports its steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fal.reading import parse_time
from runs.models import Run

MOST_TEXT = 500
WORDS = {
    "waiting": "waiting",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "unknown": "its outcome is unknown",
}


@dataclass(frozen=True)
class Step:
    """One node's state in a run. `state` is a key of WORDS; empty if nothing is known."""

    node: str
    state: str = ""
    app: str = ""
    request_id: str = ""
    output: Any = None
    message: str = ""
    error: Mapping[str, Any] | None = None  # as in FalError.as_json()
    began_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def took_s(self) -> float | None:
        """Return the seconds from its submit to its end."""
        if self.began_at is None or self.ended_at is None:
            return None
        return max((self.ended_at - self.began_at).total_seconds(), 0.0)


def steps_of(run: Run | None, nodes: Iterable[str] = ()) -> dict[str, Step]:
    """Return the step of each node; nodes that are only in upstream's events come last."""
    steps = {node: Step(node) for node in nodes}
    if run is None:
        return steps
    for event in _events(run.steps):
        node = _text(event, "node_id")
        if node:
            steps[node] = _after(steps.get(node, Step(node)), event)
    return {node: _adjusted_to_run_state(step, run) for node, step in steps.items()}


def _events(stored_events: Any) -> Sequence[dict[str, Any]]:
    """Return the events, each with the time of its arrival."""
    rows = stored_events if isinstance(stored_events, list) else []
    return [
        {**row["event"], "~at": row.get("at")}
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("event"), dict)
    ]


def _after(step: Step, event: dict[str, Any]) -> Step:
    at, kind = _moment(event["~at"]), event.get("type")
    app = _text(event, "app_id") or step.app
    if kind == "submit":
        request_id = _text(event, "request_id")
        return replace(step, state="running", app=app, request_id=request_id, began_at=at)
    if kind == "completion":
        return replace(step, state="done", app=app, output=event.get("output"), ended_at=at)
    if kind == "error":
        error = _error(event)
        message = _text(event, "message") or "This step failed."
        return replace(step, state="failed", app=app, message=message, error=error, ended_at=at)
    return step


def _error(event: dict[str, Any]) -> dict[str, Any]:
    """Return the error in the form of any model's error; its body is an object or a text (C67)."""
    raw = event.get("error")
    raw = raw if isinstance(raw, dict) else {}
    body = raw.get("body")
    detail = body.get("detail") if isinstance(body, dict) else body
    kinds = (
        [problem.get("type") for problem in detail if isinstance(problem, dict)]
        if isinstance(detail, list)
        else []
    )
    kind = (body.get("error_type") if isinstance(body, dict) else "") or next(iter(kinds), "")
    return {
        "error": "RunFailed",
        "message": _text(event, "message"),
        "status": raw.get("status"),
        "type": kind if isinstance(kind, str) else "",
        "detail": detail,
    }


def _adjusted_to_run_state(step: Step, run: Run) -> Step:
    """Return the step adjusted to the run's state: no step continues after the run's end."""
    if step.state == "running" and not run.is_awaited:
        return replace(step, state="unknown")
    if step.state == "" and run.is_awaited and run.steps:
        return replace(step, state="waiting")
    return step


def _text(event: Mapping[str, Any], key: str) -> str:
    value = event.get(key)
    return value.replace("\x00", "")[:MOST_TEXT] if isinstance(value, str) else ""


def _moment(text: Any) -> datetime | None:
    return parse_time(text) if isinstance(text, str) else None
