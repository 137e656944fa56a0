"""The inbox: what is new, which notices a user may still read, open questions, and its pages."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from features.boards.models import Board
from features.notifications import inbox, kinds, outbox
from features.notifications.models import Notification
from projects import members
from projects.models import Membership, Project
from tests.conftest import grant
from tests.projects.people import logged_in, make_project, person

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
PAGE = "/inbox/"
Tell = Callable[..., bool]


@pytest.fixture
def project(user: User) -> Project:
    return make_project("Film", ana="maker", mia="maker")


@pytest.fixture
def board(project: Project, make_endpoint: Callable[..., Any]) -> Board:
    source = make_endpoint()
    return Board.objects.create(project=project, user=person("mia"), title="Cats", source=source)


def tell_of(board: Board, user: User, kind: str = "board_comment", key: str = "c1") -> None:
    outbox.notify(user, kind, subject=f"On {board.title}", path="/x/", key=key, about=board)


def bell(client: Client, address: str = "/account/") -> str:
    (count,) = re.findall(r'data-inbox="(\d+)"', client.get(address).content.decode())
    return str(count)


def new_line() -> Notification:
    return Notification.objects.get(seen_at=None)


def test_who_is_added_to_a_project_is_notified(project, user):
    Membership.objects.filter(project=project, user=user).update(role="manager")
    members.add(user, project, person("leo").pk, "viewer")
    members.include(user, project, person("vic"), "viewer")  # has accepted an invitation
    (line,) = Notification.objects.all()
    assert (line.user.get_username(), line.kind) == ("leo", "project_added")
    page = logged_in(person("leo")).get(PAGE).content.decode()
    assert "ana has added you to the project “Film”" in page


def test_the_bell_says_the_same_on_every_page(member, tell):
    assert bell(member) == "0"
    tell("one")
    tell("two")
    assert [bell(member, page) for page in ("/", "/runs/", "/models/", PAGE)] == ["2"] * 4


def test_the_bell_takes_one_query_and_a_second_one_for_things(
    user, tell, board, django_assert_num_queries
):
    with django_assert_num_queries(1):
        assert inbox.count_new(user) == 0
    tell("one")
    with django_assert_num_queries(1):
        assert inbox.count_new(user) == 1
    tell_of(board, user)
    with django_assert_num_queries(2):
        assert inbox.count_new(user) == 2


def test_opening_a_line_marks_it_and_leads_to_its_place(member, tell, stranger):
    tell("one", path="/runs/?q=x")
    tell("two", path="")
    line = Notification.objects.get(key="one")
    assert logged_in(stranger).get(f"{PAGE}{line.pk}/").status_code == 404
    assert member.head(f"{PAGE}{line.pk}/").headers["Location"] == "/runs/?q=x"
    assert bell(member) == "2"
    assert member.get(f"{PAGE}{line.pk}/").headers["Location"] == "/runs/?q=x"
    assert new_line().key == "two"
    assert member.get(f"{PAGE}{new_line().pk}/").headers["Location"] == PAGE


def test_all_can_be_marked_as_seen(member, tell, stranger):
    tell("one")
    outbox.notify(stranger, kinds.RUN_FINISHED, subject="Theirs", key="x")
    page = member.get(PAGE).content.decode()
    assert "Done &lt;1&gt;" in page
    assert "Theirs" not in page
    assert "data-unread" in page
    assert member.get(f"{PAGE}seen/").status_code == 405
    page = member.post(f"{PAGE}seen/", follow=True).content.decode()
    assert "Done &lt;1&gt;" in page
    assert "data-unread" not in page
    assert new_line().user == stranger


def test_the_page_has_pages(member, tell):
    for number in range(126):
        tell(f"{number}", subject=f"Event {number} of 126")
    assert "Event 2 of 126" in member.get(f"{PAGE}?page=3").content.decode()
    for wrong in ("9", "x", "\x00"):
        assert member.get(PAGE, {"page": wrong}).status_code == 200


def test_a_test_of_a_channel_is_no_news(user, make_channel):
    outbox.send_test(make_channel())
    assert inbox.count_new(user) == inbox.lines(user).count() == 0


def test_who_leaves_a_project_reads_nothing_more_of_it(member, user, board):
    tell_of(board, user)
    address = f"{PAGE}{new_line().pk}/"
    assert bell(member) == "1"
    assert "On Cats" in member.get(PAGE).content.decode()
    Membership.objects.filter(user=user, project=board.project).delete()
    assert bell(member) == "0"
    for page in (PAGE, f"{PAGE}panel/", "/"):
        assert "Cats" not in member.get(page).content.decode()
    assert member.get(address).status_code == 404


@pytest.mark.parametrize("change", [{"is_hidden": True}, {"deleted_at": timezone.now()}])
def test_what_is_hidden_or_deleted_is_not_told_of(user, board, change):
    tell_of(board, user)
    Board.objects.update(**change)
    assert inbox.count_new(user) == inbox.lines(user).count() == 0


def test_a_moved_thing_is_told_of_where_it_is_now(user, board):
    tell_of(board, user)
    Board.objects.update(project=make_project("Elsewhere", mia="maker"))
    assert inbox.count_new(user) == 0
    Membership.objects.create(project=Project.objects.get(name="Elsewhere"), user=user)
    assert inbox.count_new(user) == 1


def test_a_kind_for_admins_is_read_by_who_still_may(user):
    outbox.notify(user, kinds.TROUBLE, subject="The disk is full", key="t")
    assert inbox.count_new(user) == 0
    grant(user, "playground.view_worker")
    assert inbox.count_new(User.objects.get(pk=user.pk)) == 1


def test_what_asks_waits_on_the_front_until_it_is_seen(member, user, board, tell):
    assert "Waiting for you" not in member.get("/").content.decode()
    tell("a long run")
    assert "Waiting for you" not in member.get("/").content.decode()
    for number in range(7):
        tell_of(board, user, key=f"c{number}")
    page = member.get("/").content.decode()
    assert page.count("On Cats") == 5
    inbox.see(user, board)
    assert "Waiting for you" not in member.get("/").content.decode()
    assert bell(member) == "1"


def test_the_first_tab_lists_runs_in_progress_and_those_of_the_last_hours(
    member, make_run, stranger
):
    assert "Nothing is running" in member.get(f"{PAGE}?show=running").content.decode()
    make_run(state="running", title="in progress")
    make_run(state="running", title="of somebody", user=stranger)
    for hours in (1, 20):
        at = timezone.now() - timedelta(hours=hours)
        make_run(state="succeeded", ended_at=at, title=f"ended {hours} h ago")
    page = member.get(f"{PAGE}?show=running").content.decode()
    assert "in progress" in page
    assert "ended 1 h ago" in page
    assert "ended 20 h ago" not in page
    assert "of somebody" not in page
