"""The ballot shows a voter pairs of results and takes one judgement for each."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from features.boards.models import Vote
from features.boards.votes import ballots, rankings
from projects.kept.voices.participant import Participant
from runs.models import Artifact, Run

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def judge_all(who: User | Participant, board: object, favourite: str) -> int:
    """Judge every pair in favour of one model; return the number of judgements."""
    voter = who if isinstance(who, Participant) else Participant.of_user(who)
    count = 0
    while True:
        pair, _ = ballots.next_pair(voter, board)  # type: ignore[arg-type]
        if pair is None:
            return count
        left, right = ballots.in_order(voter, pair)
        names = [cell.column.endpoint.endpoint_id for cell in (left, right)]
        choice = str(names.index(favourite) + 1) if favourite in names else "0"
        assert ballots.record(voter, board, ballots.token_of(voter, pair), choice)  # type: ignore[arg-type]
        count += 1


def test_pairs_share_row_and_seed_and_differ_in_model(make_judged_board):
    board = make_judged_board("flux", "turbo", "edit", seeds="1, 2")
    pairs = ballots.pairs_of(ballots.voted_cells(board))
    assert len(pairs) == 2 * 2 * 3 or len(pairs) == 2 * 2 * 1
    for first, second in pairs:
        assert (first.row_id, first.seed) == (second.row_id, second.seed)
        assert first.column_id != second.column_id
        assert first.pk < second.pk


def test_every_pair_is_asked_once(make_judged_board, user, stranger):
    voter = Participant.of_user(user)
    other = Participant.of_user(stranger)
    board = make_judged_board()
    assert judge_all(user, board, "lab/flux") == 2
    assert Vote.objects.count() == 2
    assert ballots.next_pair(voter, board)[1] == ballots.Progress(2, 2)
    assert ballots.next_pair(other, board)[1] == ballots.Progress(0, 2)


def test_a_second_vote_on_a_pair_changes_nothing(make_judged_board, user):
    voter = Participant.of_user(user)
    board = make_judged_board()
    pair, _ = ballots.next_pair(voter, board)
    assert pair
    token = ballots.token_of(voter, pair)
    assert ballots.record(voter, board, token, "1")
    before = Vote.objects.get().winner_id
    assert not ballots.record(voter, board, token, "2")
    assert Vote.objects.get().winner_id == before


def test_a_ballot_token_is_valid_only_for_its_voter(make_judged_board, user, stranger):
    voter = Participant.of_user(user)
    other = Participant.of_user(stranger)
    board = make_judged_board()
    pair, _ = ballots.next_pair(voter, board)
    assert pair
    token = ballots.token_of(voter, pair)
    for wrong in (token[:-4], "", "ü", ballots.encrypt_token("file", stranger.pk, 1, 2)):
        with pytest.raises(ValueError, match="valid"):
            ballots.record(other, board, wrong, "1")
    with pytest.raises(ValueError, match="somebody else"):
        ballots.record(other, board, token, "1")
    with pytest.raises(ValueError, match="Choose one"):
        ballots.record(voter, board, token, "3")
    assert not Vote.objects.exists()


def test_the_order_differs_between_pairs_and_voters():
    orders = {voter: [ballots.is_swapped(voter, n, n + 1) for n in range(64)] for voter in (1, 2)}
    assert orders[1] != orders[2]
    assert 16 < sum(orders[1]) < 48


def test_a_pair_without_copied_files_is_not_asked_yet(make_judged_board, user):
    voter = Participant.of_user(user)
    board = make_judged_board()
    Artifact.objects.filter(run=Run.objects.order_by("created_at")[0]).update(state="remote")
    assert ballots.next_pair(voter, board)[1].total == 1


def test_votes_can_be_retracted_reset_and_restored(make_judged_board, user):
    voter = Participant.of_user(user)
    board = make_judged_board()
    judge_all(user, board, "lab/flux")
    assert ballots.take_back(voter, board)
    assert Vote.objects.count() == 1
    assert ballots.reset(board) == 1
    assert rankings.rankings(board)[0].vote_count == 0
    assert judge_all(user, board, "lab/turbo") == 2
    assert ballots.restore(board) == 0  # the voter has already judged this pair again
    assert ballots.reset(board) == 2
    assert ballots.restore(board) == 2
    assert rankings.rankings(board)[0].vote_count == 2


def test_a_guests_votes_count_once_per_pair(make_judged_board, user):
    board = make_judged_board()
    anna = Participant.of_guest("guest:anna", "Anna")
    ben = Participant.of_guest("guest:ben", "Anna")  # another guest with the same name
    assert judge_all(anna, board, "lab/flux") == 2
    assert ballots.next_pair(anna, board)[1] == ballots.Progress(2, 2)
    assert ballots.next_pair(ben, board)[1] == ballots.Progress(0, 2)
    assert judge_all(ben, board, "lab/flux") == 2
    assert judge_all(user, board, "lab/flux") == 2
    assert rankings.rankings(board)[0].vote_count == 6
    vote = board.votes.filter(guest="guest:anna").first()
    assert vote
    assert (vote.voter, vote.voter_name) == (None, "Anna (guest)")
    assert ballots.take_back(anna, board)
    assert board.votes.count() == 5


def test_a_vote_is_of_a_user_or_of_a_guest(make_judged_board, user):
    first, second = make_judged_board(prompts="a").cells.all()
    for who in ({}, {"voter": user, "guest": "guest:1"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Vote.objects.create(board=first.board, first=first, second=second, **who)
    with pytest.raises(ValueError, match="key"):
        Participant.of_guest("", "Nobody")
