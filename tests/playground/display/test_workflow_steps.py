"""A workflow in progress names the steps that its stream has reported."""

from typing import Any

import pytest

from playground.display.workflow_steps import steps_of
from runs.models import Run
from tests.tables import each_row

SUBMIT = {"type": "submit", "node_id": "a", "app_id": "x/y", "request_id": "r"}
DONE = {"type": "completion", "node_id": "a", "output": {"text": "t"}}
FAILED = {"type": "error", "node_id": "a", "message": "No", "error": {"status": 422}}


def stored(*events: Any) -> list[Any]:
    return [{"at": f"2026-11-23T07:00:0{at}+00:00", "event": e} for at, e in enumerate(events)]


@each_row(
    ("events", "state", "expected"),
    [
        (stored(SUBMIT), "running", [("x/y", "running")]),
        (stored(SUBMIT, DONE), "running", [("x/y", "done")]),
        (stored(DONE), "running", [("a", "done")]),
        (stored(SUBMIT, FAILED), "running", [("x/y", "failed")]),
        (stored(SUBMIT, {"type": "submit", "node_id": "b"}, DONE), "running",
            [("x/y", "done"), ("b", "running")]),
        (stored(SUBMIT), "failed", []),
        (stored({"type": "surprise", "node_id": "a"}, {"type": "submit"}, 7, None), "running", []),
        (None, "running", []),
        ([7, None, {"event": "x"}], "running", []),
    ],
    ids=["begun", "done", "no-submit", "failed", "two", "ended", "odd", "none", "not-events"],
)  # fmt: skip
def test_the_steps_of_a_run_in_progress_are_named(events, state, expected):
    steps = steps_of(Run(state=state, steps=events))
    assert [(step.name, step.word) for step in steps] == expected


@pytest.mark.django_db
def test_the_page_of_a_run_lists_its_steps(member, make_run):
    run = make_run(state="running", transport="stream", steps=stored(SUBMIT))
    page = member.get(run.get_absolute_url()).content.decode()
    assert '<span class="mono">x/y</span> <span class="muted">running</span>' in page
