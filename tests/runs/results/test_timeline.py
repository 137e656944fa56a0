"""The timeline lists events in order, whichever of them are missing."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from runs.models import Run
from runs.results import timeline
from runs.state import state_machine
from runs.state.transitions import Observation

State = Run.State


def moment_words(run: Run) -> list[str]:
    run.refresh_from_db()
    return [moment.what for moment in timeline.moments(run)]


def test_the_timeline_lists_all_moments_in_order_with_durations(make_run):
    run = make_run(state=State.SUBMITTING)
    assert state_machine.mark_submitted(run.pk, set())
    start = timezone.now()
    for position in (5, 3, 0):
        at = start + timedelta(seconds=5 - position)
        state_machine.record(run.pk, Observation(State.QUEUED, at=at, queue_position=position))
    state_machine.record(run.pk, Observation(State.RUNNING, at=start + timedelta(seconds=7)))
    end = Observation(State.SUCCEEDED, at=start + timedelta(seconds=9), output={})
    state_machine.record(run.pk, end)
    run.refresh_from_db()
    moments = timeline.moments(run)
    labels = ["Created", "Sent", "Queued, 5 ahead", "Started", "Done", "Answer stored"]
    assert [moment.what for moment in moments] == labels
    assert moments[2].detail == "Then 3, 0."
    assert moments[0].after is None
    assert moments[4].after == timedelta(seconds=2)
    assert all(moment.after >= timedelta(0) for moment in moments[1:] if moment.after is not None)


@pytest.mark.parametrize("event", [{}, {"at": "never", "what": "lost"}, {"at": "", "what": "new"}])
def test_an_unreadable_event_is_skipped(make_run, event):
    run = make_run(events=[event])
    assert moment_words(run) == ["Created"]


@pytest.mark.parametrize("transport", ["queue", "sync", "stream", "websocket", "realtime"])
def test_every_transport_and_state_has_a_page(member, make_run, transport):
    for state in State:
        run = make_run(state=state, transport=transport, sent_at=timezone.now(), attempts=1)
        page = member.get(run.get_absolute_url()).content.decode()
        assert f'id="run-{run.pk}-timeline"' in page


def test_the_timeline_lists_detours(make_run):
    run = make_run(state=State.SUBMITTING)
    state_machine.mark_submitted(run.pk, set())
    state_machine.requeue(run.pk, "fal cannot be reached", timedelta(0), was_submitted=True)
    assert moment_words(run) == ["Created", "Not accepted, tried again later"]
    Run.objects.filter(pk=run.pk).update(state=State.SUBMITTING, attempts=2)
    state_machine.mark_submitted(run.pk, set())
    state_machine.record(run.pk, Observation(State.UNCONFIRMED, error={"message": "cut"}))
    state_machine.note_event(run.pk, "again", str(uuid.uuid4()))
    state_machine.record(run.pk, Observation(State.QUEUED, by="list", request_id="r"))
    state_machine.note_event(run.pk, "cancel", "ALREADY_COMPLETED")
    assert timeline.moments(Run.objects.get(pk=run.pk))[-1].detail == "The run had already ended."
    moments = moment_words(run)
    assert moments.index("Answer to the submit lost") < moments.index("Found again")
    assert "Sent again as another run" in moments
    sent = next(moment for moment in timeline.moments(run) if moment.what == "Sent")
    assert sent.detail == "On the 2nd attempt."


@pytest.mark.parametrize(
    ("error", "what"),
    [
        ({"message": "Out of order", "status": 500}, timeline.UNCLEAR),
        ({"message": "It was cut."}, "Connection broke off"),
    ],
)
def test_a_broken_connection_is_listed_only_without_an_answer(make_run, error, what):
    run = make_run(state=State.RUNNING, transport="sync", sent_at=timezone.now())
    state_machine.record(run.pk, Observation(State.UNCONFIRMED, error=error))
    assert what in moment_words(run)
