"""Guests of a shared board propose rows, which wait for a click by a member who may run them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from features.boards import row_requests
from features.boards.models import Board, RowRequest
from features.sharing.models import Share
from runs.models import Run
from tests.features.boards.conftest import models, plan_of, send
from tests.features.boards.judging import Judged, make_judged_board, stored_picture
from tests.features.sharing.kinds.walking import read_page, share_of

__all__ = ["make_judged_board", "models", "plan_of", "send", "stored_picture"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def board(make_judged_board: Judged) -> Board:
    """A board of two models and two prompts; its link within the house allows no new rows."""
    board = make_judged_board("flux", "turbo", prompts="quiet zebra\nloud heron")
    Board.objects.update(link_may=[])
    return board


@pytest.fixture
def share(user: User, board: Board) -> Share:
    """A share that follows the board and takes proposed rows."""
    return share_of(user, "board", str(board.pk), takes_rows=True, follows=True)


def ask(guest: Client, share: Share, prompt: str, **more: str) -> Any:
    """Propose a row."""
    address = reverse("sharing:share-rows", args=[share.token])
    return guest.post(address, {"prompt": prompt, "name": "Anna"} | more)


def test_a_guests_row_waits_and_they_learn_what_became_of_it(share, board, user):
    guest, runs = Client(), Run.objects.count()
    assert "Ask for a row" in read_page(share, guest)
    assert ask(guest, share, " a fox ").status_code == 302
    request = RowRequest.objects.get()
    assert (request.author, request.label) == ("Anna (guest)", "a fox")
    assert Run.objects.count() == runs
    page = read_page(share, guest)
    assert "Your row “<bdi>a fox</bdi>” waits until somebody who may run it decides." in page
    assert 'name="name"' not in page
    row_requests.leave_out(user, request)
    assert "“<bdi>a fox</bdi>” was left out." in read_page(share, guest)
    row_requests.run_request(user, request)
    assert Run.objects.count() == runs + 2
    assert "“<bdi>a fox</bdi>” is now a row of the board." in read_page(share, guest)
    assert share.version < Share.objects.get().version


def test_others_learn_nothing_of_it(share):
    ask(Client(), share, "a fox")
    other = Client()
    assert "a fox" not in read_page(share, other)
    ask(other, share, "a wolf", name="Ben")
    assert "a fox" not in read_page(share, other)


@pytest.mark.parametrize(
    ("prompt", "more", "sentence"),
    [
        ("quiet zebra", {}, "The board already has this row."),
        ("a fox", {"website": "https://spam.example"}, "as if a robot had filled it in"),
    ],
)
def test_what_is_refused_is_said_beside_the_field_with_what_was_typed(
    share, prompt, more, sentence
):
    response = ask(Client(), share, prompt, **more)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert f"\n{prompt}</textarea>" in page
    assert not RowRequest.objects.exists()
    assert not share.reviewers.exists()


def test_a_closed_share_takes_no_rows_and_keeps_what_was_typed(share):
    guest = Client()
    ask(guest, share, "a fox")
    Share.objects.update(closed_at=timezone.now())
    assert "Your row “<bdi>a fox" in read_page(share, guest)
    response = ask(guest, share, "a wolf")
    assert response.status_code == 422
    assert "accepts no more rows" in response.content.decode()
    assert "\na wolf</textarea>" in response.content.decode()
    assert RowRequest.objects.count() == 1


def test_a_guess_is_not_answered_where_prompts_are_hidden(share):
    Share.objects.update(shows_settings=False)
    assert ask(Client(), share, "quiet zebra").status_code == 302
    assert RowRequest.objects.get().label == "quiet zebra"


def test_only_a_board_that_takes_rows_has_the_form(share, board):
    Share.objects.update(takes_rows=False)
    assert ask(Client(), share, "a fox").status_code == 404
    assert "Ask for a row" not in read_page(share)
    Share.objects.update(takes_rows=True)
    board.project.archived_at = timezone.now()
    board.project.save()
    assert ask(Client(), share, "a fox").status_code == 404
    assert not RowRequest.objects.exists()
