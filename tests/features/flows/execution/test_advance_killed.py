"""A worker dies in the middle of a flow: others continue it, and no step is sent twice."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from django.contrib.auth.models import User
from django.db import connections

from features.flows.compose.definition import Definition, parse_definition
from features.flows.execution import starting
from features.flows.models import Flow, FlowRun, StepRun
from runs.models import Run
from runs.worker.scheduling import leases
from tests.runs.conftest import (
    _work,
    catalogue,
    sandbox,
    sandbox_process,
    synced,
    team,
)
from tests.sampling import sample

__all__ = ["catalogue", "sandbox", "sandbox_process", "synced", "team"]
pytestmark = pytest.mark.system
KILLED = 9
FIRST, SECOND = "sandbox/aurora", "sandbox/aurora/image-to-image"


def fan() -> Definition:
    """Return a definition: a picture, two edits of it, and an edit of the second edit."""
    small = {"prompt": "a fox", "image_size": "square"}
    steps: list[Any] = [{"id": "s1", "endpoint": FIRST, "arguments": small}]
    for number, source in enumerate(("s1", "s1", "s3"), start=2):
        wire = {"to": ["image_url"], "step": source, "path": ["images", 0, "url"]}
        edit = {"endpoint": SECOND, "arguments": {"prompt": "a fox"}, "wires": [wire]}
        steps.append({"id": f"s{number}", **edit})
    return parse_definition({"steps": steps})


def killed_when(happens: Callable[[], bool]) -> None:
    """Start a worker in a process of its own that is killed once `happens` has happened."""
    connections.close_all()
    if child := os.fork():
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status == KILLED
        return

    def until() -> bool:
        if happens():
            os._exit(KILLED)
        return False

    try:
        # the parent's executor does not exist in this process
        SyncToAsync.single_thread_executor = ThreadPoolExecutor(1)
        asyncio.run(_work(["killed"], until))
    finally:
        os._exit(1)


MOMENTS: dict[str, Callable[[], bool]] = {
    "sent": lambda: Run.objects.filter(handle__isnull=False).exists(),
    "ended": lambda: Run.objects.filter(state="succeeded").exists(),
    "followed": lambda: StepRun.objects.filter(step="s3").exists(),
}


@pytest.mark.parametrize("moment", sample([*MOMENTS], 0, by_seed=1))
def test_a_flow_continues_after_its_worker_was_killed(catalogue, sandbox, team, moment):
    user = User.objects.create_user("ana")
    definition = fan()
    flow = Flow.objects.create(user=user, name="fan", definition=definition.as_json())
    sandbox.reset()
    flow_run, _ = starting.start(user, flow, definition, "t")
    killed_when(MOMENTS[moment])
    assert FlowRun.objects.get().state == "running"
    leases.release("killed")  # as if the killed worker's leases had run out
    team(["one", "two"], lambda: FlowRun.objects.exclude(state="running").exists())
    flow_run.refresh_from_db()
    steps: Any = flow_run.steps.select_related("run")
    assert flow_run.state == "succeeded"
    assert [step.step for step in steps] == ["s1", "s2", "s3", "s4"]
    assert sandbox.calls()["submit"] == 4
    assert all(step.run.state == "succeeded" and step.settled_at for step in steps)
    address = f"/runs/{steps[2].run_id}/artifacts/0/"
    assert steps[3].run.arguments["image_url"] == address
