"""Votes in the catalogue: filters, sorting and cards use only the votes that the user may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client

from catalog.models import Endpoint, Revision
from catalog.search.engine import search
from catalog.search.query import Query
from catalog.track_records import records_of
from projects.rules import values
from tests.features.boards.leaderboard.voting import make_counted_board
from tests.projects.people import make_project, person
from tests.tables import each_row

Make = Callable[..., Endpoint]


@pytest.fixture
def models(make_endpoint: Make) -> list[Endpoint]:
    """Four models: the first has won most votes, nobody has judged the last."""
    return [
        make_endpoint(f"lab/{name}", position=place)
        for place, name in enumerate(["loser", "winner", "middle", "unjudged"])
    ]


@pytest.fixture
def votes(user: User, models: list[Endpoint]) -> None:
    """Votes: the winner has won 3 of 4, all of products; the model in the middle 1 of 2."""
    loser, winner, middle, _ = models
    make_counted_board(user, [winner, loser], wins=2, tags=["photos of products"])
    make_counted_board(user, [winner, middle], tags=["photos of products"])
    make_counted_board(user, [loser, winner], tags=["photos of products"])
    make_counted_board(user, [middle, loser])


def find_models(client: Client, params: str) -> list[str]:
    content = client.get(f"/models/?{params}").content.decode()
    return re.findall(r'<article class="card" data-endpoint-id="lab/(\w+)"', content)


@each_row(
    ("params", "expected"),
    [
        ("q=won:>60 %25", {"winner"}),
        ("q=won:>60%25", {"winner"}),
        ("q=won:>60", {"winner"}),
        ("q=won:50", {"winner", "middle"}),
        ("q=won:=75", {"winner"}),
        ("q=won:<50", {"loser"}),
        ("q=won:20..60", {"middle", "loser"}),
        ("q=-won:>60", {"loser", "middle", "unjudged"}),
        ("won=>60", {"winner"}),
        ("won=>=50", {"winner", "middle"}),
        ("won=>101", set()),
        ("won=>abc", {"loser", "winner", "middle", "unjudged"}),
        ("q=won:>60 %25 lab", {"winner"}),
    ],
)
@pytest.mark.usefixtures("votes")
def test_the_share_of_votes_is_a_filter(member: Client, params: str, expected: set[str]) -> None:
    assert set(find_models(member, params)) == expected


@pytest.mark.usefixtures("votes")
def test_a_share_that_is_no_number_is_hinted_at(member: Client) -> None:
    page = member.get("/models/?q=won:>abc").content.decode()
    assert "won: takes a number, as in won:&gt;60%." in page
    assert len(find_models(member, "q=won:>abc")) == 4


@pytest.mark.usefixtures("votes")
def test_models_are_sorted_by_the_votes_they_won(member: Client) -> None:
    assert find_models(member, "sort=won") == ["winner", "middle", "loser", "unjudged"]
    assert find_models(member, "q=lab&sort=won") == ["winner", "middle", "loser", "unjudged"]
    assert find_models(member, "") == ["loser", "winner", "middle", "unjudged"]
    assert "Won here" in member.get("/models/").content.decode()


@pytest.mark.usefixtures("votes")
def test_the_facet_counts_what_each_choice_would_find(user: User) -> None:
    records = records_of(user, Revision.current())
    answer = search(Query.from_params(QueryDict("won=>=60")), records=records)
    (facet,) = (facet for facet in answer.facets if facet.name == "won")
    counts = {value.value: value.count for value in facet.values}
    assert counts == {">=75": 1, ">=60": 1, ">=50": 2}
    for value, count in counts.items():
        alone = search(Query(picked=frozenset({("won", value)})), records=records)
        assert alone.total == count
    assert [c.title for c in search(Query(q="won:>90"), records=records).relaxations] == [
        "Without “Won more than 90 % of votes here”"
    ]


@pytest.mark.usefixtures("votes")
def test_cards_and_the_models_page_say_what_was_won(member: Client) -> None:
    cards = member.get("/models/").content.decode()
    assert "Won 75 % of 4 votes here, photos of products" in cards
    assert "Won 50 % of 2 votes here<" in cards
    assert len(re.findall(r"Won \d+ % of \d votes here", cards)) == 3
    page = re.sub(r"\s+", " ", member.get("/models/lab/winner/?tab=about").content.decode())
    assert "Won 75 % of 4 votes here: photos of products 75 % of 4 ·" in page
    assert "Won " not in member.get("/models/lab/unjudged/").content.decode()


def test_nobody_learns_of_votes_that_they_may_not_see(
    member: Client, models: list[Endpoint]
) -> None:
    film = make_project("Film", mia="maker")
    make_counted_board(person("mia"), models[:2], wins=2, project=film, tags=["secret"])
    for params in ("", "q=won:>60", "sort=won", "won=>1"):
        page = member.get(f"/models/?{params}").content.decode()
        assert not re.search(r"Won \d+ % of", page)
        assert "secret" not in page
    assert find_models(member, "q=won:>1") == []
    assert "Won here" not in member.get("/models/").content.decode()
    client = Client()
    client.force_login(person("mia"))
    assert find_models(client, "q=won:>60") == ["loser"]


def test_the_api_filters_by_votes_within_its_reach(
    call: Any, user: User, models: list[Endpoint]
) -> None:
    make_counted_board(user, models[:2])
    body = call("GET", "/models?won=%3E60").json()
    assert [item["endpoint_id"] for item in body["items"]] == ["lab/loser"]
    assert call("GET", "/models?sort=won").json()["items"][0]["endpoint_id"] == "lab/loser"
    assert call("GET", "/models?won=abc").status_code == 422


def test_a_rule_cannot_ask_for_votes() -> None:
    with pytest.raises(ValueError, match="Each person sees other votes"):
        values.read("question", "won:>60%")
