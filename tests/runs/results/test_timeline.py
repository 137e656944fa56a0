"""The timeline lists events in order, whichever of them are missing."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from runs.models import Run
from runs.results import timeline
from runs.start.transport_choices import QUEUE, STREAM, SYNC, WEBSOCKET
from runs.state import state_machine
from runs.state.transitions import Observation

State = Run.State
ALL = QUEUE, SYNC, STREAM, WEBSOCKET


def moment_words(run: Run) -> list[str]:
    run.refresh_from_db()
    return [moment.what for moment in timeline.moments(run)]


def test_the_timeline_lists_all_moments_in_order_with_durations(make_run: Any) -> None:
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


def test_the_timeline_lists_detours(make_run: Any) -> None:
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


@pytest.mark.parametrize("event", [{}, {"at": "never", "what": "lost"}, {"at": "", "what": "new"}])
def test_an_unreadable_event_is_skipped(make_run: Any, event: Any) -> None:
    run = make_run(events=[event])
    assert moment_words(run) == ["Created"]


@pytest.mark.parametrize("transport", ["queue", "sync", "stream", "websocket", "realtime"])
def test_every_transport_and_state_has_a_page(
    member: Client, make_run: Any, transport: str
) -> None:
    for state in State:
        run = make_run(state=state, transport=transport, sent_at=timezone.now(), attempts=1)
        page = member.get(run.get_absolute_url()).content.decode()
        assert f'id="run-{run.pk}-timeline"' in page


def test_the_timeline_on_an_open_page_is_updated(make_run: Any) -> None:
    from playground.display import renderers

    run = make_run(state=State.RUNNING, started_at=timezone.now())
    markup = renderers.changed_fragments(run, "page")
    assert f'id="run-{run.pk}-timeline" aria-label="Timeline" hx-swap-oob="true"' in markup
    assert "timeline" not in renderers.changed_fragments(run, "stage")


def test_every_fact_is_on_the_page_and_in_the_file(member: Client, make_run: Any) -> None:
    run = make_run(
        state=State.SUCCEEDED,
        transport="stream",
        attempts=3,
        sent_arguments={"image_url": "https://v3.fal.media/sent.png"},
        metrics={"inference_time": 2.5},
        billable_units="7",
        request_id="r-77",
        logs=[{"timestamp": "1", "level": "INFO", "message": "hello"}],
        output={},
    )
    page = member.get(run.get_absolute_url()).content.decode()
    for fact in ("Live stream", ">3<", "2.5 s", "7", "r-77", "sent.png", "hello"):
        assert fact in page, fact
    document = member.get(f"/runs/{run.pk}/run.json").json()
    assert (document["transport"], document["attempts"], document["billable_units"]) == (
        "stream",
        3,
        "7",
    )
    assert document["sent_arguments"] == run.sent_arguments
    assert document["metrics"] == run.metrics


@pytest.mark.parametrize("way", ["sync", "stream", "websocket", "realtime"])
def test_a_transport_has_one_label_in_form_timeline_and_facts(make_run: Any, way: str) -> None:
    run = make_run(transport=way, sent_at=timezone.now())
    word = run.get_transport_display()
    assert f"{word}." in [moment.detail for moment in timeline.moments(run)]
    assert ("Transport", word) in timeline.facts(run)
    assert word in {*(choice.label for choice in ALL), "Live session"}


@pytest.mark.parametrize(
    ("error", "what"),
    [
        ({"message": "Out of order", "status": 500}, timeline.UNCLEAR),
        ({"message": "It was cut."}, "Connection broke off"),
    ],
)
def test_a_broken_connection_is_listed_only_without_an_answer(
    make_run: Any, error: dict[str, Any], what: str
) -> None:
    run = make_run(state=State.RUNNING, transport="sync", sent_at=timezone.now())
    state_machine.record(run.pk, Observation(State.UNCONFIRMED, error=error))
    assert what in moment_words(run)
