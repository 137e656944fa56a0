"""Krippendorff's alpha, which says how far voters agree, compared with its definition."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.boards.votes.agreement import measure

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
def test_alpha_is_what_the_definition_gives(judged):
    measured, plain = measure(judged), plain_alpha(judged)
    assert (measured.alpha is None) == (plain is None)
    if plain is not None:
        assert measured.alpha == pytest.approx(plain)


def test_the_example_of_the_book():
    """Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", B: nominal, two coders."""
    meg, owen = "aabbdcccedda", "babbbccceddd"
    judged = [("meg", n, value) for n, value in enumerate(meg)]
    judged += [("owen", n, value) for n, value in enumerate(owen)]
    measured = measure(judged)
    assert measured.alpha == pytest.approx(0.692, abs=0.001)
    assert (measured.voters, measured.shared) == (2, 12)


@pytest.mark.parametrize(
    ("voters", "pairs", "is_known"), [(1, 9, False), (2, 4, False), (2, 5, True)]
)
def test_few_judgements_tell_nothing(voters, pairs, is_known):
    judged = [(f"v{voter}", pair, "first") for voter in range(voters) for pair in range(pairs)]
    measured = measure(judged)
    assert measured.is_known is is_known
    assert measured.sentence.startswith(
        "Two voters agree on 100 %" if is_known else "There are too few"
    )
    assert measured.alpha_words == ""  # alpha is undefined if all judgements are equal
