"""Standing trials of a board in a shared project run in the name of the board's user."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from boards.models import Board, StandingTrial
from boards.runs import cap_warnings
from boards.trials import job, news
from catalog.models import Endpoint, SavedSearch
from notifications.models import Notification
from projects.models import Membership, Project
from runs.models import Run
from tests.projects.people import make_project, person

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Comes = Callable[..., Endpoint]


@pytest.fixture
def project(board: Board, standing: StandingTrial) -> Project:
    """The project of the board; its user is a maker there."""
    project = make_project("Film", ana="maker", ben="maker", vera="viewer")
    Board.objects.update(project=project)
    Run.objects.update(project=project)
    board.refresh_from_db()
    return project


def of_ana(project: Project) -> Membership:
    return Membership.objects.get(project=project, user__username="ana")


def test_a_trial_runs_for_the_boards_user_in_its_project(
    project: Project, board: Board, comes: Comes
) -> None:
    new = comes()
    job.work()
    runs = Run.objects.filter(endpoint=new)
    assert {(run.user.username, run.project) for run in runs} == {("ana", project)}


def test_nothing_is_tried_while_the_boards_user_may_run_nothing(
    project: Project, board: Board, comes: Comes
) -> None:
    membership = of_ana(project)
    membership.role = "viewer"
    membership.save()
    new = comes()
    job.work()
    assert not board.trials.exists()
    membership.role = "maker"
    membership.save()
    Project.objects.update(archived_at=timezone.now())
    job.work()
    assert not board.trials.exists()
    Project.objects.update(archived_at=None)
    job.work()
    assert Run.objects.filter(endpoint=new).count() == 3


def test_another_maker_is_told_why_a_trial_is_not_sent(
    project: Project, board: Board, make_endpoint: Callable[..., Endpoint]
) -> None:
    trial = board.trials.create(endpoint=make_endpoint("lab/x"), reason="search")
    of_ana(project).delete()
    browser = Client()
    browser.force_login(person("ben"))
    address = f"{board.get_absolute_url()}trials/{trial.pk}/"
    page = browser.post(address, {"do": "send"}, follow=True).content.decode()
    assert "Its runs would be those of ana, who may run nothing in this project now." in page


def test_news_go_to_the_boards_user_while_they_are_a_member(
    project: Project, board: Board, user: User, comes: Comes
) -> None:
    comes()
    job.work()
    Run.objects.update(state="succeeded")
    of_ana(project).delete()
    job.work()
    assert not news.entries(user)
    assert not Notification.objects.exists()
    Membership.objects.create(project=project, user=user, role="maker")
    assert len(news.entries(user)) == 1


def test_no_warning_of_a_cap_goes_to_who_has_left(project: Project, board: Board) -> None:
    Board.objects.update(cap_usd=Decimal("0.01"))
    board.refresh_from_db()
    of_ana(project).delete()
    assert not cap_warnings.warn_of_board(board, 1)
    assert not Notification.objects.exists()


def test_the_form_offers_the_saved_searches_of_who_reads_it(project: Project, board: Board) -> None:
    for name in ("ana", "ben"):
        SavedSearch.objects.create(
            user=person(name), name=f"of {name}", params="q=x", seen_at=timezone.now()
        )
    browser = Client()
    browser.force_login(person("ben"))
    page = browser.get(f"{board.get_absolute_url()}trials/").content.decode()
    assert "of ben" in page
    assert "of ana" not in page
