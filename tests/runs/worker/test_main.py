"""The worker against the real sandbox over sockets: sent once, followed to the end, kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage

from runs.files import stored_files
from runs.models import Artifact, Run, Upload
from runs.worker.following.patience import PATIENCE
from runs.worker.scheduling import lease_queries
from tests.runs.conftest import Ask, Control, Team, Work, ended

pytestmark = pytest.mark.system  # takes long


def archived(run: Run) -> bool:
    return ended(run) and not run.artifacts.filter(state="remote").exists()


def test_a_run_takes_two_calls_after_its_submit(ask: Ask, work: Work, sandbox: Control) -> None:
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


def test_a_worker_polls_without_a_status_stream(ask: Ask, work: Work, sandbox: Control) -> None:
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
    assert calls["status"] <= 1 + took_s / PATIENCE.poll_soon_s


def one_by_one(work: Work, asking: list[Callable[[], Run]]) -> list[str]:
    """The ends of runs by one worker, each started after the one before had ended."""
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
def test_a_model_without_a_status_stream_is_remembered(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    """G2: nor is another model's stream given up for it."""
    sandbox.fault("status_stream", "404")
    slow = partial(ask, "mischief/slow", prompt="x", duration=0.2)
    other = partial(ask, "sandbox/ridgeline", prompt="x")
    assert one_by_one(work, [slow, slow, slow, other]) == ["succeeded"] * 4
    assert sandbox.calls()["status_stream"] == 2


def test_a_lost_request_does_not_mark_its_model_as_streamless(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    sandbox.fault("status_stream", "404")
    sandbox.fault("status", "404")
    slow = partial(ask, "mischief/slow", prompt="x", duration=0.2)
    assert one_by_one(work, [slow, slow]) == ["succeeded", "succeeded"]
    assert sandbox.calls()["status_stream"] == 3  # the first one's is tried again


@pytest.mark.parametrize(
    ("endpoint_id", "arguments", "kind"),
    [
        ("mischief/censor", {"prompt": "a forbidden thing"}, "content_policy_violation"),
        ("mischief/silent", {"prompt": "x"}, ""),
        ("sandbox/ridgeline", {"prompt": 5}, "string_type"),
    ],
)
def test_a_failed_request_keeps_upstreams_message(
    ask: Ask, work: Work, endpoint_id: str, arguments: dict[str, Any], kind: str
) -> None:
    """C19: COMPLETED is over, not well; the result's body is the error."""
    run = ask(endpoint_id, **arguments)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.error["status"] == 422
    assert kind in json.dumps(run.error)


def test_uploads_are_sent_to_upstream_once(
    ask: Ask, work: Work, sandbox: Control, tmp_path: Any
) -> None:
    import io

    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "PNG")
    stored_file = stored_files.store(picture, "image/png")
    upload = Upload.objects.create(
        user=User.objects.get(),
        digest=stored_file.digest,
        file=stored_file.name,
        file_name="a.png",
        content_type=stored_file.content_type,
        size_bytes=stored_file.size_bytes,
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
def test_inline_and_mislabelled_media_are_stored_by_their_actual_type(ask: Ask, work: Work) -> None:
    """C33, and section 13: known wrong metadata exists."""
    runs = [ask("mischief/inline", prompt="x"), ask("mischief/mislabelled", prompt="x")]
    work(lambda: all(archived(run) for run in runs))
    assert {a.state for a in Artifact.objects.all()} == {"stored"}
    assert not any(len(a.url) > 200 for a in Artifact.objects.all())
    kinds = {a.path: (a.kind, a.content_type) for a in runs[1].artifacts.all()}
    assert kinds == {
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


def test_a_restarted_worker_continues_where_it_stopped(
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


def test_a_storm_of_log_lines_is_written_in_few_batches(
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


def test_another_worker_continues_a_stopped_workers_runs_at_once(
    ask: Ask, team: Team, sandbox: Control
) -> None:
    run = ask("mischief/slow", prompt="x", duration=3, picture=False)
    team(["first"], lambda: Run.objects.filter(pk=run.pk, state="running").exists())
    held = Run.objects.get(pk=run.pk)
    assert (held.worker, held.lease_until) == ("", None)
    team(["second"], lambda: ended(run))
    assert sandbox.calls()["submit"] == 1


def test_a_person_has_at_most_the_allowed_runs_under_way(
    ask: Ask, work: Work, sandbox: Control, settings: Any
) -> None:
    settings.RUNS_AT_ONCE_PER_USER = 3
    runs = [ask("mischief/slow", prompt=str(n), duration=0.2, picture=False) for n in range(9)]
    most = 0

    def watch() -> bool:
        nonlocal most
        most = max(most, Run.objects.filter(state__in=lease_queries.UNDER_WAY).count())
        return ended(*runs)

    work(watch)
    assert most == 3
