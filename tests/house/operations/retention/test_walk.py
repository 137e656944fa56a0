"""Old work in a project is deleted after an announcement, except what people have kept."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from features.boards.models import Board, Cell, Column, Row
from features.flows.models import Flow, FlowRun, StepRun
from features.library.models import Series, SeriesItem
from features.notifications.models import Notification
from features.sharing.models import Pick, Reviewer, Share, ShareItem
from house.operations.models import Announcement
from house.operations.retention import walk as retention
from house.operations.retention.kinds import KINDS
from projects.models import Membership, Project
from projects.models.project import private_project
from runs.files import uploads
from runs.models import DiscardedContent, Run, Upload
from runs.ownership import deletion
from tests.accounts.audit.audited import events
from tests.features.library.test_archives import add_file
from tests.projects.people import make_project, person

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
    """`old_run(days=31)` → a run of the project that ended 31 days ago."""

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


def walk_after_a_week() -> None:
    """Announce old work, and let a week pass."""
    walk()
    Announcement.objects.update(goes_at=timezone.now())
    walk()


def is_deleted(run: Run) -> bool:
    run.refresh_from_db()
    return run.deleted_at is not None


def test_old_runs_go_and_can_be_brought_back(user, old_run, fox):
    old, failed, young = old_run(), old_run(state="failed"), old_run(22)
    version = old.version
    walk_after_a_week()
    assert [is_deleted(run) for run in (old, failed, young)] == [True, True, False]
    assert old.deleted_by is None
    assert old.version == version + 1
    entry = events().get()
    assert (entry.actor_name, entry.event, entry.object_repr, entry.detail) == (
        "retention", "deleted old runs of", "Fox", "2 runs, older than 30 days",
    )  # fmt: skip
    assert deletion.restore(Run.objects.filter(pk=old.pk), user) == 1
    walk()
    assert not is_deleted(old)  # it is still old, and is announced again
    assert Announcement.objects.get().number == 1


def test_only_where_a_project_says_so(user, old_run, fox):
    private = old_run(project=private_project(user))
    elsewhere = old_run(project=make_project("Hare", ana="manager"))
    old_run()
    walk()
    Announcement.objects.update(goes_at=timezone.now())
    Project.objects.filter(pk=fox.pk).update(archived_at=timezone.now())
    walk()
    assert not Run.objects.deleted().exists()
    assert not is_deleted(private)
    assert not is_deleted(elsewhere)


def test_what_ended_late_or_not_at_all_stays(old_run):
    late = old_run(40)
    Run.objects.filter(pk=late.pk).update(ended_at=timezone.now())
    running = old_run(state="running")
    walk_after_a_week()
    assert not is_deleted(late)
    assert not is_deleted(running)


def test_what_people_have_kept_stays(user, old_run):
    starred, example = old_run(is_starred=True), old_run(is_example=True)
    in_board, in_series, in_flow, origin = (old_run() for _ in range(4))
    endpoint = in_board.endpoint
    board = Board.objects.create(user=user, source=endpoint, form_token="b")
    row = Row.objects.create(board=board, position=0, digest="r")
    column = Column.objects.create(board=board, position=0, endpoint=endpoint, digest="c")
    Cell.objects.create(board=board, row=row, column=column, run=in_board)
    series = Series.objects.create(user=user, name="s")
    SeriesItem.objects.create(series=series, run=in_series, place=0)
    flow = Flow.objects.create(user=user, name="f", definition={"steps": []}, origin=origin)
    flow_run = FlowRun.objects.create(flow=flow, user=user, form_token="f", definition={})
    StepRun.objects.create(flow_run=flow_run, step="s1", run=in_flow)
    walk_after_a_week()
    for run in (starred, example, in_board, in_series, in_flow, origin):
        assert not is_deleted(run)
    for thing in (board, series, flow):
        thing.deleted_at = timezone.now()
        thing.save()
    walk_after_a_week()
    assert all(is_deleted(run) for run in (in_board, in_series, in_flow, origin))


def test_a_walk_passes_over_what_stays(old_run, fox, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    kept = [old_run(100 - number, state="succeeded") for number in range(5)]
    series = Series.objects.create(user=kept[0].user, name="s")
    for place, run in enumerate(kept):
        SeriesItem.objects.create(series=series, run=run, place=place)
    at = timezone.now() - timedelta(days=50)
    same = [old_run() for _ in range(5)]
    Run.objects.filter(pk__in=[run.pk for run in same]).update(created_at=at, ended_at=at)
    walk_after_a_week()
    assert not any(is_deleted(run) for run in kept)
    assert all(is_deleted(run) for run in same)


def test_a_change_of_the_setting_deletes_nothing_at_once(old_run, fox):
    run = old_run(400)
    walk()
    Announcement.objects.update(goes_at=timezone.now())
    Project.objects.filter(pk=fox.pk).update(retention_days=20)
    walk()
    assert not is_deleted(run)
    again = Announcement.objects.get()
    assert again.days == 20
    assert again.goes_at > timezone.now() + retention.NOTICE - timedelta(minutes=5)
    Project.objects.filter(pk=fox.pk).update(retention_days=None)
    walk()
    assert not Announcement.objects.exists()


@pytest.mark.parametrize(
    ("model", "values"), [(Project, {"retention_days": None}), (Run, {"is_starred": True})]
)
def test_a_change_while_it_deletes_counts(old_run, monkeypatch, model, values):
    run = old_run()
    walk()
    Announcement.objects.update(goes_at=timezone.now())

    def change(keys: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        model.objects.update(**values)
        return set()

    monkeypatch.setitem(KINDS, "runs", replace(KINDS["runs"], kept=change))
    walk()
    assert not is_deleted(run)


def test_managers_are_told_a_week_before_with_a_list(client, user, old_run, fox):
    ben = person("ben")
    Membership.objects.create(project=fox, user=ben, role="maker")
    old, soon = old_run(title="an old fox"), old_run(24, title="a fox that is old in a week")
    starred = old_run(title="a starred fox", is_starred=True)
    old_run(20, title="a young fox")
    old_run(title="a fox of ben's own", user=ben, is_hidden=True)
    walk()
    walk()
    notice = Notification.objects.get()
    at = timezone.localtime(timezone.now() + timedelta(days=7))
    assert notice.user == user
    assert notice.subject == f"On {at.day} {at:%B} 3 runs of “Fox” older than 30 days go."
    client.force_login(user)
    page = client.get(notice.path).content.decode()
    for run, is_listed in ((old, True), (soon, True), (starred, False)):
        assert (f'href="{run.get_absolute_url()}"' in page) == is_listed
    assert "young" not in page
    assert "1 more is shown only to their authors." in page
    assert notice.subject in client.get("/inbox/").content.decode()
    client.force_login(ben)
    assert client.get(notice.path).status_code == 403


def test_what_is_shared_or_was_picked_stays(user, old_run):
    shared, picked, ended = (old_run() for _ in range(3))
    for run, revoked_at in ((shared, None), (picked, timezone.now()), (ended, timezone.now())):
        share = Share.objects.create(user=user, revoked_at=revoked_at, token_digest=str(run.pk))
        item = ShareItem.objects.create(share=share, run=run, number=1, place=1, position=0)
        if run == picked:
            reviewer = Reviewer.objects.create(share=share, name="Eva", name_key="eva")
            Pick.objects.create(reviewer=reviewer, item=item)
    walk_after_a_week()
    assert [is_deleted(run) for run in (shared, picked, ended)] == [False, False, True]


def test_only_the_files_go_and_the_run_says_so(member, old_run, fox, settings):
    settings.FILES_KEPT_DAYS = 14  # the house's number, for projects without their own
    old, used, young = old_run(15), old_run(15), old_run(6)
    for run in (old, used, young):
        add_file(run, content=str(run.pk).encode())
    user_of_it = old_run(2, arguments={"image_url": used.artifacts.get().get_absolute_url()})
    walk_after_a_week()
    assert not any(is_deleted(run) for run in (old, used, young, user_of_it))
    assert [run.artifacts.get().state for run in (old, used, young)] == ["lost", "stored", "stored"]
    page = member.get(old.get_absolute_url()).content.decode()
    assert "is not here any more" in page
    assert "it was deleted after 14 days" in page
    assert DiscardedContent.objects.count() == 1


def test_uploads_that_nothing_uses_go(user, old_run, settings):
    settings.UPLOADS_KEPT_DAYS = 10
    files = [
        uploads.store(user.pk, SimpleUploadedFile("a.txt", word, "text/plain"))
        for word in (b"one", b"two")
    ]
    Upload.objects.update(created_at=timezone.now() - timedelta(days=20))
    unused, used = files
    old_run(1, arguments={"file": used.get_absolute_url()})
    walk_after_a_week()
    assert list(Upload.objects.all()) == [used]
    assert DiscardedContent.objects.get().files == [unused.file]
