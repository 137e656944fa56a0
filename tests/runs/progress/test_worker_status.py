"""Pages of waiting runs say that no worker runs, until a worker claims them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from runs.models import Run, Worker
from runs.progress import worker_status
from runs.progress.worker_status import NO_KEY, NOBODY
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker.scheduling import leases

State = Run.State
pytestmark = pytest.mark.django_db(transaction=True)


def worker(age_s: float = 0, **values: Any) -> None:
    beat_at = timezone.now() - timedelta(seconds=age_s)
    Worker.objects.update_or_create(pk="w", defaults={"beat_at": beat_at, **values})


def notes() -> dict[str, str]:
    return dict(Run.objects.values_list("state", "note"))


def test_runs_waiting_for_a_worker_say_so(make_run):
    for state in State:
        make_run(state=state)
    session = make_run(state=State.RUNNING, transport="realtime")
    worker(age_s=30, has_key=True)
    worker_status.flag_waiting_runs()
    session.refresh_from_db()
    assert session.note == ""
    session.delete()
    waiting = {State.CREATED, State.SUBMITTING, State.QUEUED, State.RUNNING}
    assert notes() == {state: NOBODY if state in waiting else "" for state in State}
    before = set(Run.objects.values_list("pk", "version"))
    worker_status.flag_waiting_runs()
    assert set(Run.objects.values_list("pk", "version")) == before


def test_without_a_key_unsent_runs_say_so(make_run):
    make_run(state=State.CREATED)
    make_run(state=State.QUEUED)
    worker(has_key=False)
    worker_status.flag_waiting_runs()
    assert notes() == {State.CREATED: NO_KEY, State.QUEUED: ""}


@pytest.mark.parametrize("state", [State.CREATED, State.SUBMITTING, State.QUEUED])
def test_a_worker_that_claims_a_run_clears_its_note(make_run, state):
    handle = {"request_id": "r"} if state == State.QUEUED else None
    run = make_run(state=state, handle=handle, sent_at=timezone.now() if handle else None)
    if state == State.SUBMITTING:
        Run.objects.update(sent_at=timezone.now())
    worker_status.flag_waiting_runs()
    assert notes() == {state: NOBODY}
    leases.claim("w", 9)
    if state == State.QUEUED:
        state_machine.record(run.pk, Observation(State.RUNNING, by="status"))
    assert set(notes().values()) == {""}
