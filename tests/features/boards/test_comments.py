"""Comments on boards: members and guests write plain text, in threads, with mentions."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from accounts.audit.entries import AuditEntry
from catalog.templatetags.vitrine import linked
from features.boards import comments
from features.boards.models import Board, Comment
from features.boards.plan.cells import expand
from features.boards.plan.plan import Plan
from features.boards.runs import sending
from features.notifications import inbox
from features.notifications.models import Notification
from projects.kept.voices.participant import Participant
from projects.models import Project
from tests.features.boards.finishing import finish
from tests.features.pages import read_page
from tests.projects.people import logged_in, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(plan_of: Callable[..., Plan], project: Project) -> Board:
    """A maker's board of two rows on two models, in the project."""
    plan = plan_of(row_field="prompt", row_values="a cat\na dog", title="Cats")
    board = sending.run_plan(person("mia"), plan, expand(plan), "token", project=project).board
    finish()
    return board


def say(who: User | Participant, board: Board, text: str, **where: object) -> Comment:
    author = who if isinstance(who, Participant) else Participant.of_user(who)
    return comments.say(author, board, text, **where)  # type: ignore[arg-type]


def test_a_viewer_comments_on_a_cell_a_row_and_the_board(board):
    vera = logged_in(person("vera"))
    cell = board.cells.select_related("row").earliest("pk")
    address = f"{board.get_absolute_url()}comments/"
    for place in (f"?cell={cell.pk}", f"?row={cell.row_id}", ""):
        response = vera.post(f"{address}{place}", {"text": f"About {place or 'all'}"})
        assert response.status_code == 302
        assert response["Location"].startswith(f"{address}{place}#comment-")
    placed = list(board.comments.values_list("row_id", "cell_id"))
    assert placed == [(cell.row_id, cell.pk), (cell.row_id, None), (None, None)]
    page = read_page(vera, f"{address}?cell={cell.pk}")
    assert "About ?cell" in page
    assert "About all" not in page


def test_a_new_comment_changes_the_kept_markup_of_its_cell(board):
    mia = logged_in(person("mia"))
    cell = board.cells.earliest("pk")
    read_page(mia, board.get_absolute_url())
    say(person("vera"), board, "Blurred", cell=cell)
    assert "1 comment:" in read_page(mia, board.get_absolute_url())


def test_who_may_not_comment_reads_why(board):
    Board.objects.update(viewers_may=["vote"])
    vera = logged_in(person("vera"))
    address = f"{board.get_absolute_url()}comments/"
    response = vera.post(address, {"text": "Hello"})
    assert response.status_code == 403
    assert not Comment.objects.exists()


def test_a_refused_comment_keeps_what_was_typed(board):
    text = "x" * 5007
    vera = logged_in(person("vera"))
    address = f"{board.get_absolute_url()}comments/"
    for headers in ({}, {"hx-request": "true"}):
        response = vera.post(address, {"text": text}, headers=headers)
        page = response.content.decode()
        assert response.status_code == 422
        assert "5007 characters" in page
        assert f">\n{text}</textarea>" in page
    assert not Comment.objects.exists()


def test_markup_is_text_and_links_lead_nowhere_for_robots(board):
    text = '<script>alert(1)</script> see https://a.test/?a=1&b="x" and\n[b](javascript:1)'
    say(person("vera"), board, text)
    page = logged_in(person("mia")).get(f"{board.get_absolute_url()}comments/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'rel="nofollow noopener noreferrer ugc"' in page
    assert 'href="javascript:' not in page


@given(st.text(alphabet="<>&\"'/ahtps:.@rel=nofw\n ", max_size=200))
def test_no_text_makes_a_tag_or_an_attribute(text):
    html = str(linked(text))
    link = r' href="mailto:[^"<>]*"| href="[^"<>]*" rel="nofollow noopener noreferrer ugc"'
    allowed = rf"</?p>|<br>|</?a(?:{link})?>"
    assert "<" not in re.sub(allowed, "", html)


def test_a_thread_is_answered_by_members_and_resolved_by_who_is_in_it(board):
    first = say(person("vera"), board, "Too dark", cell=board.cells.earliest("pk"))
    mia = logged_in(person("mia"))
    address = f"{board.get_absolute_url()}comments/"
    mia.post(address, {"text": "Fixed", "parent": first.pk})
    answer = Comment.objects.latest("pk")
    assert (answer.parent, answer.cell_id) == (first, first.cell_id)
    mia.post(f"{address}{first.pk}/resolution/", {"resolved": "1"})
    assert comments.threads_of(board)[0].is_resolved
    last = say(person("ana"), board, "Another")
    assert logged_in(person("vera")).post(f"{address}{last.pk}/resolution/").status_code == 403


def test_a_comment_is_deleted_by_its_author_or_a_manager_and_can_come_back(board):
    comment = say(person("vera"), board, "Silly")
    address = f"{board.get_absolute_url()}comments/"
    deletion = f"{address}{comment.pk}/deletion/"
    max_ = person("max")
    board.project.memberships.create(user=max_, role="maker")
    assert logged_in(max_).post(deletion).status_code == 403
    vera = logged_in(person("vera"))
    page = re.sub(r"\s+", " ", vera.post(deletion, follow=True).content.decode())
    assert "Silly" not in page
    assert not board.comments.kept().exists()
    vera.post(f"/undo/comment/{comment.pk}/")
    assert board.comments.kept().exists()
    assert logged_in(person("ana")).post(deletion).status_code == 302
    assert AuditEntry.objects.filter(event="deleted a comment on").exists()
    vera.post(f"/undo/comment/{comment.pk}/")
    assert not board.comments.kept().exists()


def test_mentioned_members_are_notified_and_nobody_else(board, stranger):
    User.objects.filter(username="ana").update(first_name="Anastasia")
    text = f"@vera @Anastasia @{stranger.username} @mia, mail me at x@vera.test"
    comment = say(person("mia"), board, text)
    notified = Notification.objects.filter(kind=comments.MENTIONED)
    assert {notification.user.username for notification in notified} == {"vera", "ana"}
    first = notified[0]
    assert first.subject == "mia mentioned you on the board “Cats”"
    assert first.path.endswith(f"comments/#comment-{comment.pk}")


def test_a_guests_comment_is_named_as_a_guests(board):
    guest = Participant.of_guest("guest:1", "mia")
    comment = say(guest, board, "I like it, @mia")
    assert comment.is_by(guest)
    assert not comment.is_by(Participant.of_guest("guest:2", "mia"))
    assert not comment.is_by(Participant.of_user(person("mia")))
    page = read_page(logged_in(person("vera")), f"{board.get_absolute_url()}comments/")
    assert "mia (guest)" in page
    assert Notification.objects.get().subject.startswith("mia (guest) mentioned you")


def test_comments_take_as_many_queries_whatever_their_number(board, django_assert_max_num_queries):
    vera, cells = person("vera"), list(board.cells.all())
    for number in range(30):
        first = say(vera, board, f"{number}", cell=cells[number % len(cells)])
        say(person("mia"), board, "Yes", parent=first)
    client = logged_in(vera)
    with django_assert_max_num_queries(11):
        client.get(f"{board.get_absolute_url()}comments/")


def lines(name: str) -> list[str]:
    notices = Notification.objects.filter(user=person(name)).order_by("created_at")
    return [notification.subject for notification in notices]


def test_a_comment_is_told_to_the_boards_owner_and_to_whom_it_answers(board):
    first = say(person("vera"), board, "Nice")
    say(person("mia"), board, "Which one?", parent=first)
    say(person("ana"), board, "@mia, the second")
    assert lines("mia") == [
        "vera commented on the board “Cats”",
        "ana mentioned you on the board “Cats”",
    ]
    assert lines("vera") == ["mia answered you on the board “Cats”"]
    assert lines("ana") == []
    assert inbox.count_new(person("mia")) == inbox.waiting(person("mia")).count() == 2
    logged_in(person("mia")).get(f"{board.get_absolute_url()}comments/")
    assert inbox.count_new(person("mia")) == inbox.waiting(person("mia")).count() == 0


def test_who_does_not_see_the_board_any_more_reads_nothing_of_its_comments(board):
    first = say(person("vera"), board, "Nice")
    say(person("mia"), board, "Which one?", parent=first)
    assert inbox.count_new(person("vera")) == 1
    Board.objects.update(is_hidden=True)
    board.refresh_from_db()
    assert inbox.count_new(person("vera")) == 0
    assert inbox.count_new(person("mia")) == 1
    say(person("mia"), board, "@vera?")
    assert len(lines("vera")) == 1


def test_a_mention_on_a_hidden_board_notifies_nobody_who_does_not_see_it(board):
    Board.objects.update(is_hidden=True)
    board.refresh_from_db()
    say(person("mia"), board, "@vera look")
    assert not Notification.objects.exists()
