"""Guests judge a shared board blindly, and only the parts that the share shows."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from features.boards.models import Board, Vote
from features.sharing.models import Share
from tests.features.boards.conftest import models, plan_of, send
from tests.features.boards.judging import (
    SECRET,
    Judged,
    make_judged_board,
    status_of,
    stored_picture,
)
from tests.features.sharing.kinds.walking import (
    collect_answers,
    leaked_secrets,
    read_page,
    share_of,
)

__all__ = ["make_judged_board", "models", "plan_of", "send", "stored_picture"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def board(make_judged_board: Judged) -> Board:
    """A board of two models and two prompts, which makes two pairs."""
    return make_judged_board("flux", "turbo", prompts="quiet zebra\nloud heron")


@pytest.fixture
def share(user: User, board: Board) -> Share:
    """A share of the board that takes votes and hides everything else."""
    return share_of(
        user, "board", str(board.pk), takes_votes=True, shows_models=False, shows_settings=False
    )


def address(share: Share) -> str:
    """Return the address where visitors vote."""
    return reverse("sharing:share-vote", args=[share.token])


def introduce_guest(share: Share, name: str) -> Client:
    """Return the browser of a guest who has entered a name."""
    guest = Client()
    assert guest.post(address(share), {"name": name}).status_code == 302
    return guest


def choose(guest: Client, share: Share, choice: str) -> Any:
    """Judge the pair that the guest sees."""
    context: Any = guest.get(address(share)).context
    return guest.post(address(share), {"pair": context["ballot"].token, "choice": choice})


def test_a_guest_votes_by_the_name_they_give(share):
    assert 'name="name"' in Client().get(address(share)).content.decode()
    guest = introduce_guest(share, "Anna")
    assert [choose(guest, share, choice).status_code for choice in "12"] == [302, 302]
    votes = list(Vote.objects.all())
    assert [vote.guest_name for vote in votes] == ["Anna", "Anna"]
    assert {vote.voter_id for vote in votes} == {None}
    assert "You have judged every pair" in guest.get(address(share)).content.decode()


def test_a_ballot_tells_nothing_that_is_hidden(share):
    guest = introduce_guest(share, "Anna")
    answered = collect_answers(share, guest)
    assert len([path for path in answered if "/vote/files/" in path]) >= 2
    assert not leaked_secrets(answered, ["lab/", "flux", "turbo", "zebra", "heron", SECRET])


def test_a_ballots_files_are_its_voters_alone(share):
    guest = introduce_guest(share, "Anna")
    ballot: Any = guest.get(address(share)).context["ballot"]
    file = ballot.sides[0].shown[0].src
    assert status_of(guest, file) == 200
    assert status_of(Client(), file) == status_of(introduce_guest(share, "Ben"), file) == 404
    Share.objects.update(revoked_at=timezone.now())
    assert guest.get(file).status_code == 410


def test_a_kept_share_asks_about_its_own_results_alone(share, board, user):
    board.rows.get(position=1).cells.update(replaced_at=timezone.now())
    kept = share_of(user, "board", str(board.pk), takes_votes=True)
    board.cells.update(replaced_at=None)
    for open_share, pairs in ((share, 2), (kept, 1)):
        context: Any = introduce_guest(open_share, "Anna").get(address(open_share)).context
        assert context["progress"].total == pairs


def test_the_last_vote_can_be_taken_back(share):
    guest = introduce_guest(share, "Anna")
    choose(guest, share, "1")
    guest.post(reverse("sharing:share-vote-retraction", args=[share.token]))
    assert not Vote.objects.exists()


def test_a_user_votes_as_themselves(share, stranger):
    client = Client()
    client.force_login(stranger)
    choose(client, share, "0")
    assert Vote.objects.get().voter == stranger


def test_a_closed_review_takes_no_votes(share):
    guest = introduce_guest(share, "Anna")
    ballot: Any = guest.get(address(share)).context["ballot"]
    assert "/vote/" in read_page(share)
    Share.objects.update(closed_at=timezone.now())
    response = guest.post(address(share), {"pair": ballot.token, "choice": "1"})
    assert "Voting has ended" in response.content.decode()
    assert not Vote.objects.exists()
    assert "/vote/" not in read_page(share)


def test_only_a_board_that_takes_votes_has_the_page(share, board):
    Share.objects.update(takes_votes=False)
    assert Client().get(address(share)).status_code == 404
    Share.objects.update(takes_votes=True)
    Board.objects.update(deleted_at=board.created_at)
    assert Client().get(address(share)).status_code == 404
