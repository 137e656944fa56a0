"""After a run, the files of its single steps are copied, and pages show our copies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

import fal
from features.flows.fal_workflows import step_files
from features.flows.fal_workflows.definitions import graph_of
from features.flows.fal_workflows.live import context
from features.flows.models import StepFile
from runs.models import Artifact, Run, Upload
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.features.flows.fal_workflows.conftest import Keep
from tests.features.training.conftest import picture

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "https://v3.fal.media/files/a/{}.png"


class Files:
    """Upstream's files: each address answers with a picture or with an error."""

    def __init__(self, *, is_gone: bool = False) -> None:
        self.asked: list[str] = []
        self.is_gone = is_gone

    @asynccontextmanager
    async def open(self, url: str, *, max_bytes: int) -> Any:
        self.asked.append(url)
        if self.is_gone:
            raise fal.FileUnavailable("It is gone.", status=404)

        async def chunks() -> Any:
            yield picture("red" if "one" in url else "blue")

        yield fal.Download("image/png", None, chunks())


def copy_all(files: Files) -> None:
    async def main() -> None:
        for _ in range(3):
            await step_files.copy_due(files)  # type: ignore[arg-type]

    asyncio.run(main())


@pytest.fixture
def failed_run(keep: Keep, user: User) -> Run:
    """A failed run of a workflow, one step of which has made two pictures."""
    workflow = keep()
    urls = [{"url": ADDRESS.format(name)} for name in ("one", "two", "one")]
    done = {"type": "completion", "node_id": "say", "output": {"images": urls}}
    run = Run.objects.create(
        user=user, endpoint=workflow.endpoint, schema_id=workflow.endpoint.schema_id, arguments={},
        state="running", transport="stream", steps=[{"at": None, "event": done}],
    )  # fmt: skip
    error = {"error": "RunFailed", "message": "It broke."}
    assert state_machine.record(run.pk, Observation(Run.State.FAILED, "test", error=error))
    return Run.objects.get(pk=run.pk)


def test_each_step_file_is_copied_once_and_served_by_us(failed_run: Run, user: User) -> None:
    files = Files()
    copy_all(files)
    assert files.asked == [ADDRESS.format("one"), ADDRESS.format("two")]
    assert Upload.objects.filter(user=user).count() == 2
    copies = step_files.copies_of(failed_run)
    assert set(copies) == set(files.asked)
    workflow = failed_run.endpoint.workflow
    nodes = context(workflow, graph_of(workflow, failed_run), failed_run)["nodes"]
    (step,) = [shown_step for shown_step in nodes if shown_step.id == "say"]
    assert [file.src for file in step.files[:2]] == [*copies.values()]


def test_files_in_the_result_are_not_copied_twice(failed_run: Run) -> None:
    url = ADDRESS.format("one")
    Artifact.objects.create(run=failed_run, position=0, path="a", kind="image", url=url)
    copy_all(files := Files())
    assert files.asked == [ADDRESS.format("two")]


def test_a_missing_step_file_is_retried_a_few_times(failed_run: Run) -> None:
    files = Files(is_gone=True)
    for _ in range(step_files.TRIES + 3):
        copy_all(files)
        StepFile.objects.exclude(next_attempt_at=None).update(next_attempt_at=timezone.now())
    assert len(files.asked) == 2 * step_files.TRIES
    assert step_files.copies_of(failed_run) == {}


def test_runs_outside_workflows_store_no_step_files(make_run: Callable[..., Any]) -> None:
    for transport in ("stream", "queue"):
        run = make_run(state="running", transport=transport)
        state_machine.record(run.pk, Observation(Run.State.SUCCEEDED, "test", output={}))
    assert not StepFile.objects.exists()
