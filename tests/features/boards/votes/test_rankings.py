"""Rankings: ranks only where votes tell models apart, prices per win, and tags."""

from decimal import Decimal

import pytest

from features.boards.models import RowMark
from features.boards.votes import marks
from features.boards.votes.rankings import rankings
from tests.features.boards.votes.test_ballots import judge_all

pytestmark = pytest.mark.django_db


def test_few_votes_give_no_ranking_but_are_sorted_by_score(make_judged_board, user):
    board = make_judged_board(prompts="a\nb\nc")
    assert rankings(board)[0].summary == "No votes yet."
    assert [ranked.column.position for ranked in rankings(board)[0].columns] == [0, 1]
    judge_all(user, board, "lab/turbo")
    (ranking,) = rankings(board)
    assert "Too few votes" in ranking.summary
    assert [ranked.column.position for ranked in ranking.columns] == [1, 0]
    assert ranking.leader is None
    assert {ranked.ranks for ranked in ranking.columns} == {"1 to 2"}


def test_many_votes_name_the_winner(make_judged_board, user):
    board = make_judged_board(prompts="\n".join("abcdefgh"))
    judge_all(user, board, "lab/turbo")
    (ranking,) = rankings(board)
    assert ranking.summary == "turbo is better than each of the others."
    first, _ = ranking.columns
    assert ranking.leader == first
    assert (first.wins, first.losses, first.ties, first.percent) == (8, 0, 0, 100)
    assert first.low < first.score < first.high
    assert first.price == Decimal("0.02")


def test_a_tie_counts_half_a_win_for_each(make_judged_board, user):
    board = make_judged_board()
    judge_all(user, board, "nobody")
    first, second = rankings(board)[0].columns
    assert (first.ties, first.percent, second.percent) == (2, 50, 50)
    assert first.score == second.score == 1000


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        ({"stars": "6"}, (3, "pass")),
        ({"stars": "0"}, (0, "pass")),
        ({"verdict": "?"}, (3, "pass")),
    ],
)  # fmt: skip
def test_mark_values_not_posted_or_invalid_are_kept(make_judged_board, posted, expected):
    cell = make_judged_board().cells.order_by("pk")[0]
    marks.mark_cell(cell, {"stars": "3", "verdict": "pass", "note": "n"})
    cell.refresh_from_db()
    mark = marks.mark_cell(cell, posted)
    assert (mark.stars, mark.verdict, mark.note) == (*expected, "n")


def test_standings_take_as_many_queries_for_a_large_board(
    make_judged_board, user, django_assert_max_num_queries
):
    board = make_judged_board(prompts="\n".join(map(str, range(12))))
    judge_all(user, board, "lab/flux")
    with django_assert_max_num_queries(6):
        rankings(board)


def test_votes_are_counted_by_row_and_cell_tags(make_judged_board, user):
    board = make_judged_board()
    row = board.rows.get(position=0)
    marks.mark_row(row, {"winner": "1", "tags": "portrait, Portrait,  two  words"})
    assert RowMark.objects.get().tags == ["portrait", "two words"]
    marks.mark_cell(board.cells.order_by("pk")[0], {"stars": "4", "verdict": "pass", "tags": "x"})
    judge_all(user, board, "lab/flux")
    counts = {ranking.tag: ranking.vote_count for ranking in rankings(board)}
    assert counts == {"": 2, "portrait": 1, "two words": 1, "x": 1}
    flux, turbo = sorted(rankings(board)[0].columns, key=lambda ranked: ranked.column.position)
    # Of the rows with a winner: the other one says nothing yet.
    assert [(ranked.rows_won, ranked.rows) for ranked in (flux, turbo)] == [(0, 1), (1, 1)]
