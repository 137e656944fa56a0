"""The cases: each fault at each step of a run, and the states in which the run may end."""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from django.db import close_old_connections
from django.utils import timezone

from runs.models import Run
from tests.soak.happenings import (
    answer_with,
    apply_together,
    fill_disk,
    freeze,
    kill,
    lock_database,
    refuse_connections,
    restart_database,
    skew_clock,
    skew_clock_at_first_run,
    terminate,
)
from tests.soak.stage import Stage, until

STEPS = ("created", "submitting", "queued", "running", "result fetched", "archiving")
KEPT = frozenset({"succeeded"})
# The submit's response is lost; upstream's list of requests finds the run, or a person decides.
DOUBTFUL = frozenset({"succeeded", "unconfirmed"})
# A killed sandbox loses its requests, which it keeps in memory, and then knows none of them.
FORGOTTEN = frozenset({"failed"})
HELD = {"submitting": "submit", "result fetched": "result", "archiving": "file"}


@dataclass(frozen=True)
class Case:
    """A fault at a step of a run, and the states in which the run may end."""

    fault: str
    step: str
    may_end: Collection[str] = KEPT
    happens: Callable[[Stage], None] = field(default=lambda stage: None, compare=False)
    transport: str = "queue"
    is_reported_to: bool = False  # upstream sends webhooks
    has_file: bool = False  # an input file that is uploaded first

    def __str__(self) -> str:
        return f"{self.fault} at {self.step}"


def play(stage: Stage, case: Case) -> str:
    """Run the case; return the run's final state. AssertionError if a guarantee was broken."""
    stage.start("sandbox")
    stage.clear_faults()
    stage.report(case.is_reported_to)
    unhandled_count = len(stage.unhandled())
    if case.step == "created" and "worker" in stage.processes:
        stage.kill("worker")
    elif case.step != "created":
        stage.start("worker")
    if case.step in HELD:
        stage.fault(HELD[case.step], "slow", value=1.5)
    slow_s = 1.5 if case.step in {"queued", "running"} else 0.2
    run = stage.ask_with_file() if case.has_file else stage.ask(slow_s, case.transport)
    _reach(stage, run, case.step)
    before = stage.taken(run)
    case.happens(stage)
    stage.start("sandbox", "worker")
    ended: str = until(
        lambda: _end(run, case), lambda: f"{case}: stuck in {Run.objects.get(pk=run.pk).state}"
    )
    stage.clear_faults()  # a fault in the list of requests would also affect `taken`
    times_taken = stage.taken(run) + (before if "kill -9 sandbox" in case.fault else 0)
    assert times_taken <= 1, f"{case}: upstream took it {times_taken} times"
    assert ended in case.may_end, f"{case}: {ended} ({Run.objects.get(pk=run.pk).error})"
    _check(stage, run, case)
    assert len(stage.unhandled()) == unhandled_count, (
        f"{case}: {stage.unhandled()[unhandled_count:]}"
    )
    return ended


def _reach(stage: Stage, run: Run, step: str) -> None:
    """Wait until the run has reached this step."""
    if step == "created":
        return
    if step in HELD:
        kind = HELD[step]
        until(lambda: stage.calls().get(kind), f"nobody asks for {kind}")
        return
    states = ["running"] if step == "running" else ["queued", "running"]
    until(lambda: Run.objects.filter(pk=run.pk, state__in=states).exists(), f"never {step}")


def _end(run: Run, case: Case) -> str:
    """Return the final state once files are stored and the cost is known; empty before."""
    close_old_connections()
    now = Run.objects.get(pk=run.pk)
    if now.is_final:
        # A run over one connection that was found in upstream's list has no known cost.
        is_told = now.billable_units or case.transport != "queue" or now.state != "succeeded"
        return now.state if is_told and not now.artifacts.filter(state="remote").exists() else ""
    is_given_up = now.state == "unconfirmed" and (timezone.now() - now.created_at).seconds >= 6
    return now.state if is_given_up and "unconfirmed" in case.may_end else ""


def _check(stage: Stage, run: Run, case: Case) -> None:
    run.refresh_from_db()
    if run.state == "succeeded":
        states = [artifact.state for artifact in run.artifacts.all()]
        wanted = [] if case.transport == "stream" else ["stored"]
        assert states == wanted, f"{case}: files {states}"
    times = [run.created_at, run.sent_at, run.queued_at, run.started_at, run.ended_at]
    known_times = [at for at in times if at]
    assert known_times == sorted(known_times), f"{case}: times out of order"


def worker_cases() -> list[Case]:
    """The worker is killed."""
    ends = {"submitting": DOUBTFUL}
    return [Case("kill -9 worker", s, ends.get(s, KEPT), kill("worker")) for s in STEPS]


def sandbox_cases() -> list[Case]:
    """Upstream is killed and loses its requests."""
    ends = {
        "submitting": frozenset({"unconfirmed"}),
        "queued": FORGOTTEN,
        "running": FORGOTTEN,
        "result fetched": FORGOTTEN,
    }
    return [Case("kill -9 sandbox", s, ends.get(s, KEPT), kill("sandbox")) for s in STEPS]


def web_cases() -> list[Case]:
    """The web process is killed."""
    return [Case("kill -9 web", s, KEPT, kill("web")) for s in STEPS]


FOLLOWING = ("status_stream", "status", "result", "file")
ANSWERS = ("429", "500", "503", "nginx", "garbage", "cut", "lost", "slow")
# these say that the request was not accepted, or only come late
NOT_ABOUT_IT = {"429", "503", "slow"}


def upstream_cases() -> list[Case]:
    """Upstream sends invalid answers: first to the submit, then to everything after it."""
    at_submit = [
        Case(
            name,
            "created",
            KEPT if name in NOT_ABOUT_IT else DOUBTFUL,
            answer_with(name, "submit", times=1),
        )
        for name in ANSWERS
    ]
    after_it = [Case(name, "queued", KEPT, answer_with(name, *FOLLOWING)) for name in ANSWERS]
    # Upstream sends an invalid result with its own request id; its list of requests has the output.
    odd = [
        Case(f"result: {name}", "queued", KEPT, answer_with(name, "result", times=99))
        for name in ("words", "nothing", "picture")
    ]
    return [*at_submit, *after_it, *odd]


def nearly_right_cases() -> list[Case]:
    """Upstream's answers are well-formed but not true yet, or a proxy answers in its place."""
    at_submit = [
        Case("given up on", "created", DOUBTFUL, answer_with("given-up", "submit", times=1)),
        Case("interstitial page", "created", DOUBTFUL, answer_with("page", "submit", times=1)),
        Case(
            "told that we hung up", "created", DOUBTFUL, answer_with("hung-up", "submit", times=1)
        ),
        Case(
            "conflict with an id", "created", DOUBTFUL, answer_with("conflict", "submit", times=1)
        ),
    ]
    late_faults = {
        "404 for a moment": answer_with("404", *FOLLOWING, times=3),
        "403 for a moment": answer_with("403", *FOLLOWING, times=3),
        "409 for a moment": answer_with("409", *FOLLOWING, times=3),
        "interstitial page": answer_with("page", *FOLLOWING, times=3),
        "result cut short": answer_with("cut-short", "result", times=6),
        "mute stream": answer_with("mute", "status_stream", times=9),
        "a word nobody knows": answer_with("odd-word", "status", times=4),
        "half of the file": answer_with("partial", "file", times=2),
        "file not ready": answer_with("202", "file", times=2),
        "words in the file's place": answer_with("words", "file", times=1),
        "JSON cut short in the file's place": answer_with("garbage", "file", times=1),
        "nothing in the file's place": answer_with("nothing", "file", times=1),
    }
    after_it = [Case(name, "queued", KEPT, happens) for name, happens in late_faults.items()]
    lost = answer_with("lost", "end", times=1)
    refused = {status: answer_with(status, "upload", times=1) for status in ("401", "403")}
    lost_submits = [
        Case(f"{status} from the upload address", "created", KEPT, happens, has_file=True)
        for status, happens in refused.items()
    ]
    unlisted = apply_together(
        answer_with("lost", "submit", times=1), answer_with("404", "requests", times=2)
    )
    lost_submits.append(Case("lost, no list of requests", "created", DOUBTFUL, unlisted))
    endless = Case("end lost, websocket", "created", KEPT, lost, transport="websocket")
    return [*at_submit, *lost_submits, *after_it, endless]


def database_cases() -> list[Case]:
    """The database is locked for seconds (SQLite), or closes every connection (PostgreSQL)."""
    return [
        Case("database", step, KEPT, lock_database(2.0))
        for step in ("created", "queued", "running", "archiving")
    ]


def restart_cases() -> list[Case]:
    """PostgreSQL crashes."""
    return [Case("database restarted", step, KEPT, restart_database) for step in STEPS]


def deaf_cases() -> list[Case]:
    """Upstream accepts no connections; afterwards it has lost its requests but kept its files."""
    return [
        Case("connect timeout", step, KEPT, refuse_connections(3.0))
        for step in ("created", "archiving")
    ]


def clock_cases() -> list[Case]:
    """The worker's clock is wrong by an hour.

    In some cases the submit's response is lost too: upstream's list of requests uses upstream's
    clock.
    """
    lost = answer_with("lost", "submit", times=1)
    clocks = {"clock +1 h": skew_clock_at_first_run(1), "clock -1 h": skew_clock_at_first_run(-1)}
    return [
        *(Case(name, "created", KEPT, happens) for name, happens in clocks.items()),
        *(
            Case(f"lost, {name}", "created", KEPT, apply_together(lost, happens))
            for name, happens in clocks.items()
        ),
    ]


def ending_cases() -> list[Case]:
    """The worker gets SIGTERM: it waits for responses to what it has sent and releases its runs."""
    return [Case("SIGTERM worker", s, KEPT, terminate("worker")) for s in STEPS]


def frozen_cases() -> list[Case]:
    """Upstream accepts connections but sends nothing, or its bodies stop in the middle."""
    steps = {"created": DOUBTFUL, "queued": KEPT, "archiving": KEPT}
    silent = [
        Case("frozen upstream", step, ends, freeze("sandbox", 3.5)) for step, ends in steps.items()
    ]
    return [
        *silent,
        Case("body hangs", "created", DOUBTFUL, answer_with("hang", "submit", times=1, value=4)),
        Case(
            "body hangs", "queued", KEPT, answer_with("hang", "status", "result", "file", value=4)
        ),
    ]


def disk_cases() -> list[Case]:
    """The disk is full."""
    return [Case("disk full", step, KEPT, fill_disk(2.0)) for step in ("queued", "archiving")]


# Without the webhook the end is noticed only after minutes, so webhook faults are not combined.
BY_WEBHOOK = "webhook alone"


def webhook_cases() -> list[Case]:
    """Upstream's webhooks are lost, late, repeated, forged or incomplete."""
    names = ("lost", "late", "twice", "forged", "no-payload", "new-key")
    reported = [
        Case(f"webhook {name}", "created", KEPT, answer_with(name, "webhook"), is_reported_to=True)
        for name in names
    ]
    early = answer_with("late", "submit", times=1, value=1.2)
    alone = answer_with("500", "status_stream", "status", times=50)
    lost = answer_with("lost", "submit", times=1)
    unread = apply_together(
        answer_with("lost", "webhook"), answer_with("garbage", "status_stream", "status")
    )
    return [
        *reported,
        Case("webhook lost, status garbage", "created", KEPT, unread, is_reported_to=True),
        Case("webhook before submit's answer", "created", KEPT, early, is_reported_to=True),
        Case("webhook after a lost submit", "created", KEPT, lost, is_reported_to=True),
        Case(BY_WEBHOOK, "created", KEPT, alone, is_reported_to=True),
        Case("kill -9 worker, webhook", "running", KEPT, kill("worker"), is_reported_to=True),
        Case("clock -1 h, webhook", "running", KEPT, skew_clock(-1), is_reported_to=True),
        Case("kill -9 web, webhook", "running", KEPT, kill("web"), is_reported_to=True),
    ]


# Upstream stops the run when the connection is lost, unless it had ended by then; upstream's list
# of requests shows which.
BROKEN_OFF = frozenset({"succeeded", "failed", "unconfirmed"})


def direct_cases() -> list[Case]:
    """Runs over one connection, which cannot be resumed."""
    ways = ("sync", "stream", "websocket")
    gone = [
        Case(f"kill -9 worker, {way}", "running", BROKEN_OFF, kill("worker"), transport=way)
        for way in ways
    ]
    lost = [
        Case(
            f"lost, {way}", "created", BROKEN_OFF, answer_with("lost", kind, times=1), transport=way
        )
        for way, kind in zip(ways, ("run", "stream", "run"), strict=True)
    ]
    busy = [
        Case(f"503, {way}", "created", KEPT, answer_with("503", kind), transport=way)
        for way, kind in zip(ways, ("run", "stream", "run"), strict=True)
    ]
    reported = [
        Case(f"SIGTERM worker, {way}", "running", BROKEN_OFF, terminate("worker"), transport=way)
        for way in ways
    ]
    cut = Case(
        "cut, stream", "created", BROKEN_OFF, answer_with("cut", "stream"), transport="stream"
    )
    return [*gone, *reported, *lost, *busy, cut]


def all_cases(*, may_restart: bool = False) -> list[Case]:
    """All cases, by fault; `may_restart`: the database server is our own and can be restarted."""
    return [
        *worker_cases(),
        *ending_cases(),
        *web_cases(),
        *sandbox_cases(),
        *upstream_cases(),
        *nearly_right_cases(),
        *database_cases(),
        *(restart_cases() if may_restart else ()),
        *deaf_cases(),
        *frozen_cases(),
        *disk_cases(),
        *clock_cases(),
        *direct_cases(),
        *webhook_cases(),
    ]


def pairs(cases: Sequence[Case], dice: random.Random) -> Iterator[Case]:
    """Yield random pairs of faults on one run, at the same step and by the same transport."""
    upstream_faults = [case for case in cases if case.fault != BY_WEBHOOK]
    while True:
        first, second = dice.sample(upstream_faults, 2)
        if _way(first) == _way(second):
            yield replace(
                first,
                fault=f"{first.fault} + {second.fault}",
                may_end=frozenset({*first.may_end, *second.may_end}),
                happens=apply_together(first.happens, second.happens),
            )


def _way(case: Case) -> tuple[str, str, bool, bool]:
    return case.step, case.transport, case.is_reported_to, case.has_file
