"""Krippendorff's alpha, which says how far voters agree, compared with its definition."""

from itertools import permutations
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from features.boards.votes.agreement import measure
from projects.kept.voices.participant import Participant
from tests.features.boards.judging import Judged
from tests.features.boards.votes.test_ballots import judge_all

Judgements = list[tuple[str, int, str]]


@st.composite
def judgements(draw: st.DrawFn) -> Judgements:
    """Draw judgements in which each voter judges some of the units once."""
    values = st.sampled_from(["first", "second", "neither"])
    chosen = draw(st.dictionaries(st.tuples(st.sampled_from("abcd"), st.integers(0, 7)), values))
    return [(voter, unit, value) for (voter, unit), value in chosen.items()]


def plain_alpha(judged: Judgements) -> float | None:
    """Compute alpha as the book does, from the matrix of coincidences, value by value."""
    coincidences: dict[tuple[str, str], float] = {}
    for unit in {unit for _, unit, _ in judged}:
        values = [value for _, other, value in judged if other == unit]
        for one, other in permutations(values, 2):
            weight = 1 / (len(values) - 1)
            coincidences[one, other] = coincidences.get((one, other), 0) + weight
    marginals: dict[str, float] = {}
    for (one, _), weight in coincidences.items():
        marginals[one] = marginals.get(one, 0) + weight
    number = sum(marginals.values())
    observed = sum(weight for (one, other), weight in coincidences.items() if one != other)
    expected = sum(
        marginals[one] * marginals[other]
        for one in marginals
        for other in marginals
        if one != other
    )
    return 1 - (number - 1) * observed / expected if expected else None


@given(judgements())
def test_alpha_is_what_the_definition_gives(judged: Judgements) -> None:
    measured, plain = measure(judged), plain_alpha(judged)
    assert (measured.alpha is None) == (plain is None)
    if plain is not None:
        assert measured.alpha == pytest.approx(plain)


@given(judgements())
def test_the_share_is_that_of_equal_pairs_of_judgements(judged: Judgements) -> None:
    pairs = [one[2] == other[2] for one, other in permutations(judged, 2) if one[1] == other[1]]
    measured = measure(judged)
    assert measured.share == (pytest.approx(sum(pairs) / len(pairs)) if pairs else None)
    units = [unit for _, unit, _ in judged]
    assert measured.shared == sum(units.count(unit) > 1 for unit in {*units})


def test_the_example_of_the_book() -> None:
    """Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", B: nominal, two coders."""
    meg, owen = "aabbdcccedda", "babbbccceddd"
    judged = [("meg", n, value) for n, value in enumerate(meg)]
    judged += [("owen", n, value) for n, value in enumerate(owen)]
    measured = measure(judged)
    assert measured.alpha == pytest.approx(0.692, abs=0.001)
    assert (measured.voters, measured.shared) == (2, 12)


@pytest.mark.parametrize(
    ("voters", "pairs", "is_known"), [(1, 9, False), (2, 4, False), (2, 5, True), (3, 5, True)]
)
def test_few_judgements_tell_nothing(voters: int, pairs: int, is_known: bool) -> None:
    judged = [(f"v{voter}", pair, "first") for voter in range(voters) for pair in range(pairs)]
    measured = measure(judged)
    assert measured.is_known is is_known
    assert measured.sentence.startswith(
        "Two voters agree on 100 %" if is_known else "There are too few"
    )
    assert measured.alpha_words == ""  # alpha is undefined if all judgements are equal


@pytest.mark.system
@pytest.mark.django_db
def test_the_results_list_votes_with_guests_and_the_boards_maker(
    member: Client, make_judged_board: Judged, user: User, stranger: User
) -> None:
    board = make_judged_board(prompts="\n".join("abcdef"))
    guest = Participant.of_guest("guest:1", "Anna")
    for who, favourite in ((user, "flux"), (stranger, "flux"), (guest, "turbo")):
        judge_all(who, board, f"lab/{favourite}")
    address = f"{board.get_absolute_url()}results/"
    page = " ".join(member.get(address).content.decode().split())
    assert "Two voters agree on 33 % of 6 pairs that both judged." in page
    assert "alpha</abbr> \u2212" in page
    assert "3 voters, one of them the board&#x27;s author" in page
    assert "Anna (guest)" in page
    voters_by_order = {
        order: _voters(member, f"{address}?order={order}") for order in ("newest", "voter")
    }
    assert voters_by_order["newest"][0] == "Anna (guest)"
    assert voters_by_order["voter"] == sorted(voters_by_order["voter"], key=str.casefold)
    rows = [line.row for line in _listing(member, f"{address}?order=row")]
    assert rows == sorted(rows)
    assert "Anna (guest)" in member.get(f"{board.get_absolute_url()}votes.csv").content.decode()


def _listing(client: Client, address: str) -> list[Any]:
    return list(client.get(address).context["listing"].votes)


def _voters(client: Client, address: str) -> list[str]:
    return [line.voter for line in _listing(client, address)]


@pytest.mark.exhaustive
@pytest.mark.system
@pytest.mark.django_db
def test_the_list_of_votes_has_pages(
    member: Client,
    make_judged_board: Judged,
    user: User,
    stranger: User,
    django_assert_max_num_queries: Any,
) -> None:
    board = make_judged_board(prompts="\n".join(map(str, range(26))))
    judge_all(user, board, "lab/flux")
    judge_all(stranger, board, "lab/flux")
    address = f"{board.get_absolute_url()}results/"
    with django_assert_max_num_queries(18):
        assert len(_listing(member, address)) == 50
    assert len(_listing(member, f"{address}?page=2")) == 2
    assert len(_listing(member, f"{address}?page=99")) == 2


@pytest.mark.django_db
def test_models_with_one_name_are_told_apart_by_their_addresses(
    member: Client, make_judged_board: Judged
) -> None:
    board = make_judged_board("flux", "turbo")
    for column in board.columns.select_related("endpoint"):
        type(column.endpoint).objects.filter(pk=column.endpoint_id).update(
            display_name="Kling", full_name="Kling"
        )
    page = member.get(f"{board.get_absolute_url()}results/").content.decode()
    assert "Kling (lab/flux)" in page
    assert "Kling (lab/turbo)" in page
