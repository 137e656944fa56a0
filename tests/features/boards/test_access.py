"""The rights on a board: which members choose them, and every entry point that checks them."""

import pytest

from accounts.audit.entries import AuditEntry
from features.boards import access
from features.boards.access import BoardRights
from features.boards.models import Act, Board
from features.boards.votes import voting
from projects.models import Project
from tests.features.boards.judging import Judged, open_vote
from tests.projects.people import logged_in, person

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def board(make_judged_board: Judged, project: Project) -> Board:
    """A board with results in the project."""
    board = make_judged_board()
    Board.objects.update(project=project, user=person("mia"))
    board.cells.first().run.__class__.objects.update(project=project, user=person("mia"))  # type: ignore[union-attr]
    return Board.objects.select_related("project").get()


def test_a_maker_chooses_what_viewers_and_links_may_do(board):
    address = f"{board.get_absolute_url()}access/"
    mia = logged_in(person("mia"))
    chosen = {"viewers": ["comment", "rows", "delete"], "link": []}
    assert mia.post(address, chosen).status_code == 302
    board.refresh_from_db()
    assert (board.viewers_may, board.link_may) == (["comment", "rows"], [])
    entry = AuditEntry.objects.filter(event="changed who may do what on").get()
    assert "vote, comment" in str(entry.changes)
    vera = logged_in(person("vera"))
    assert vera.post(address, {"viewers": ["vote"]}).status_code == 403
    board.refresh_from_db()
    assert board.viewers_may == ["comment", "rows"]


def test_viewers_may_what_was_chosen(board):
    vera = person("vera")
    for acts in ([], ["vote"], ["comment"], ["rows"], ["vote", "comment", "rows"], ["nonsense"]):
        board.viewers_may = acts
        rights = BoardRights(vera, board)
        may = {"vote": rights.may_vote, "comment": rights.may_comment, "rows": rights.may_add_rows}
        assert [act for act, allowed in may.items() if allowed] == [
            act for act in acts if act in Act.values
        ]
        assert not rights.may_change
    assert access.acts_of_role(board, "maker") == frozenset(Act)
    assert access.acts_of_role(board, "") == frozenset()


def test_viewers_vote_only_where_they_may(board):
    vera = logged_in(person("vera"))
    vote = f"{board.get_absolute_url()}vote/"
    assert vera.get(vote).status_code == 200
    Board.objects.update(viewers_may=["comment"])
    assert vera.get(vote).status_code == 404
    assert logged_in(person("mia")).get(vote).status_code == 200


def test_the_vote_link_ends_where_links_may_not_vote(board):
    link = open_vote(board)
    olaf = logged_in(person("olaf"))
    assert olaf.get(link).status_code == 200
    Board.objects.update(link_may=["comment"])
    assert olaf.get(link).status_code == 404
    assert voting.link_of(Board.objects.get())


def test_an_archived_project_is_looked_at_and_voted_on(board):
    board.project.archived_at = board.created_at
    board.viewers_may = ["vote", "comment", "rows"]
    board.link_may = ["vote", "comment", "rows"]
    assert access.acts_of_role(board, "manager") == {Act.VOTE}
    assert access.acts_of_role(board, "viewer") == {Act.VOTE}
    assert access.acts_by_link(board) == {Act.VOTE}


def test_a_private_board_keeps_what_viewers_might_do(member, make_judged_board):
    board = make_judged_board()
    member.post(f"{board.get_absolute_url()}access/", {"link": ["vote", "comment"]})
    board.refresh_from_db()
    assert board.viewers_may == ["vote", "comment"]
    assert board.link_may == ["vote", "comment"]
