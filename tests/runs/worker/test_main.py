"""The worker against the real sandbox over sockets: sent once, followed to the end, kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.files.storage import default_storage

from runs.models import Run
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


@pytest.mark.exhaustive
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
