"""Old runs of a project that keeps them for some days go, except what people have kept."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from boards.models import Board, Cell, Column, Row
from chats.models import Chat, Turn
from flows.models import Flow, FlowRun, StepRun
from projects.models import Project
from projects.models.project import private_project
from runs.models import Run
from runs.ownership import activity, deletion, retention
from runs.promises import owners
from tests.people.accounts.audited import events
from tests.projects.people import make_project, person
from training.models import Training

pytestmark = pytest.mark.django_db
Make = Callable[..., Run]


@pytest.fixture
def fox(user: User) -> Project:
    project = make_project("Fox", ana="manager")
    Project.objects.filter(pk=project.pk).update(retention_days=30)
    project.refresh_from_db()
    return project


@pytest.fixture
def old_run(make_run: Any, fox: Project) -> Make:
    """`old_run(days=31)` → an ended run of the project that ended so long ago."""

    def make(days: float = 31, **values: Any) -> Run:
        run: Run = make_run(**{"project": fox, "state": "succeeded"} | values)
        at = timezone.now() - timedelta(days=days)
        ended_at = None if run.state not in Run.FINAL else at
        Run.objects.filter(pk=run.pk).update(created_at=at, ended_at=ended_at)
        run.refresh_from_db()
        return run

    return make


def walk() -> None:
    job = retention.Retention()
    while job.step() != retention.EVERY_S:
        pass


def is_deleted(run: Run) -> bool:
    run.refresh_from_db()
    return run.deleted_at is not None


def test_old_runs_go_and_can_be_brought_back(user: User, old_run: Make, fox: Project) -> None:
    old, failed, young = old_run(), old_run(state="failed"), old_run(29.9)
    version = old.version
    walk()
    assert [is_deleted(run) for run in (old, failed, young)] == [True, True, False]
    assert old.deleted_by is None
    assert old.version == version + 1
    entry = events().get()
    assert (entry.actor_name, entry.event, entry.object_repr, entry.detail) == (
        "retention", "deleted old runs of", "Fox", "2 that ended over 30 days ago",
    )  # fmt: skip
    assert deletion.restore(Run.objects.filter(pk=old.pk), user) == 1
    walk()
    assert is_deleted(old)  # it is still old


def test_only_where_a_project_says_so(user: User, old_run: Make, fox: Project) -> None:
    private = old_run(project=private_project(user))
    elsewhere = old_run(project=make_project("Hare", ana="manager"))
    walk()
    assert not is_deleted(private)
    assert not is_deleted(elsewhere)
    archived = old_run()
    Project.objects.filter(pk=fox.pk).update(archived_at=timezone.now())
    walk()
    assert not is_deleted(archived)


def test_what_ended_late_or_not_at_all_stays(old_run: Make) -> None:
    late = old_run(40)
    Run.objects.filter(pk=late.pk).update(ended_at=timezone.now())
    running = old_run(state="running")
    walk()
    assert not is_deleted(late)
    assert not is_deleted(running)


def test_what_people_have_kept_stays(user: User, old_run: Make) -> None:
    starred, example = old_run(is_starred=True), old_run(is_example=True)
    in_board, in_chat, in_flow, origin, training = (old_run() for _ in range(5))
    endpoint = in_board.endpoint
    board = Board.objects.create(user=user, source=endpoint, form_token="b")
    row = Row.objects.create(board=board, position=0, digest="r")
    column = Column.objects.create(board=board, position=0, endpoint=endpoint, digest="c")
    Cell.objects.create(board=board, row=row, column=column, run=in_board)
    chat = Chat.objects.create(user=user, endpoint=endpoint)
    Turn.objects.create(chat=chat, endpoint=endpoint, run=in_chat, text="x", form_token="t")
    flow = Flow.objects.create(user=user, name="f", definition={"steps": []}, origin=origin)
    flow_run = FlowRun.objects.create(flow=flow, user=user, form_token="f", definition={})
    StepRun.objects.create(flow_run=flow_run, step="s1", run=in_flow)
    Training.objects.create(run=training)
    walk()
    for run in (starred, example, in_board, in_chat, in_flow, origin, training):
        assert not is_deleted(run)
    for thing in (board, chat, flow):
        thing.deleted_at = timezone.now()
        thing.save()
    walk()
    assert all(is_deleted(run) for run in (in_board, in_chat, in_flow, origin))
    assert not is_deleted(training)


def test_a_walk_passes_over_what_stays(
    old_run: Make, fox: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    kept = [old_run(100 - number, state="succeeded") for number in range(5)]
    for run in kept:
        Training.objects.create(run=run)
    at = timezone.now() - timedelta(days=50)
    same = [old_run() for _ in range(5)]
    Run.objects.filter(pk__in=[run.pk for run in same]).update(created_at=at, ended_at=at)
    walk()
    assert not any(is_deleted(run) for run in kept)
    assert all(is_deleted(run) for run in same)


def test_a_manager_s_change_counts_at_once(old_run: Make, fox: Project) -> None:
    run = old_run()
    Project.objects.filter(pk=fox.pk).update(retention_days=None)
    retention.delete_next(fox, None, timezone.now())  # as read before the change
    assert not is_deleted(run)


def test_a_star_of_a_moment_ago_counts(
    old_run: Make, fox: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = old_run()

    def star(keys: list[uuid.UUID]) -> set[uuid.UUID]:
        Run.objects.filter(pk=run.pk).update(is_starred=True)
        return set()

    monkeypatch.setattr(owners, "kept_runs", star)
    retention.delete_next(fox, None, timezone.now())
    assert not is_deleted(run)


def test_the_last_run_that_a_person_sees(user: User, old_run: Make, fox: Project) -> None:
    ben = person("ben")
    seen = old_run(5)
    old_run(3, user=ben, is_hidden=True)
    old_run(2, user=ben, deleted_at=timezone.now())
    keys = [fox.pk, private_project(user).pk]
    assert activity.latest(user, keys) == {fox.pk: seen.created_at}
    assert activity.latest(user, []) == {}
