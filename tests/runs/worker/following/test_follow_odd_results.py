"""Results that are not JSON, as fal has given and charged them.

The run reports them, keeps them, and shows those that are files.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import Endpoint
from runs.models import Run, Transport
from runs.worker.limits import DirectLimits, Patience, WorkerLimits
from tests.runs.conftest import Control, Work
from tests.runs.start.started import start_run
from tests.sampling import sample

WAYS = {Transport.QUEUE: "result", Transport.SYNC: "run", Transport.WEBSOCKET: "run"}
pytestmark = [pytest.mark.usefixtures("catalogue"), pytest.mark.any_database, pytest.mark.system]


@pytest.fixture
def finish_run(work: Work, sandbox: Control, transactional_db: None) -> Any:
    """`finish_run(transport, fault)` → an ended run with such a result, and its files."""
    pauses_s = (0.0, 0.1)
    patience = Patience(fetch_first_s=0.01, fetch_slowest_s=0.02, list_pauses_s=pauses_s)
    limits = WorkerLimits(direct=DirectLimits(list_pauses_s=pauses_s))
    user = User.objects.create_user("ana")

    def make(transport: str, fault: str) -> Run:
        sandbox.fault(WAYS[Transport(transport)], fault, times=100)
        run, _ = start_run(
            user=user,
            endpoint=Endpoint.objects.get(endpoint_id="mischief/slow"),
            key=uuid.uuid4().hex,
            transport=transport,
            arguments={"prompt": "x", "duration": 0.1},
        )

        def is_over() -> bool:
            run.refresh_from_db()
            return run.is_final and not run.artifacts.filter(state="remote").exists()

        work(is_over, patience=patience, worker_limits=limits)
        return run

    return make


@pytest.mark.parametrize("transport", WAYS)
@pytest.mark.parametrize(
    ("fault", "stored_body"),
    sample([("words", "Here you are: a lighthouse."), ("nothing", "")], 1, by_seed=1),
)
def test_an_unreadable_result_ends_the_run_and_is_stored(
    finish_run: Any, sandbox: Control, transport: str, fault: str, stored_body: str
) -> None:
    sandbox.fault("requests", "404", times=100)  # upstream's list of requests cannot help either
    run = finish_run(transport, fault)
    assert (run.state, run.error["error"]) == ("failed", "Unreadable")
    assert run.error["detail"]["body"] == stored_body
    assert run.request_id
    assert (run.billable_units, run.note) == ("1", "")
    calls = sandbox.calls()
    assert (calls.get("submit", 0), calls.get("run", 0)) == (
        (1, 0) if transport == Transport.QUEUE else (0, 1)
    )
    page = Client()
    page.force_login(run.user)
    text = page.get(run.get_absolute_url()).content.decode()
    assert "The result cannot be shown" in text
    assert stored_body in text


@pytest.mark.parametrize("transport", sample([*WAYS], 1, by_seed=0))
def test_an_unreadable_result_is_taken_from_upstreams_list(finish_run: Any, transport: str) -> None:
    run = finish_run(transport, "words")
    assert (run.state, run.error, run.billable_units) == ("succeeded", None, "1")
    assert run.artifacts.get().state == "stored"


@pytest.mark.parametrize("transport", sample([*WAYS], 1, by_seed=0))
def test_numbers_outside_json_are_stored_literally(finish_run: Any, transport: str) -> None:
    run = finish_run(transport, "odd-numbers")
    assert (run.state, run.output) == ("succeeded", {"score": None, "most": None, "half": 0.5})
    page = Client()
    page.force_login(run.user)
    file = page.get(reverse("playground:run-output", args=[run.pk]))
    assert file.getvalue() == b'{"score": NaN, "most": 1E400, "half": 0.50}'
    assert "cannot be shown exactly" in page.get(run.get_absolute_url()).content.decode()
