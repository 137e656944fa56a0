"""The worker against the real sandbox over sockets: sent once, followed to the end, kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import DataError, OperationalError

from catalog.pictures.thumbnails import Thumbnails
from playground import attendance, follower, leases, pacing, worker
from playground.models import Artifact, Run, Upload, Worker
from tests.playground.conftest import SETTINGS, Ask, Control, Team, Work, ended
from tests.sandbox.server import RunningSandbox, start_sandbox


@pytest.fixture
def own_sandbox(tmp_path: Any) -> Iterator[RunningSandbox]:
    """A sandbox that a test may kill."""
    running = start_sandbox(tmp_path / "own", key="test:key", pace=0.2)
    yield running
    running.kill()


def archived(run: Run) -> bool:
    return ended(run) and not run.artifacts.filter(state="remote").exists()


def test_a_run_is_sent_followed_and_kept_with_two_calls_after_the_submit(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    run = ask("sandbox/ridgeline", prompt="a lighthouse", seed=7)
    sandbox.reset()
    work(lambda: archived(run))
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


def test_without_a_status_stream_it_polls(ask: Ask, work: Work, sandbox: Control) -> None:
    run = ask("mischief/slow", prompt="x", duration=1)
    sandbox.fault("status_stream", "404", times=1000)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == "succeeded"
    calls = sandbox.calls()
    assert (calls["status_stream"], calls["result"]) == (1, 1)
    assert run.ended_at
    assert run.sent_at
    took_s = (run.ended_at - run.sent_at).total_seconds()
    assert calls["status"] <= 1 + took_s / follower.POLL_SOON_S


def one_by_one(work: Work, asking: list[Callable[[], Run]]) -> list[str]:
    """How the runs ended that one worker did, each asked for when the one before had ended."""
    runs: list[Run] = []

    def is_over() -> bool:
        if runs and not ended(runs[-1]):
            return False
        if len(runs) < len(asking):
            runs.append(asking[len(runs)]())
            return False
        return True

    work(is_over)
    return [Run.objects.get(pk=run.pk).state for run in runs]


@pytest.mark.any_database
def test_a_model_without_a_stream_is_not_asked_for_it_again(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    """G2: nor is another model's stream given up for it."""
    sandbox.fault("status_stream", "404")
    slow = partial(ask, "mischief/slow", prompt="x", duration=0.2)
    other = partial(ask, "sandbox/ridgeline", prompt="x")
    assert one_by_one(work, [slow, slow, slow, other]) == ["succeeded"] * 4
    assert sandbox.calls()["status_stream"] == 2


def test_a_result_that_nobody_can_ever_read_ends_the_run(
    ask: Ask, work: Work, sandbox: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "POLL_FIRST_S", 0.01)
    monkeypatch.setattr(follower, "UNREADABLE_LIMIT", 2)
    sandbox.fault("result", "garbage", times=1000)
    run = ask("mischief/slow", prompt="x", duration=0.1)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == "failed"
    assert "not readable" in run.error["message"]


def test_results_that_nobody_can_read_keep_no_other_run_waiting(
    ask: Ask, work: Work, sandbox: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are their model's matter: the host answers, and is not left alone for them."""
    monkeypatch.setattr(follower, "POLL_FIRST_S", 0.01)
    sandbox.fault("result", "garbage", times=1000)
    for _ in range(4):
        ask("mischief/slow", prompt="x", duration=0.1)
    troubles: set[str] = set()

    def were_asked_for() -> bool:
        troubles.update(Worker.objects.values_list("trouble", flat=True))
        return sandbox.calls().get("result", 0) > 20

    work(were_asked_for)
    assert troubles == {""}


@pytest.mark.any_database
@pytest.mark.parametrize("fault", ["garbage", "500"])
def test_a_model_that_is_odd_keeps_no_other_models_run_waiting(
    ask: Ask, work: Work, sandbox: Control, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    for name in ("FIRST_PAUSE_S", "LONGEST_PAUSE_ANSWERING_S", "FOLLOWERS_TRY_ANSWERING_S"):
        monkeypatch.setattr(pacing, name, 600.0)  # a host that is left alone once stays alone

    async def rest(self: Any) -> float:
        return 600.0

    # Here they ask the same host, and are well.
    monkeypatch.setattr(worker.Worker, "_sync", rest)
    monkeypatch.setattr(Thumbnails, "tend", rest)
    for kind in ("status", "status_stream"):
        sandbox.fault(kind, fault, times=10_000, about="mischief/big-seed")
    early = ask("mischief/slow", prompt="x", duration=2)
    odd = [ask("mischief/big-seed", prompt="x") for _ in range(4)]
    later: list[Run] = []

    def is_over() -> bool:
        if not later and sandbox.calls().get("status", 0) > 8:
            later.append(ask("sandbox/scribe", prompt="x", max_tokens=20))
        are_told = not Run.objects.filter(pk__in=[one.pk for one in odd], note="").exists()
        return bool(later) and ended(early) and ended(later[0]) and are_told

    work(is_over)
    assert set(Run.objects.exclude(pk__in=[one.pk for one in odd]).values_list("note")) == {("",)}


def test_a_request_that_upstream_lost_says_nothing_of_its_models_stream(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    sandbox.fault("status_stream", "404")
    sandbox.fault("status", "404")
    slow = partial(ask, "mischief/slow", prompt="x", duration=0.2)
    assert one_by_one(work, [slow, slow]) == ["failed", "succeeded"]
    assert sandbox.calls()["status_stream"] == 2


@pytest.mark.any_database
@pytest.mark.parametrize("name", ["cut", "nginx", "garbage"])
def test_a_broken_stream_is_taken_up_again(
    ask: Ask, work: Work, sandbox: Control, name: str
) -> None:
    run = ask("mischief/slow", prompt="x", duration=1)
    sandbox.fault("status_stream", name, times=2, value=1)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == "succeeded"


def test_a_lost_answer_to_the_submit_is_never_sent_again(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    """C25: the submit that failed in transport is marked, not repeated."""
    run = ask("sandbox/ridgeline", prompt="once")
    sandbox.fault("submit", "lost")
    work(lambda: Run.objects.filter(pk=run.pk, state="unconfirmed").exists())
    assert sandbox.calls()["submit"] == 1


@pytest.mark.any_database
def test_a_busy_upstream_is_asked_again_later(ask: Ask, work: Work, sandbox: Control) -> None:
    run = ask("sandbox/ridgeline", prompt="later")
    sandbox.fault("submit", "429", value=0.2)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == "succeeded"
    assert run.attempts == 2


@pytest.mark.parametrize(
    ("endpoint_id", "arguments", "kind"),
    [
        ("mischief/censor", {"prompt": "a forbidden thing"}, "content_policy_violation"),
        ("mischief/silent", {"prompt": "x"}, ""),
        ("sandbox/ridgeline", {"prompt": 5}, "string_type"),
    ],
)
def test_a_failed_request_keeps_its_own_words(
    ask: Ask, work: Work, endpoint_id: str, arguments: dict[str, Any], kind: str
) -> None:
    """C19: COMPLETED is over, not well; the result's body is the error."""
    run = ask(endpoint_id, **arguments)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.error["status"] == 422
    assert kind in json.dumps(run.error)


def test_uploads_reach_upstream_and_go_up_once(
    ask: Ask, work: Work, sandbox: Control, tmp_path: Any
) -> None:
    import io

    from PIL import Image

    from playground import archivist

    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "PNG")
    kept = archivist.store(picture, "image/png")
    upload = Upload.objects.create(
        user=User.objects.get(),
        digest=kept.digest,
        file=kept.name,
        file_name="a.png",
        content_type=kept.content_type,
        size_bytes=kept.size_bytes,
    )
    runs = [ask("sandbox/lens", image_url=upload.get_absolute_url())]
    work(lambda: ended(*runs))
    runs.append(ask("sandbox/lens", image_url=upload.get_absolute_url()))
    sandbox.reset()
    work(lambda: ended(*runs))
    for run in runs:
        run.refresh_from_db()
        assert run.state == "succeeded", run.error
        assert run.arguments["image_url"] == upload.get_absolute_url()
        assert run.sent_arguments["image_url"].startswith("http")
    assert not [kind for kind in sandbox.calls() if "upload" in kind or "initiate" in kind]


@pytest.mark.any_database
def test_inline_and_mislabelled_media_are_kept_for_what_they_are(ask: Ask, work: Work) -> None:
    """C33, and section 13: known wrong metadata exists."""
    runs = [ask("mischief/inline", prompt="x"), ask("mischief/mislabelled", prompt="x")]
    work(lambda: all(archived(run) for run in runs))
    assert {a.state for a in Artifact.objects.all()} == {"stored"}
    assert not any(len(a.url) > 200 for a in Artifact.objects.all())
    found = {a.path: (a.kind, a.content_type) for a in runs[1].artifacts.all()}
    assert found == {
        "video": ("video", "video/mp4"),
        "image": ("image", "image/webp"),
        "image_url": ("image", "image/webp"),
    }


def test_a_19_digit_seed_survives_unchanged(ask: Ask, work: Work) -> None:
    """C32."""
    run = ask("mischief/big-seed", prompt="x", seed=1234567890123456789)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.output["seed"] == 1234567890123456789


def test_a_worker_that_comes_back_goes_on_where_it_stopped(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    run = ask("mischief/slow", prompt="x", duration=2)
    work(lambda: Run.objects.filter(pk=run.pk, state="running").exists())
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == "succeeded"
    assert sandbox.calls()["submit"] == 1


def test_many_runs_at_once_each_end_once(ask: Ask, work: Work, sandbox: Control) -> None:
    runs = [ask("mischief/slow", prompt=str(n), duration=0) for n in range(30)]
    work(lambda: ended(*runs))
    assert Run.objects.filter(state="succeeded").count() == 30
    assert sandbox.calls()["submit"] == 30


def test_a_storm_of_log_lines_is_written_down_together(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    run = ask("mischief/slow", prompt="x", duration=1.5, log_lines=1000, picture=False)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == "succeeded"
    assert len(run.logs) >= 1000
    assert run.version < 20


def test_several_workers_share_the_runs_and_follow_each_once(
    ask: Ask, team: Team, sandbox: Control
) -> None:
    runs = [ask("mischief/slow", prompt=str(n), duration=0.2, picture=False) for n in range(24)]
    sandbox.reset()
    team(["one", "two", "three"], lambda: ended(*runs))
    calls = sandbox.calls()
    assert Run.objects.filter(state="succeeded").count() == 24
    assert (calls["submit"], calls["status_stream"], calls["result"]) == (24, 24, 24)


def test_a_stopped_workers_runs_go_on_at_once_with_another(
    ask: Ask, team: Team, sandbox: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE", timedelta(hours=1))
    run = ask("mischief/slow", prompt="x", duration=3, picture=False)
    team(["first"], lambda: Run.objects.filter(pk=run.pk, state="running").exists())
    held = Run.objects.get(pk=run.pk)
    assert (held.worker, held.lease_until) == ("", None)
    team(["second"], lambda: ended(run))
    assert sandbox.calls()["submit"] == 1


def test_a_person_has_no_more_runs_under_way_than_allowed(
    ask: Ask, work: Work, sandbox: Control, settings: Any
) -> None:
    settings.RUNS_AT_ONCE_PER_USER = 3
    runs = [ask("mischief/slow", prompt=str(n), duration=0.2, picture=False) for n in range(9)]
    most = 0

    def watch() -> bool:
        nonlocal most
        most = max(most, Run.objects.filter(state__in=leases.UNDER_WAY).count())
        return ended(*runs)

    work(watch)
    assert most == 3


def test_while_upstream_is_away_runs_wait_and_say_so(
    ask: Ask, work: Work, sandbox: Control, settings: Any, own_sandbox: RunningSandbox
) -> None:
    for host, name in SETTINGS.items():
        setattr(settings, name, own_sandbox.addresses[host])
    settings.FAL_MEDIA_URLS = [own_sandbox.base]
    first = ask("mischief/slow", prompt="first", duration=1, picture=False)
    told: list[str] = []

    def until() -> bool:
        process = own_sandbox.process
        if not told and Run.objects.filter(pk=first.pk, state="running").exists():
            process.kill()
            process.wait()
            told.append("killed")
        if len(told) == 1 and (trouble := Worker.objects.get().trouble):
            told.extend([trouble, attendance.readiness()])
        if len(told) == 3:
            ask("mischief/slow", prompt="asked for meanwhile", duration=1, picture=False)
            told.append("asked")
        notes = Run.objects.values_list("note", flat=True)
        return len(told) == 4 and set(notes) == {told[1]}

    work(until)
    assert told[1].endswith("does not answer.")
    assert told[2] == f"{told[1]} Runs that need it wait and go on by themselves."


@pytest.mark.parametrize(
    ("error", "said", "has_traceback"),
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
def test_a_job_that_breaks_off_is_done_again_and_a_lost_connection_told_in_a_line(
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    said: str,
    has_traceback: bool,
) -> None:
    monkeypatch.setattr(worker, "AFTER_DATABASE_ERROR_S", 0.0)
    done: list[str] = []

    async def twice() -> None:
        again = asyncio.Event()

        async def job() -> float:
            done.append("again")
            if len(done) == 1:
                raise error
            again.set()
            return 60.0

        one = worker.Worker.__new__(worker.Worker)
        task = asyncio.create_task(one._for_ever(job))
        await again.wait()
        task.cancel()

    asyncio.run(asyncio.wait_for(twice(), 60))
    (told,) = caplog.records
    assert told.getMessage().startswith(said)
    assert bool(told.exc_info) is has_traceback
    assert "\n" not in told.getMessage()
