"""The report says what was chosen and who won, and begins with the chosen result."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.boards import decisions
from features.boards.models import Board, Row
from features.boards.votes import marks
from features.boards.votes.rankings import rankings
from tests.features.boards.judging import Judged
from tests.features.boards.votes.test_ballots import judge_all

pytestmark = pytest.mark.django_db


def report(board: Board) -> str:
    board.refresh_from_db()
    return decisions.in_words(board, rankings(board)[0])


def test_a_decision_against_the_votes_is_explained(make_judged_board: Judged, user: User) -> None:
    board = make_judged_board()
    flux, turbo = board.columns.named()
    assert report(board) == "Nothing was decided yet."
    marks.mark_row(Row.objects.filter(board=board)[0], {"winner": "1"})
    assert report(board) == "turbo won 1 of 1 row at $0.02 a run; nothing was decided."
    judge_all(user, board, "lab/turbo")
    decisions.take(user, board, flux, "Half the price")
    assert (
        report(board)
        == "flux was chosen, although turbo won 2 of 2 votes at $0.02 a run: Half the price"
    )
    decisions.take(user, board, turbo, "Hands are right")
    assert report(board) == "turbo won 2 of 2 votes at $0.02 a run and was chosen: Hands are right"


def test_the_report_begins_with_the_chosen_result(
    member: Client, make_judged_board: Judged, user: User
) -> None:
    board = make_judged_board()
    address = f"{board.get_absolute_url()}results/"

    def shown() -> list[str]:
        page = member.get(address).content.decode()
        return re.findall(r"<figcaption.*?<a href=[^>]*>(.*?)</a>", page, re.DOTALL)

    assert shown() == ["flux", "turbo"]
    marks.mark_row(board.rows.all()[0], {"winner": "1"})
    assert shown() == ["turbo", "flux"]
    decisions.take(user, board, board.columns.named()[1], "Hands are right")
    assert shown() == ["turbo", "flux"]
    Board.objects.get().cells.update(run=None)
    assert shown() == []


def test_the_report_shows_all_rows_with_the_winner_framed(
    member: Client, make_judged_board: Judged
) -> None:
    board = make_judged_board()
    marks.mark_row(board.rows.order_by("position")[1], {"winner": "1"})
    page = member.get(f"{board.get_absolute_url()}results/").content.decode()
    rows = page[page.index('class="report-rows"') : page.index("</ol>")]
    assert len(re.findall(r'href="/runs/', rows)) == 4
    (won,) = re.findall(r'title="([^"]*)"\s+data-won', rows)
    assert won == "turbo, won"
