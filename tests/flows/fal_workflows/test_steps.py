"""The state of each node, read from any events (C67)."""

from __future__ import annotations

from typing import Any

import pytest

from flows.fal_workflows.steps import steps_of
from runs.models import Run
from tests.tables import each_row

pytestmark = pytest.mark.any_database

SUBMIT = {"type": "submit", "node_id": "a", "app_id": "x/y", "request_id": "r"}
DONE = {"type": "completion", "node_id": "a", "output": {"text": "t"}}
DETAIL = [{"loc": ["body", "prompt"], "msg": "declined", "type": "content_policy_violation"}]


def failed(body: Any) -> dict[str, Any]:
    return {
        "type": "error",
        "node_id": "a",
        "message": "No",
        "error": {"status": 422, "body": body},
    }


def run_with(*events: Any, state: str = "running") -> Run:
    rows = [
        {"at": f"2026-11-23T07:00:0{at}+00:00", "event": event} for at, event in enumerate(events)
    ]
    return Run(state=state, steps=rows)


@each_row(
    ("events", "state", "expected"),
    [
        ([SUBMIT], "running", "running"),
        ([SUBMIT, DONE], "running", "done"),
        ([DONE], "running", "done"),
        ([SUBMIT, failed({"detail": DETAIL})], "failed", "failed"),
        ([SUBMIT], "unconfirmed", "unknown"),
        ([SUBMIT], "cancelled", "unknown"),
        ([{"type": "submit", "node_id": "b"}], "running", "waiting"),
        ([{"type": "submit", "node_id": "b"}], "failed", ""),
        ([{"type": "surprise", "node_id": "a"}, {"type": "submit"}, 7, None], "running", "waiting"),
    ],
    ids=["begun", "done", "no-submit", "failed", "broken", "cancelled", "later", "never", "odd"],
)
def test_a_step_has_one_state(events: list[Any], state: str, expected: str) -> None:
    assert steps_of(run_with(*events, state=state), ["a"])["a"].state == expected


def test_a_run_without_events_has_no_steps() -> None:
    assert steps_of(Run(state="running"), ["a"])["a"].state == ""
    assert steps_of(None, ["a"])["a"].state == ""


def test_a_step_has_its_duration_output_and_request() -> None:
    step = steps_of(run_with(SUBMIT, DONE))["a"]
    assert (step.took_s, step.output, step.request_id, step.app) == (1.0, {"text": "t"}, "r", "x/y")


@pytest.mark.parametrize("body", [{"detail": DETAIL}, "declined", None], ids=["json", "text", "no"])
def test_c67_an_error_may_be_an_object_or_a_text(body: Any) -> None:
    step = steps_of(run_with(SUBMIT, failed(body)))["a"]
    assert (step.state, step.message) == ("failed", "No")
    assert step.error is not None
    assert step.error["status"] == 422
