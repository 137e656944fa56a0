"""The counting of votes: which judgements count, when, and which figures are stored."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from catalog.models import Endpoint
from features.boards.leaderboard import counting
from features.boards.models import Board, BoardTally, RowMark, Tally
from features.boards.votes import ballots, marks
from projects.kept.voices.participant import Participant
from runs.models import Run
from tests.features.boards.judging import Judged
from tests.features.boards.leaderboard.voting import make_board, make_counted_board, vote
from tests.features.boards.votes.test_ballots import judge_all
from tests.projects.people import make_project

pytestmark = pytest.mark.both_databases
Make = Callable[..., Endpoint]


@pytest.fixture
def ranked(make_endpoint: Make) -> list[Endpoint]:
    price = {"unit_price_usd": "0.01", "price_unit": "images", "currency": "USD"}
    return [make_endpoint(f"lab/{name}", **price) for name in ("one", "two", "three")]


def count_votes(board: Board) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    """Count as the worker does; return the wins of both models and the ties, by models and tag."""
    counting.count_due()
    return {
        (tally.first.display_name, tally.second.display_name, tally.tag): (
            tally.first_wins,
            tally.second_wins,
            tally.ties,
        )
        for tally in board.tallies.select_related("first", "second")
    }


def test_votes_and_winners_are_counted_by_tag(user: User, ranked: list[Endpoint]) -> None:
    board = make_board(user, ranked, rows=2)
    marks.mark_row(board.rows.get(position=0), {"winner": "1", "tags": "cats"})
    vote(user, board, 0, 1)
    vote(user, board, None, 1, row=1)
    assert count_votes(board) == {
        ("one", "two", ""): (1, 1, 1),
        ("two", "three", ""): (1, 0, 0),
        ("one", "two", "cats"): (1, 1, 0),
        ("two", "three", "cats"): (1, 0, 0),
    }
    marks.mark_row(board.rows.get(position=0), {"winner": "", "tags": ""})
    assert count_votes(board) == {("one", "two", ""): (1, 0, 1)}


def test_every_way_to_vote_makes_a_board_due(make_judged_board: Judged, user: User) -> None:
    board = make_judged_board()
    judge_all(user, board, "lab/turbo")
    ((pair, outcome),) = count_votes(board).items()
    assert (pair, outcome) == (("flux", "turbo", ""), (0, 2, 0))
    assert ballots.take_back(Participant.of_user(user), board)
    assert count_votes(board) == {pair: (0, 1, 0)}
    assert ballots.reset(board) == 1
    assert count_votes(board) == {}
    assert ballots.restore(board) == 1
    assert count_votes(board) == {pair: (0, 1, 0)}
    assert not BoardTally.objects.due().exists()


def test_votes_of_guests_count_as_all_others(user: User, ranked: list[Endpoint]) -> None:
    board = make_board(user, ranked[:2])
    vote(user, board, 0, 1)
    vote(None, board, 1, 0, guest="guest:one")
    vote(None, board, None, 1, guest="guest:two")
    assert count_votes(board) == {("one", "two", ""): (1, 1, 1)}
    assert board.tallies.get().by_guests == 2


def test_columns_of_one_model_say_nothing(user: User, ranked: list[Endpoint]) -> None:
    board = make_board(user, [ranked[0], ranked[0], ranked[1]])
    vote(user, board, 0, 1)
    assert count_votes(board) == {}
    marks.mark_row(board.rows.get(), {"winner": "0"})
    assert count_votes(board) == {("one", "two", ""): (1, 0, 0)}


def test_a_winner_beats_only_what_has_a_result(user: User, ranked: list[Endpoint]) -> None:
    board = make_board(user, ranked)
    Run.objects.filter(cells__column__position=2).update(state="failed")
    marks.mark_row(board.rows.get(), {"winner": "0"})
    assert count_votes(board) == {("one", "two", ""): (1, 0, 0)}
    Run.objects.filter(cells__column__position=0).update(deleted_at=timezone.now())
    counting.recount(board.pk)
    assert count_votes(board) == {}


def test_results_that_are_no_longer_shared_do_not_count(user: User, ranked: list[Endpoint]) -> None:
    film = make_project("Film", ana="manager")
    board = make_board(user, ranked[:2], project=film)
    vote(user, board, 0, 1)
    marks.mark_row(board.rows.get(), {"winner": "0"})
    assert count_votes(board) == {("one", "two", ""): (2, 0, 0)}
    elsewhere = make_project("Elsewhere", ana="manager")
    Run.objects.filter(cells__column__position=1).update(project=elsewhere)
    BoardTally.objects.update(counted_at=timezone.now() - timedelta(hours=1))
    counting.count_all_in_turn()
    assert count_votes(board) == {}


def test_prices_and_times_of_results_are_kept(user: User, ranked: list[Endpoint]) -> None:
    board = make_counted_board(user, ranked[:2])
    figures = BoardTally.objects.get(pk=board.pk).figures
    assert figures == {str(ranked[0].pk): [["0.02", 3.0]], str(ranked[1].pk): [["0.02", 4.0]]}


def test_a_count_without_change_keeps_the_version(user: User, ranked: list[Endpoint]) -> None:
    board = make_counted_board(user, ranked[:2])
    former = list(Tally.objects.values_list("pk", flat=True))
    assert not counting.recount(board.pk)
    assert BoardTally.objects.get(pk=board.pk).version == 1
    assert list(Tally.objects.values_list("pk", flat=True)) == former
    BoardTally.objects.judged(board.pk)
    assert not counting.recount(board.pk)
    assert not BoardTally.objects.due().exists()


def test_boards_judged_before_there_were_tallies_are_found(
    user: User, ranked: list[Endpoint]
) -> None:
    old, unjudged = make_board(user, ranked[:2]), make_board(user, ranked[:2])
    RowMark.objects.filter(row__board=old).update(winner=old.columns.get(position=0))
    counting.count_all_in_turn()
    assert count_votes(old) == {("one", "two", ""): (1, 0, 0)}
    assert not BoardTally.objects.filter(pk=unjudged.pk).exists()


def test_the_command_counts_everything_anew(user: User, ranked: list[Endpoint]) -> None:
    board = make_counted_board(user, ranked[:2])
    board.tallies.all().delete()
    output: Any = io.StringIO()
    call_command("recount_votes", stdout=output)
    assert output.getvalue() == "1 board counted again, 1 with another outcome.\n"
    assert board.tallies.count() == 1
