"""Managers rename, archive and delete projects; the work in them stays."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from core.refusals import Refused
from features.boards.models import Board
from projects import current, settings
from projects.models import Choice, Project
from projects.models.project import private_project
from projects.settings import Values
from runs.models import Upload
from tests.accounts.audit.audited import events
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db
WANTED = Values("Hare", "words", True, 30, 10, "week", True)


@pytest.fixture
def ben(db: None) -> User:
    return person("ben")


@pytest.fixture
def fox(user: User, ben: User) -> Project:
    return make_project("Fox", ana="manager", ben="maker")


def test_settings_change_and_the_slug_stays(user, fox):
    changed = settings.change(user, fox, WANTED)
    changed.refresh_from_db()
    assert settings.values_of(changed) == WANTED
    assert changed.slug == fox.slug
    assert list(events().values_list("event", "object_repr", "detail")) == [
        ("renamed", "Hare", "from Fox"),
        (
            "changed the settings of",
            "Hare",
            "description: words, hides_new_runs: True, retention_days: 30, files_days: 10, "
            "fal_keeps: week, deputies_take_over: True",
        ),
    ]


def test_a_private_project_has_nothing_but_the_retention(user):
    private = settings.change(user, private_project(user), WANTED)
    assert settings.values_of(private) == Values("Private", "", False, 30, 10, "week", True)
    for change in (settings.archive, settings.delete):
        with pytest.raises(Refused, match="private project cannot"):
            change(user, private)


def test_nobody_but_managers_changes_a_project(ben, stranger, fox):
    for by in (ben, stranger):
        with pytest.raises(PermissionDenied, match="Ask ana"):
            settings.change(by, fox, WANTED)
        for change in (settings.archive, settings.bring_back, settings.delete):
            with pytest.raises(PermissionDenied):
                change(by, fox)


def test_nobody_works_in_an_archived_project(user, ben, fox):
    current.choose(ben, fox)
    settings.archive(user, fox)
    fox.refresh_from_db()
    assert fox.archived_at
    assert not Choice.objects.exists()
    current.choose(ben, fox)
    assert not Choice.objects.exists()
    settings.bring_back(user, fox)
    fox.refresh_from_db()
    assert fox.archived_at is None
    actions = events().values_list("event", flat=True)
    assert list(actions) == ["archived", "brought back"]


def test_what_lives_in_a_project_keeps_it(user, ben, fox, make_run):
    run = make_run(project=fox)
    make_run(project=fox, user=ben, is_hidden=True)
    Board.objects.create(user=ben, source=run.endpoint, project=fox, form_token="b")
    with pytest.raises(Refused) as refusal:
        settings.delete(user, fox)
    assert str(refusal.value) == (
        "“Fox” is not empty: 2 runs (1 shown to their authors only) and 1 board live in it. "
        "Move or delete what is there, or archive the project."
    )


def test_what_is_deleted_and_uploads_go_to_their_users(user, ben, fox, make_run):
    mine = make_run(project=fox, deleted_at=timezone.now())
    bens = make_run(project=fox, user=ben, deleted_at=timezone.now())
    upload = Upload.objects.create(
        user=ben, project=fox, digest="d", file="f", file_name="x.png", size_bytes=1
    )
    settings.delete(user, fox)
    for row, owner in ((mine, user), (bens, ben), (upload, ben)):
        row.refresh_from_db()
        assert row.project == private_project(owner)
