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


def test_a_guests_row_waits_and_they_learn_what_became_of_it(
    share: Share, board: Board, user: User
) -> None:
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


def test_others_learn_nothing_of_it(share: Share) -> None:
    ask(Client(), share, "a fox")
    other = Client()
    assert "a fox" not in read_page(share, other)
    ask(other, share, "a wolf", name="Ben")
    assert "a fox" not in read_page(share, other)


@pytest.mark.parametrize(
    ("prompt", "more", "sentence"),
    [
        ("", {}, "Write a prompt first."),
        ("x" * 5001, {}, "Keep it to 5000 characters"),
        ("quiet zebra", {}, "The board already has this row."),
        ("a fox", {"name": ""}, "Enter your name first"),
        ("a fox", {"website": "https://spam.example"}, "as if a robot had filled it in"),
    ],
    ids=["empty", "too long", "there already", "no name", "robot"],
)
def test_what_is_refused_is_said_beside_the_field_with_what_was_typed(
    share: Share, prompt: str, more: dict[str, str], sentence: str
) -> None:
    response = ask(Client(), share, prompt, **more)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert f"\n{prompt}</textarea>" in page
    assert not RowRequest.objects.exists()
    assert not share.reviewers.exists()


def test_a_refused_guest_has_not_lost_their_name(share: Share) -> None:
    guest = Client()
    ask(Client(), share, "a fox", name="Ben")
    refused = ask(guest, share, "a fox")
    assert "Somebody has already asked for this row." in refused.content.decode()
    assert 'value="Anna"' in refused.content.decode()
    assert ask(guest, share, "a wolf").status_code == 302


def test_a_closed_share_takes_no_rows_and_keeps_what_was_typed(share: Share) -> None:
    guest = Client()
    ask(guest, share, "a fox")
    Share.objects.update(closed_at=timezone.now())
    assert (
        "</form>" not in read_page(share, guest).partition('id="rows"')[2].partition("</main>")[0]
    )
    assert "Your row “<bdi>a fox" in read_page(share, guest)
    response = ask(guest, share, "a wolf")
    assert response.status_code == 422
    assert "accepts no more rows" in response.content.decode()
    assert "\na wolf</textarea>" in response.content.decode()
    assert RowRequest.objects.count() == 1


def test_a_guess_is_not_answered_where_prompts_are_hidden(share: Share) -> None:
    Share.objects.update(shows_settings=False)
    assert ask(Client(), share, "quiet zebra").status_code == 302
    assert RowRequest.objects.get().label == "quiet zebra"


def test_a_kept_share_says_that_it_stays_as_it_was(user: User, board: Board) -> None:
    kept = share_of(user, "board", str(board.pk), takes_rows=True)
    guest = Client()
    ask(guest, kept, "a fox")
    row_requests.run_request(user, RowRequest.objects.get())
    page = read_page(kept, guest)
    assert "was run; this share stays as it was" in page
    assert page.count("data-row=") == 2


def test_only_a_board_that_takes_rows_has_the_form(share: Share, board: Board) -> None:
    Share.objects.update(takes_rows=False)
    assert ask(Client(), share, "a fox").status_code == 404
    assert "Ask for a row" not in read_page(share)
    Share.objects.update(takes_rows=True)
    board.project.archived_at = timezone.now()
    board.project.save()
    assert ask(Client(), share, "a fox").status_code == 404
    assert not RowRequest.objects.exists()


def test_looking_asks_for_nothing(share: Share) -> None:
    address = reverse("sharing:share-rows", args=[share.token])
    assert Client().get(f"{address}?prompt=a+fox&name=Anna").status_code == 405


def test_a_user_asks_as_themselves(share: Share, stranger: User) -> None:
    client = Client()
    client.force_login(stranger)
    ask(client, share, "a fox", name="")
    assert RowRequest.objects.get().user == stranger


def test_a_boards_share_offers_votes_rows_and_its_review(share: Share, member: Client) -> None:
    address = f"/shares/{share.pk}/"
    assert 'name="takes_rows"' in member.get(address).content.decode()
    assert f"{share.get_absolute_url()}review/" not in read_page(share)
    fields = {"title": "Cats", "audience": "link", "review_options": "1", "follows": "on"}
    member.post(address, fields | {"takes_votes": "on", "takes_comments": "on"})
    share.refresh_from_db()
    assert (share.takes_rows, share.takes_votes, share.takes_comments) == (False, True, True)
    assert f'href="{share.get_absolute_url()}review/"' in read_page(share)
    review = f"{share.get_absolute_url()}review/"
    page = Client().get(review).content.decode()
    assert "See the board" in page
    assert "General comments" in page
    posted = {"name": "Anna", "comment": "The second row, please."}
    assert Client().post(f"{review}comments/", posted).status_code == 302
    assert share.comments.get().item is None
