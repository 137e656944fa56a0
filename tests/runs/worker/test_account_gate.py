"""While upstream refuses the account, runs wait, state the reason, and resume by themselves.

An idle worker looks for due work in a small table, not in all runs.
"""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.representation import run as representation
from runs.models import Run, Transport
from runs.progress import worker_status
from runs.results import refusals, wait_reasons
from runs.worker import examination
from runs.worker.account_gate import PROBE_TIMEOUT_S, AccountGate
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.following import backfill
from tests.runs.conftest import Control, have_ended
from tests.runs.files.test_inputs import make_upload
from tests.sampling import sample

KEY = refusals.BY_KIND["key_refused"]
BALANCE = refusals.BY_KIND["balance_exhausted"]
FAULTS = [("bad-key", KEY), ("no-balance", BALANCE)]
MANY = 10_000

PATIENT = pytest.mark.system  # these tests take long


def waits(run: Run, refusal: refusals.Refusal) -> bool:
    run.refresh_from_db()
    is_waiting = run.state in {"created", "submitting"}
    assert is_waiting or run.sent_at, (run.state, run.error)
    return run.state == "created" and run.note == refusal.sentence + wait_reasons.GOES_ON


def count_sent(sandbox: Control, *kinds: str) -> int:
    calls = sandbox.calls()
    return sum(calls.get(kind, 0) for kind in kinds)


@PATIENT
@pytest.mark.any_database
@pytest.mark.parametrize(("fault", "refusal"), sample(FAULTS, 1, by_seed=0))
def test_a_boards_runs_wait_for_key_or_balance_and_resume_by_themselves(
    ask, work, sandbox, fault, refusal
):
    sandbox.fault("submit", fault, times=MANY)
    slow = {"duration": 0.01, "picture": False}
    runs = [ask("mischief/slow", prompt="x", **slow) for _ in range(15)]
    refused: list[int] = []
    notices: list[str] = []

    def until() -> bool:
        if not refused:
            if not all(waits(run, refusal) for run in runs):
                return False
            refused.append(count_sent(sandbox, "submit"))
            notices.append(worker_status.readiness())
            sandbox.http.delete("/faults")
        return have_ended(*runs)

    work(until)
    assert refused[0] < len(runs)
    assert notices == [f"{refusal.sentence} Runs that need it wait and continue by themselves."]
    assert set(Run.objects.values_list("state", flat=True)) == {"succeeded"}
    assert all(len(run.events) <= 1 for run in Run.objects.all()), "a probe repeats no event"


@PATIENT
def test_a_run_whose_file_is_refused_waits_too(ask, work, sandbox):
    for kind in ("upload_initiate", "storage_token"):
        sandbox.fault(kind, "no-balance", times=MANY)
    run = ask("sandbox/eye", image_url=make_upload(User.objects.get()).get_absolute_url())
    has_waited: list[bool] = []

    def until() -> bool:
        if not has_waited and waits(run, BALANCE):
            has_waited.append(True)
            sandbox.http.delete("/faults")
        return have_ended(run)

    work(until)
    run.refresh_from_db()
    assert has_waited
    assert run.state == "succeeded", run.error


@PATIENT
@pytest.mark.parametrize("transport", [Transport.QUEUE, Transport.SYNC])
def test_any_other_refusal_fails_only_its_run(ask, work, sandbox, transport):
    sandbox.fault("submit" if transport == Transport.QUEUE else "run", "no-access")
    run = ask("sandbox/scribe", transport, prompt="paper and the sea", max_tokens=20)
    work(lambda: have_ended(run))
    run.refresh_from_db()
    assert run.state == "failed"
    assert representation.error(run)["title"] == refusals.BY_KIND["no_access"].title
    assert count_sent(sandbox, "submit", "run") == 1


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def changes() -> list[str]:
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(clock: Clock, changes: list[str]) -> AccountGate:
    return AccountGate(clock, lambda: changes.append("changed"))


def refuse(gate: AccountGate, refusal: refusals.Refusal = BALANCE, model: str = "a/b") -> bool:
    return gate.record_refused(refusal, model, gate.now())


def test_a_closed_gate_lets_one_probe_through_after_each_pause(gate, clock):
    refuse(gate)
    assert not gate.may_submit()
    clock.now += 1.25
    assert gate.may_submit()
    gate.record_submit()
    assert not gate.may_submit()
    refuse(gate)
    clock.now += 1.25
    assert not gate.may_submit(), "the second pause is twice as long"
    clock.now += 1.25
    gate.record_submit()
    clock.now += PROBE_TIMEOUT_S
    assert gate.may_submit(), "a probe without an outcome blocks no other for ever"


def test_a_run_sent_before_the_refusal_does_not_open_the_gate(gate, clock, changes):
    early = clock()
    clock.now += 1
    refuse(gate)
    gate.record_taken("a/b", early)
    assert not gate.is_open
    clock.now += 2
    gate.record_taken("a/b", clock())
    assert gate.is_open
    assert changes == ["changed", "changed"]


def test_many_refusals_at_once_are_one(gate, clock):
    early = clock()
    clock.now += 1
    for _ in range(40):
        gate.record_refused(BALANCE, "a/b", early)
    clock.now += 1.25
    assert gate.may_submit()


def test_one_model_refusing_the_key_does_not_block_other_runs(gate, clock):
    assert refuse(gate, KEY, "private/model")
    clock.now += 5
    gate.record_taken("fal-ai/flux", clock())
    assert not refuse(gate, KEY, "private/model")
    assert gate.is_open


def test_account_trouble_is_shown_instead_of_host_trouble():
    breakers = BreakerRegistry(Clock())
    refuse(breakers.account, KEY)
    assert breakers.trouble == KEY.sentence
    assert breakers.trouble_changed.is_set()


@pytest.mark.both_databases
@pytest.mark.django_db
@pytest.mark.parametrize(
    "look",
    [backfill._due, examination._claim_results],
    ids=["backfill", "provenance"],
)
def test_searches_for_due_work_do_not_join_runs(look):
    with CaptureQueriesContext(connection) as captured:
        assert look() == []
    assert not [query["sql"] for query in captured if re.search("playground_run\\b", query["sql"])]
