"""The worker against the real sandbox, over sockets: it sends runs once and follows them."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import DataError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from catalog.models import Endpoint
from core.notify import channel
from projects.models import Project
from runs.models import Charge, Run
from runs.progress import account_concurrency
from runs.promises.lifecycle import Job
from runs.results import timeline, wait_reasons
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.limits import WorkerLimits
from runs.worker.main import run_forever
from runs.worker.scheduling import lease_queries
from tests.features.spending.sums import require_sums_hold
from tests.runs.conftest import have_ended
from tests.sampling import sample
from tests.soak import cases
from tests.soak.stage import Stage
from tests.statements import before

pytestmark = pytest.mark.system  # these tests start a worker


def has_ended_with_files(run: Run) -> bool:
    return have_ended(run) and not run.artifacts.filter(state="remote").exists()


def test_a_run_takes_two_calls_after_its_submit(ask, work, sandbox):
    run = ask("sandbox/ridgeline", prompt="a lighthouse", seed=7)
    sandbox.reset()
    work(lambda: has_ended_with_files(run))
    run.refresh_from_db()
    artifact = run.artifacts.get()
    assert run.state == "succeeded"
    assert run.output["seed"] == 7
    assert run.logs
    assert run.started_at
    assert run.request_id
    assert (artifact.state, artifact.kind) == ("stored", "image")
    assert artifact.width
    assert default_storage.size(artifact.file) == artifact.size_bytes
    calls = sandbox.calls()
    assert calls["submit"] == 1
    followed = {
        kind: n
        for kind, n in calls.items()
        if kind in {"status", "stream", "status_stream", "result"}
    }
    assert sum(followed.values()) == 2, calls


@pytest.mark.parametrize(
    ("error", "start", "has_traceback"),
    [
        (KeyError("nobody thought of this"), "a job of the worker did not do its part", True),
        (DataError("too long"), "the database did not do its part", True),
        (
            OperationalError("terminating connection\nserver closed it"),
            "the database did not do its part; again in a moment: terminating connection",
            False,
        ),
    ],
)
def test_a_failed_job_restarts_and_a_lost_connection_is_one_log_line(
    db, caplog, error, start, has_traceback
):
    done: list[str] = []

    async def twice() -> None:
        again = asyncio.Event()

        async def job() -> float:
            done.append("again")
            if len(done) == 1:
                raise error
            again.set()
            return 60.0

        task = asyncio.create_task(run_forever(Job("test", job), channel.Signal(), 0.0))
        await again.wait()
        task.cancel()

    asyncio.run(asyncio.wait_for(twice(), 60))
    (record,) = caplog.records
    assert record.getMessage().startswith(start)
    assert bool(record.exc_info) is has_traceback
    assert "\n" not in record.getMessage()


def test_a_worker_back_from_a_database_outage_gives_others_time_to_renew(work, make_run):
    """The other workers had no database either, and renew their leases as soon as they can."""
    long_ago = timezone.now() - timedelta(minutes=1)
    lapsed = make_run(
        state="running", transport="sync", sent_at=long_ago, worker="other", lease_until=long_ago
    )
    claims: list[float] = []

    def first_lost(sql: str, _: Any) -> None:
        if f"LIMIT {lease_queries.FEW_FREE}" not in sql:  # only a claim reads this many rows
            return
        claims.append(time.monotonic())
        if len(claims) == 1:
            raise OperationalError("the connection is closed")

    with before(first_lost):
        work(
            lambda: Run.objects.get(pk=lapsed.pk).state != "running",
            worker_limits=WorkerLimits(stall_grace_s=3.0),
        )
    waited_s = [at - claims[0] for at in claims[1:]]
    assert waited_s[0] < 3.0 < waited_s[-1]


@pytest.fixture
def stage(settings: Any, tmp_path: Path) -> Iterator[Stage]:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    with Stage(tmp_path) as stage:
        yield stage


def at(step: str, known: list[cases.Case]) -> list[cases.Case]:
    return [case for case in known if case.step == step]


def named(known: list[cases.Case], *names: str) -> list[cases.Case]:
    """Return the cases with these names, or all with these faults."""
    return [case for case in known if {str(case), case.fault} & {*names}]


CHOSEN: dict[str, Callable[[], list[cases.Case]]] = {
    "the web process is killed": lambda: at("running", cases.web_cases()),
    "upstream is killed": lambda: at("submitting", cases.sandbox_cases()),
    "nonsense instead of answers": lambda: named(
        [*cases.upstream_cases(), *cases.nearly_right_cases()],
        "lost at created",
        "garbage at queued",
        "404 for a moment at queued",
        "half of the file at queued",
    ),
    "a locked database": lambda: at("running", cases.database_cases()),
    "a wrong clock": lambda: cases.clock_cases()[:1],
    "the worker is told to end": lambda: at("submitting", cases.ending_cases()),
    "a full disk": lambda: at("archiving", cases.disk_cases()),
    "refused files and no list of requests": lambda: named(
        cases.nearly_right_cases(),
        "403 from the upload address at created",
        "lost, no list of requests at created",
    ),
    "a stream breaks off": lambda: named(cases.direct_cases(), "lost, stream at created"),
    "reports": lambda: named(
        cases.webhook_cases(),
        "webhook before submit's answer",
        "webhook after a lost submit",
        "webhook no-payload",
        "webhook twice",
        cases.BY_WEBHOOK,
    ),
    "reports and no status": lambda: [
        case for case in cases.webhook_cases() if "status garbage" in case.fault
    ],
}
BY_DATABASE = {"a locked database", "a wrong clock"}


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_no_run(stage):
    steps = ["submitting", *sample(["running", "archiving"], 0, by_seed=1)]
    for step in steps:
        for case in at(step, cases.worker_cases()):
            cases.play(stage, case)


@pytest.mark.django_db(transaction=True)
@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "name",
    [
        name if name in BY_DATABASE else pytest.param(name, marks=pytest.mark.any_database)
        for name in CHOSEN
    ],
)
def test_no_fault_loses_a_run_or_sends_it_twice(stage, name):
    """A few cases of the soak, which has all of them."""
    chosen = CHOSEN[name]()
    assert chosen
    for case in chosen:
        cases.play(stage, case)


NEVER_S = 600.0
WINDOW_S = 11.0  # two heartbeats and a regular look
MOST_LOOKS = 30  # more than 70 when each job looked once a second


@pytest.mark.any_database
def test_an_idle_worker_rarely_queries_the_database(work, monkeypatch):
    asked_at: list[float] = []
    cursor = BaseDatabaseWrapper.cursor

    def count_query(self: Any, *args: Any) -> Any:
        asked_at.append(time.monotonic())
        return cursor(self, *args)

    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", count_query)
    started, looks = time.monotonic(), 0

    def is_at_rest() -> bool:  # after WINDOW_S, even a worker on a busy machine has started
        nonlocal looks
        now = time.monotonic()
        looks = sum(at > now - WINDOW_S for at in asked_at)
        return now > started + WINDOW_S and looks <= MOST_LOOKS

    work(is_at_rest)
    assert looks >= 2


@pytest.mark.any_database
def test_storing_a_run_wakes_an_idle_worker(ask, work):
    limits = WorkerLimits(
        rest_s=NEVER_S,
        idle_poll_every_s=NEVER_S,
        renew_every_s=NEVER_S,  # its own heartbeat would wake it
    )
    runs: list[Run] = []
    rested = time.monotonic() + 3

    def is_over() -> bool:
        if not runs and time.monotonic() > rested:
            runs.append(ask("mischief/slow", prompt="x", duration=0.2))
        return bool(runs) and have_ended(runs[0])

    work(is_over, worker_limits=limits)


SLOW = "mischief/slow"


@pytest.mark.django_db(transaction=True)
def test_a_direct_run_above_the_accounts_limit_waits_and_goes_on(ask, work, sandbox):
    """C90: fal refuses it with 429; its host is not in trouble, and others do not wait for it."""
    sandbox.http.post("/concurrency", json={"limit": 1}).raise_for_status()
    runs = [ask(SLOW, duration=1, picture=False) for _ in range(3)]
    Run.objects.update(transport="sync")
    notes: set[str] = set()

    def is_over() -> bool:
        notes.update(Run.objects.values_list("note", flat=True))
        return have_ended(*runs)

    work(is_over)
    assert {*Run.objects.values_list("state", flat=True)} == {"succeeded"}
    assert account_concurrency.limit() == 1
    assert notes - {""} == {wait_reasons.account_limit(1)}


@pytest.mark.django_db(transaction=True)
def test_a_run_that_does_not_start_in_time_gives_up_and_costs_nothing(ask, work, sandbox):
    Endpoint.objects.filter(endpoint_id=SLOW).update(unit_price_usd="0.5", price_unit="requests")
    sandbox.http.post("/concurrency", json={"limit": 1}).raise_for_status()
    working = ask(SLOW, duration=60, picture=False)
    work(lambda: Run.objects.get(pk=working.pk).state == "running")
    hasty = ask(SLOW, duration=1, picture=False)
    Run.objects.filter(pk=hasty.pk).update(options={"start_timeout_s": 3.0})
    work(lambda: have_ended(hasty))
    hasty.refresh_from_db()
    assert (hasty.state, hasty.state_word) == ("failed", "Gave up")
    assert hasty.error["start_timeout_s"] == 3.0
    assert hasty.error["status"] == 504
    assert (hasty.charge.state, hasty.billable_units) == ("released", "")
    assert hasty.request_id
    sandbox.http.post("/hurry", json={}).raise_for_status()
    work(lambda: have_ended(working))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("endpoint_id", "arguments", "reason"),
    [
        ("mischief/slow", {"prompt": "forbidden", "duration": 0}, "declined this content"),
        ("mischief/fail", {"error_type": "startup_timeout", "after": 0}, "did not respond"),
    ],
)
@pytest.mark.parametrize("is_allowed", [True, False])
def test_the_deputy_makes_the_run_only_where_the_project_allows_it(
    ask, work, endpoint_id, arguments, reason, is_allowed
):
    model = Endpoint.objects.filter(endpoint_id=endpoint_id)
    deputy = Endpoint.objects.get(endpoint_id="mischief/mislabelled")
    model.update(deputy=deputy, unit_price_usd=Decimal("0.5"))
    run = ask(endpoint_id, **arguments)
    Project.objects.update(deputies_take_over=is_allowed)
    others = Run.objects.exclude(pk=run.pk)
    ends = (
        Run.objects.filter(state="failed") if not is_allowed else others.filter(state="succeeded")
    )
    work(ends.exists)
    run.refresh_from_db()
    assert bool(timeline.event_text(run, timeline.TAKEN_OVER)) == is_allowed == others.exists()
    require_sums_hold()
    if is_allowed:
        made = others.get()
        sentence = timeline.event_text(made, timeline.MADE_BY_DEPUTY)
        assert sentence.endswith(f"made by {deputy.name}: {run.endpoint.name} {reason}.")
        assert {*Charge.objects.values_list("run_id", flat=True)} >= {run.pk, made.pk}


@pytest.mark.system
@pytest.mark.any_database
@pytest.mark.parametrize("fault", sample(["garbage", "500"], 0, by_seed=1))
def test_a_misbehaving_model_does_not_block_other_models(ask, work, sandbox, fault):
    for kind in ("status", "status_stream"):
        sandbox.fault(kind, fault, times=10_000, about="mischief/fail")
    early = ask("mischief/slow", prompt="x", duration=2)
    odd = [ask("mischief/fail", error_type="none") for _ in range(4)]
    later: list[Run] = []

    def is_over() -> bool:
        if not later and sandbox.calls().get("status", 0) > 8:
            later.append(ask("sandbox/scribe", prompt="x", max_tokens=20))
        are_told = not Run.objects.filter(pk__in=[run.pk for run in odd], note="").exists()
        return bool(later) and have_ended(early) and have_ended(later[0]) and are_told

    # With a clock that stands still, a host that is left alone once stays alone.
    work(is_over, breakers=lambda: BreakerRegistry(now=lambda: 1000.0))
    assert set(Run.objects.exclude(pk__in=[run.pk for run in odd]).values_list("note")) == {("",)}
