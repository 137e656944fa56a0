"""The leaderboard's page: which models it ranks, for which users, and its text without votes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.models import Endpoint
from features.boards.leaderboard import counting
from features.boards.models import Board
from features.boards.votes import ballots
from tests.conftest import grant
from tests.features.boards.leaderboard.voting import make_board, make_counted_board, vote
from tests.projects.people import logged_in, make_project, person

PAGE = "/leaderboard/"
Make = Callable[..., Endpoint]


def text_of(client: Client, **params: str) -> str:
    """Return the page's text without markup, with single spaces."""
    response = client.get(PAGE, params)
    assert response.status_code == 200
    content = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)
    assert content
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content[0]))


def read_ranking(client: Client, **params: str) -> list[list[str]]:
    """Return the models of each part, in the order of the page."""
    board = client.get(PAGE, params).context["board"]
    return [[entry.endpoint.endpoint_id for entry in part.entries] for part in board.parts]


@pytest.fixture
def models(make_endpoint: Make) -> list[Endpoint]:
    price = {"unit_price_usd": "0.01", "price_unit": "images", "currency": "USD"}
    return [
        make_endpoint("lab/one", **price),
        make_endpoint("lab/two", **price),
        make_endpoint("lab/film", category="text-to-video"),
        make_endpoint("lab/clip", category="text-to-video"),
    ]


def test_without_votes_it_says_how_to_begin(member: Client) -> None:
    page = text_of(member)
    assert "No votes yet" in page
    assert "vote blindly" in page
    assert "Plan a board" in page


def test_models_are_ranked_with_interval_votes_price_and_time(
    member: Client, user: User, models: list[Endpoint]
) -> None:
    make_counted_board(user, models[:2], wins=6)
    page = text_of(member)
    assert "one is better than each of the others. 6 votes" in page
    assert "1 one Text to image 100 % of 6 votes" in page
    assert "$0.02 3.0 s just now" in page
    first, second = member.get(PAGE).context["board"].parts[0].entries
    assert first.strength.low > 1000 > second.strength.high


def test_votes_of_guests_are_told_apart(member: Client, user: User, models: list[Endpoint]) -> None:
    board = make_board(user, models[:2])
    vote(user, board, 0, 1)
    vote(None, board, 0, 1, guest="guest:one")
    counting.recount(board.pk)
    page = text_of(member)
    assert "2 votes, 1 by guests" in page
    assert "100 % of 2 votes, 1 by guests" in page


def test_a_category_counts_votes_between_its_models_alone(
    member: Client, user: User, models: list[Endpoint]
) -> None:
    first, _, film, clip = models
    make_counted_board(user, models[:2], wins=2)
    make_counted_board(user, [clip, film])
    make_counted_board(user, [film, first])
    ((*ranked,),) = read_ranking(member)
    assert sorted(ranked) == ["lab/clip", "lab/film", "lab/one", "lab/two"]
    assert read_ranking(member, category="text-to-video") == [["lab/clip", "lab/film"]]
    assert read_ranking(member, category="text-to-image") == [["lab/one", "lab/two"]]
    choices = member.get(PAGE).context["board"].categories
    assert [(choice.value, choice.votes) for choice in choices] == [
        ("text-to-image", 2),
        ("text-to-video", 1),
    ]


def test_a_tag_counts_votes_on_its_inputs_however_it_is_capitalized(
    member: Client, user: User, models: list[Endpoint]
) -> None:
    first, second, *_ = models
    make_counted_board(user, [first, second], tags=["Photos of products"])
    make_counted_board(user, [first, second], tags=["photos of products", "cats"])
    make_counted_board(user, [second, first], wins=3)
    board = member.get(PAGE, {"tag": "PHOTOS OF PRODUCTS"}).context["board"]
    assert (board.tag, board.votes) == ("Photos of products", 2)
    assert [(choice.value, choice.votes) for choice in board.tags] == [
        ("Photos of products", 2),
        ("cats", 1),
    ]
    assert member.get(PAGE).context["board"].votes == 5


def test_models_that_no_votes_connect_are_not_compared(
    member: Client, user: User, models: list[Endpoint]
) -> None:
    make_counted_board(user, models[:2], wins=2)
    make_counted_board(user, models[2:])
    assert read_ranking(member) == [["lab/one", "lab/two"], ["lab/film", "lab/clip"]]
    assert "Not yet compared with the others" in text_of(member)


def test_only_votes_on_boards_that_the_viewer_sees_are_counted(
    member: Client, user: User, models: list[Endpoint]
) -> None:
    film = make_project("Film", mia="maker", vera="viewer")
    mia = person("mia")
    make_counted_board(mia, models[:2], wins=3, project=film, tags=["cats"])
    make_counted_board(mia, models[2:], project=film, is_hidden=True)
    make_counted_board(mia, models[2:])  # a private board
    assert "No votes yet" in text_of(member)
    hidden, unknown = (text_of(member, tag=tag) for tag in ("cats", "dogs"))
    assert hidden.replace("cats", "dogs") == unknown
    vera = logged_in(person("vera"))
    assert read_ranking(vera) == [["lab/one", "lab/two"]]
    assert read_ranking(logged_in(mia)) == [["lab/one", "lab/two"], ["lab/film", "lab/clip"]]
    eva = person("eva")
    grant(eva, "playground.view_run")
    assert read_ranking(logged_in(eva)) == [
        ["lab/one", "lab/two"]
    ]  # a board that the house may see
    film.memberships.filter(user=person("vera")).delete()
    assert "No votes yet" in text_of(vera)


def test_deleted_boards_and_reset_votes_do_not_count(
    member: Client, user: User, models: list[Endpoint]
) -> None:
    board, other = make_counted_board(user, models[:2]), make_counted_board(user, models[2:])
    Board.objects.filter(pk=board.pk).update(deleted_at=timezone.now())
    assert read_ranking(member) == [["lab/film", "lab/clip"]]
    ballots.reset(other)
    counting.recount(other.pk)
    assert "No votes yet" in text_of(member)
    Board.objects.filter(pk=board.pk).update(deleted_at=None)
    assert read_ranking(member) == [["lab/one", "lab/two"]]


def test_new_votes_change_what_was_cached(
    member: Client, user: User, models: list[Endpoint]
) -> None:
    board = make_counted_board(user, models[:2])
    assert read_ranking(member) == [["lab/one", "lab/two"]]
    other = make_board(user, models[:2], rows=3)
    for row in range(3):
        vote(user, other, 1, 0, row)
    assert read_ranking(member) == [["lab/one", "lab/two"]]  # nobody has counted the new votes yet
    counting.recount(other.pk)
    assert read_ranking(member) == [["lab/two", "lab/one"]]
    assert board.tallies.count() == 1


def test_a_program_gets_the_same_by_the_api(
    call: Any, caller: Any, user: User, stranger: User, models: list[Endpoint]
) -> None:
    make_counted_board(user, models[:2], wins=6, tags=["cats"])
    body = call("GET", "/leaderboard?category=text-to-image&tag=Cats").json()
    assert (body["tag"], body["votes"], body["votes_by_guests"]) == ("cats", 6, 0)
    assert body["summary"] == "one is better than each of the others."
    ((first, second),) = body["parts"]
    assert (first["endpoint_id"], first["won"], first["is_told"]) == ("lab/one", 1, True)
    assert (first["best_rank"], second["worst_rank"]) == (1, 2)
    assert (first["median_price_usd"], first["median_duration_s"]) == (0.02, 3)
    assert call("GET", "/leaderboard?tag=dogs").json()["parts"] == []
    assert call("GET", f"/leaderboard?tag={'x' * 99}").status_code == 422
    assert caller(stranger, "read")("GET", "/leaderboard").json()["votes"] == 0
