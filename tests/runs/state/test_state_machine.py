"""The state machine of runs stays consistent for any observations in any order."""

import sys
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from core.db import clock
from fal import Result
from runs.models import Artifact, Run, Transport
from runs.results import outcomes
from runs.state import state_machine
from runs.state.transitions import Observation, changes_of
from runs.worker.scheduling import leases
from schemas import artifacts

pytestmark = pytest.mark.both_databases

State = Run.State

lines = st.lists(
    st.fixed_dictionaries({"timestamp": st.sampled_from("123"), "message": st.sampled_from("ab")}),
    max_size=3,
)
observations = st.builds(
    Observation,
    state=st.sampled_from(list(State)),
    at=st.just(timezone.now()),
    queue_position=st.none() | st.integers(0, 5),
    logs=lines,
    output=st.none() | st.just({"images": []}),
    request_id=st.sampled_from(["", "r1"]),
    note=st.sampled_from([None, "", "Upstream is busy"]),
)


def run_after(seen: list[Observation]) -> Run:
    """A run in memory after these observations, as `record` would leave it."""
    run = Run(arguments={}, form_token="t")
    for observation in seen:
        for name, value in changes_of(run, observation).items():
            setattr(run, name, value)
    return run


@given(st.lists(observations, max_size=6))
def test_a_repeated_observation_changes_nothing(seen):
    doubled = [observation for observation in seen for _ in range(2)]
    once, twice = run_after(seen), run_after(doubled)
    assert once.state == twice.state
    assert once.logs == twice.logs
    assert once.queue_position == twice.queue_position


@given(st.lists(observations, max_size=6), st.randoms())
def test_in_any_order_a_run_ends_if_and_only_if_an_end_was_observed(seen, random):
    shuffled = seen[:]
    random.shuffle(shuffled)
    ended = any(observation.state in Run.FINAL for observation in seen)
    assert run_after(seen).is_final == ended
    assert run_after(shuffled).is_final == ended


@pytest.mark.django_db
def test_success_stores_its_artifacts_in_the_same_transaction(make_run):
    run = make_run(state=State.RUNNING)
    artifact = artifacts.Artifact(path="images[0]", kind="image", url="https://v3.fal.media/a.png")
    end = Observation(State.SUCCEEDED, output={"seed": 1234567890123456789}, artifacts=[artifact])
    assert state_machine.record(run.pk, end)
    assert not state_machine.record(run.pk, end)
    run.refresh_from_db()
    assert run.output == {"seed": 1234567890123456789}
    assert [artifact.path for artifact in Artifact.objects.filter(run=run)] == ["images[0]"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "was_submitted", "after"),
    [
        (State.CREATED, False, State.CANCELLED),
        (State.UNCONFIRMED, True, State.CANCELLED),
        (State.SUBMITTING, False, State.CANCELLED),  # its files are being uploaded
        (State.SUBMITTING, True, State.SUBMITTING),
        (State.QUEUED, True, State.QUEUED),
        (State.RUNNING, True, State.RUNNING),
        (State.SUCCEEDED, True, State.SUCCEEDED),
    ],
)
def test_a_cancel_ends_at_once_only_runs_upstream_does_not_know(
    make_run, state, was_submitted, after
):
    run = make_run(state=state, sent_at=timezone.now() if was_submitted else None)
    assert state_machine.request_cancel(run.pk) == (state not in Run.FINAL)
    run.refresh_from_db()
    assert run.state == after
    assert (run.cancel_requested_at is None) == (state in Run.FINAL)


@pytest.mark.django_db
def test_a_run_that_was_never_sent_is_requeued_unless_cancelled(make_run):
    before = clock.now()
    pause = timedelta(seconds=5)
    waiting, unwanted = (
        make_run(state=State.SUBMITTING),
        make_run(state=State.SUBMITTING, cancel_requested_at=timezone.now()),
    )
    for run in (waiting, unwanted):
        state_machine.requeue(run.pk, "Upstream does not answer.", pause)
        run.refresh_from_db()
    assert waiting.state == State.CREATED
    later = waiting.lease_until
    assert before + pause <= later <= clock.now() + pause
    assert unwanted.state == State.CANCELLED
    assert not leases.has_free()
    assert leases.claim("w", 9, later + timedelta(seconds=1)).to_send == [waiting]


@pytest.mark.django_db
def test_a_dead_workers_runs_are_taken_over_and_a_half_sent_one_is_unconfirmed(make_run):
    new, sent, half, not_gone = (
        make_run(),
        make_run(state=State.RUNNING, handle={"request_id": "r"}),
        make_run(state=State.SUBMITTING, sent_at=timezone.now()),
        make_run(state=State.SUBMITTING),
    )
    gone = timezone.now() - timedelta(seconds=1)
    Run.objects.exclude(pk=new.pk).update(worker="dead", lease_until=gone)
    claim = leases.claim("alive", 9)
    assert (claim.to_send, claim.to_follow) == ([not_gone, new], [sent.pk])
    half.refresh_from_db()
    assert half.state == State.UNCONFIRMED
    assert not leases.claim("other", 9).to_send


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_wrong_clock_of_a_worker_delays_no_run(make_run, monkeypatch, hours):
    """Other processes act on these times, so they come from the shared clock, the database's."""
    late, sent, ended = (make_run(state=State.SUBMITTING) for _ in range(3))
    now = timezone.now
    true = clock.now()

    def shifted() -> datetime:
        # On SQLite, the shared clock is this machine's: here it plays the right clock of another
        # one.
        asked_by = sys._getframe(1).f_globals["__name__"]
        return now() + timedelta(hours=0 if asked_by == clock.__name__ else hours)

    monkeypatch.setattr(timezone, "now", shifted)
    state_machine.requeue(late.pk, "busy", timedelta(seconds=5))
    state_machine.mark_submitted(sent.pk, set())
    state_machine.record(ended.pk, outcomes.from_output({"image": PICTURE}, by="result"))
    for run in (late, sent, ended):
        run.refresh_from_db()
    for at in (late.lease_until, sent.sent_at, ended.artifacts.get().next_attempt_at):
        assert abs(at - true) < timedelta(minutes=1)


@pytest.mark.django_db
def test_a_requeued_run_keeps_its_note_during_its_pause(make_run):
    waits, free = (make_run(state=State.SUBMITTING) for _ in range(2))
    state_machine.requeue(waits.pk, "Too many. Again in 90 s.", timedelta(seconds=90))
    state_machine.requeue(free.pk, "Too many.", timedelta(seconds=-1))
    leases.note_upstream_trouble("w", {Transport.QUEUE: ""})
    assert Run.objects.get(pk=waits.pk).note == "Too many. Again in 90 s."
    assert Run.objects.get(pk=free.pk).note == ""


def test_a_submit_mark_committed_without_an_answer_is_recognised(make_run):
    """The connection ended after the commit; nothing was sent, and the same worker asks again."""
    run = make_run(state=State.SUBMITTING)
    noted: set[datetime] = set()
    assert state_machine.mark_submitted(run.pk, noted)
    assert state_machine.mark_submitted(run.pk, noted)
    assert not state_machine.mark_submitted(run.pk, set())
    Run.objects.update(state=State.UNCONFIRMED)  # another worker has taken the run over
    assert not state_machine.mark_submitted(run.pk, noted)


@pytest.mark.django_db
def test_a_late_worker_cannot_undo_the_submit_of_another(make_run):
    """Another worker took the run over while its files were uploaded, and has sent it."""
    run = make_run(state=State.SUBMITTING)
    assert state_machine.mark_submitted(run.pk, set())
    assert not state_machine.mark_submitted(run.pk, set())
    state_machine.requeue(run.pk, "An upload broke off.", timedelta(0))
    assert not state_machine.record(run.pk, Observation(State.FAILED, before_submit=True))
    run.refresh_from_db()
    assert (run.state, bool(run.sent_at)) == (State.SUBMITTING, True)
    state_machine.requeue(run.pk, "Nobody took it.", timedelta(0), was_submitted=True)
    run.refresh_from_db()
    assert (run.state, run.sent_at) == (State.CREATED, None)


@pytest.mark.django_db
@pytest.mark.parametrize("transport", Transport.values)
def test_a_running_run_is_requeued_only_on_a_direct_transport(make_run, transport):
    """It only counted as running because its request was sent.

    If a queue says that it runs, it does.
    """
    run = make_run(state=State.SUBMITTING, transport=transport)
    state_machine.mark_submitted(run.pk, set())
    state_machine.record(run.pk, Observation(State.RUNNING))
    state_machine.requeue(run.pk, "Busy.", timedelta(0), was_submitted=True)
    run.refresh_from_db()
    times = (run.sent_at, run.queued_at, run.started_at)
    if transport == Transport.QUEUE:
        assert run.state == State.RUNNING
        assert all(times)
    else:
        assert (run.state, run.note, times) == (State.CREATED, "Busy.", (None, None, None))


PICTURE = {"url": "https://a.b/c.png", "content_type": "image/png"}
HOSTILE = {
    "a place before the first": Observation(State.QUEUED, queue_position=-1),
    "a place beyond numbers": Observation(State.QUEUED, queue_position=10**30),
    "a place beyond the column": Observation(State.QUEUED, queue_position=2**31),
    "an id without end": Observation(State.QUEUED, request_id="x" * 500),
    "a note without end": Observation(State.RUNNING, note="x" * 300),
    "metrics of nonsense": Observation(
        State.RUNNING, metrics={"a\x00": "\ud800\x00", "n": 10**400}
    ),
    **{
        f"a model's time of {reported!r:.9}": Observation(
            State.SUCCEEDED, output={"a": 1}, metrics={"inference_time": reported}
        )
        for reported in ("0.42", True, [1], {"s": 1}, -1, 10**400, "٣")
    },
    "a price without end": outcomes.from_result(
        Result({"a": 1}, "", billable_units=Decimal("0." + "1" * 200)), by="result"
    ),
    "an address with a NUL": outcomes.from_output(
        {"image": PICTURE | {"url": "https://a.b/\x00.png"}}, by="x"
    ),
    "an address without an end": outcomes.from_output({"image": {"url": "http://[::1"}}, by="x"),
    "a name of half a letter": outcomes.from_output(
        {"image": PICTURE | {"file_name": "\ud800"}}, by="x"
    ),
    "a type without end": outcomes.from_output(
        {"image": PICTURE | {"content_type": "i" * 500}}, by="x"
    ),
    "sizes of nonsense": outcomes.from_output(
        {"image": PICTURE | {"width": 10**12, "height": -3, "file_size": 10**30}}, by="x"
    ),
    "a path without end": outcomes.from_output({"k" * 3000: {"image": PICTURE}}, by="x"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", HOSTILE)
def test_no_upstream_answer_stops_a_run_or_breaks_its_page(make_run, client, what):
    run = make_run(state=State.SUBMITTING)
    seen = HOSTILE[what]
    assert state_machine.record(run.pk, seen)
    run.refresh_from_db()
    assert run.state == seen.state
    assert run.artifacts.count() == len(seen.artifacts)
    client.force_login(run.user)
    assert client.get(run.get_absolute_url()).status_code == 200
