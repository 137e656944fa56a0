"""Random observations of real rows: repeated, late, out of order, and contradicting each other."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from fal import LogLine
from runs.models import Artifact, Run
from runs.state import state_machine, transitions
from runs.state.transitions import TIMES, Observation
from runs.worker.scheduling import leases
from schemas import artifacts
from tests.sampling import sample

pytestmark = [pytest.mark.both_databases, pytest.mark.system]

State = Run.State
RANK = {
    state: rank
    for rank, states in enumerate(
        [["created"], ["submitting"], ["unconfirmed"], ["queued"], ["running"], Run.FINAL]
    )
    for state in states
}
VISIBLE = [field.attname for field in Run._meta.concrete_fields if field.attname not in {
    "version", "worker", "lease_until", "attempts", "is_starred"
}]  # fmt: skip
PICTURE = artifacts.Artifact(path="images[0]", kind="image", url="https://v3.fal.media/a.png")
LINES = [LogLine(f"line {n}", "INFO", timestamp=f"2026-11-20T10:00:{n:02}Z") for n in range(8)]

moments = st.integers(-60, 600).map(lambda s: timezone.now() + timedelta(seconds=s))
logs = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(lambda ab: LINES[min(ab) : max(ab)])
request_ids = st.sampled_from(["", "r1", "r1", "r1", "r2"])
observations = st.builds(
    Observation,
    state=st.sampled_from(["", *State, *State]),
    by=st.sampled_from(["submit", "stream", "poll", "webhook", "result", "cancel", "list"]),
    at=moments,
    request_id=request_ids,
    handle=st.none() | request_ids.filter(bool).map(lambda r: {"request_id": r}),
    queue_position=st.none() | st.integers(0, 5),
    logs=logs,
    metrics=st.sampled_from([{}, {"inference_time": 1.5}, {"other": 2}]),
    partial=st.none() | st.sampled_from([{"text": "a"}, {"text": "ab"}]),
    output=st.none() | st.just({"images": [{"url": PICTURE.url}]}),
    error=st.none() | st.just({"message": "no"}),
    billable_units=st.sampled_from(["", "1", "2"]),
    note=st.none() | st.sampled_from(["", "busy"]),
    artifacts=st.just([PICTURE]),
)


def visible(run: Run) -> dict[str, Any]:
    """Return everything of a run that a person may see."""
    return {name: getattr(run, name) for name in VISIBLE}


def core(run: Run) -> dict[str, Any]:
    """The columns that never change once a run is final."""
    late = {"logs", "metrics", "billable_units", "started_at"}
    return {name: value for name, value in visible(run).items() if name not in late}


def check_facts(run: Run) -> None:
    """The invariants of a run at any time."""
    times = [at for name in TIMES if (at := getattr(run, name))]
    assert times == sorted(times), times
    stamps = [line["timestamp"] for line in run.logs]
    assert stamps == sorted(set(stamps))
    assert [p[0] for p in run.positions] == sorted(p[0] for p in run.positions)
    assert run.is_final == (run.ended_at is not None)
    assert not (run.is_final and run.note), "it waits for nothing any more"
    assert not run.handle or run.handle["request_id"] in ("r1", "r2")


def check_step(before: Run, after: Run, *, may_go_back: bool = False) -> None:
    """The invariants of one step from `before` to `after`."""
    changed = visible(before) != visible(after)
    assert (after.version > before.version) == changed
    assert RANK[after.state] >= RANK[before.state] or may_go_back
    if before.is_final:
        assert core(before) == core(after)
        # Late metrics may add when a run has started, if no observation saw its start.
        assert before.started_at in (None, after.started_at)
    for name in ("request_id", "handle"):
        assert not getattr(before, name) or getattr(after, name) == getattr(before, name)


class Life(RuleBasedStateMachine):
    """One run that gets random observations; the test sets `make`, which needs the database."""

    make: Callable[[], Run]

    @initialize()
    def begin(self) -> None:
        # A worker would claim the runs of earlier examples, some once their leases expire.
        Run.objects.all().delete()
        self.run = type(self).make()
        self.told: list[Observation] = []

    def _step(self, act: Callable[[], Any], *, may_go_back: bool = False) -> None:
        before = self.run
        act()
        self.run = Run.objects.get(pk=before.pk)
        check_step(before, self.run, may_go_back=may_go_back)

    @rule(seen=observations)
    def observe(self, seen: Observation) -> None:
        self.told.append(seen)
        self._step(lambda: state_machine.record(self.run.pk, seen))

    @rule(which=st.integers(0, 20), times=st.integers(1, 3))
    def tell_again(self, which: int, times: int) -> None:
        if not self.told:
            return
        seen = self.told[which % len(self.told)]
        self._step(lambda: state_machine.record(self.run.pk, seen))
        for _ in range(times):
            self._step(lambda: state_machine.record(self.run.pk, seen))

    @rule(leaves=st.booleans())
    def claim(self, leaves: bool) -> None:
        before = self.run
        free = timezone.now() + timedelta(hours=1)
        claim = leases.claim("w", 9, free, submits_at_once=lambda run: leaves)
        self.run = Run.objects.get(pk=before.pk)
        assert self.run.version >= before.version
        if leaves and claim.to_send and before.state == State.CREATED:
            assert before.sent_at is None, "sent twice"
            assert claim.to_send[0].sent_at == self.run.sent_at is not None

    @rule()
    def take_back(self) -> None:
        """Free runs not known to be upstream, as a worker with an unconfirmed claim does."""
        before = self.run
        if before.lease_until:
            leases.undo_claim("w", before.lease_until - leases.LEASE)
        self.run = Run.objects.get(pk=before.pk)
        assert core(self.run) == core(before) | {"sent_at": self.run.sent_at}
        may = before.state == State.SUBMITTING and not before.handle
        assert self.run.sent_at == before.sent_at or (may and self.run.sent_at is None)

    @rule()
    def leave(self) -> None:
        was = self.run
        self._step(lambda: self.left(was))

    def left(self, was: Run) -> None:
        if state_machine.mark_submitted(was.pk, set()):
            assert was.state == State.SUBMITTING
            assert was.sent_at is None, "sent twice"

    @rule()
    def cancel(self) -> None:
        before = self.run
        self._step(lambda: state_machine.request_cancel(self.run.pk))
        assert before.is_final or self.run.cancel_requested_at

    @rule(note=st.sampled_from(["", "busy"]), was_submitted=st.booleans())
    def give_back(self, note: str, was_submitted: bool) -> None:
        pk = self.run.pk
        may = self.run.state == State.SUBMITTING and not self.run.handle
        may = may and (was_submitted or not self.run.sent_at)
        self._step(
            lambda: state_machine.requeue(pk, note, timedelta(0), was_submitted), may_go_back=may
        )

    @invariant()
    def facts(self) -> None:
        if hasattr(self, "run"):
            check_facts(self.run)
            assert self.run.artifacts.count() == (self.run.state == State.SUCCEEDED)


@pytest.mark.django_db
def test_any_observations_in_any_order_keep_the_invariants(make_run):
    endpoint = make_run().endpoint
    Life.make = staticmethod(lambda: make_run(endpoint=endpoint))
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Life,
        settings=settings(stateful_step_count=25),
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", sample([*range(4)], 1, by_seed=1))
def test_concurrent_workers_cannot_undo_each_other(make_run, seed):
    """Each thread has its own connection and checks every version that it sees."""
    run, chance = make_run(), random.Random(seed)
    story = [_typical(n) for n in range(24)] * 2
    chance.shuffle(story)
    workers = 2 if connection.vendor == "sqlite" else 6

    def work(mine: list[Observation]) -> None:
        try:
            for seen in mine:
                before = Run.objects.get(pk=run.pk)
                state_machine.record(run.pk, seen)
                after = Run.objects.get(pk=run.pk)
                assert after.version >= before.version
                assert RANK[after.state] >= RANK[before.state]
                assert not before.is_final or core(before) == core(after)
                check_facts(after)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, story[n::workers]) for n in range(workers)]:
            done.result()
    run.refresh_from_db()
    assert run.is_final
    assert Artifact.objects.filter(run=run).count() == (run.state == State.SUCCEEDED)
    assert run.version <= len(story) + 1


def _typical(n: int) -> Observation:
    """Return observation `n` of a run about which two observers disagree."""
    at = timezone.now() + timedelta(seconds=n)
    if n < 8:
        return Observation(
            State.QUEUED,
            "poll",
            at,
            request_id="r1",
            handle={"request_id": "r1"},
            queue_position=8 - n,
        )
    if n < 22:
        return Observation(State.RUNNING, "stream", at, logs=LINES[: n - 14] if n > 14 else [])
    end = State.SUCCEEDED if n == 22 else State.FAILED
    return Observation(end, "webhook", at, output={"n": n}, artifacts=[PICTURE])


def test_every_state_has_transitions_and_final_states_have_none():
    assert transitions.TRANSITIONS.keys() == set(State)
    for state in State:
        assert not transitions.is_allowed(State.CREATED, state)
        assert bool(transitions.TRANSITIONS[state]) == (state not in Run.FINAL)


def test_two_ends_for_one_request_keep_the_first(make_run):
    run = make_run(state=State.RUNNING, request_id="r1")
    assert not state_machine.record(run.pk, Observation(State.SUCCEEDED, request_id="r2"))
    assert state_machine.record(run.pk, Observation(State.SUCCEEDED, request_id="r1", output=1))
    assert not state_machine.record(run.pk, Observation(State.FAILED, request_id="r1", logs=LINES))
    run.refresh_from_db()
    assert (run.state, run.output, run.logs) == ("succeeded", 1, [])


def test_facts_missing_in_a_webhook_are_filled_in_later(make_run):
    run = make_run(state=State.RUNNING, request_id="r1")
    assert state_machine.record(run.pk, Observation(State.SUCCEEDED, "webhook", output=1))
    late = Observation(State.SUCCEEDED, "result", output=2, billable_units="3", logs=LINES[:2])
    assert state_machine.record(run.pk, late)
    assert not state_machine.record(run.pk, late)
    run.refresh_from_db()
    assert (run.output, run.billable_units, len(run.logs)) == (1, "3", 2)
