"""Scores from comparisons in pairs, and how many votes it takes until they mean something."""

import math
import random

import choix
import numpy as np
import pytest
from choix.opt import PairwiseFcts
from hypothesis import given
from hypothesis import strategies as st

from features.boards.votes import bradley_terry
from features.boards.votes.bradley_terry import PRIOR_DEVIATION, Z_95, fit
from tests.sampling import sample
from tests.tables import each_row

pytestmark = pytest.mark.any_database


@each_row(
    ("won", "lost", "is_told"),
    [
        (1, 0, False), (3, 0, False), (5, 0, False), (6, 0, True),
        (7, 1, False), (9, 1, True), (10, 5, False), (60, 40, True), (55, 45, False),
    ],
)  # fmt: skip
def test_two_models_differ_after_as_many_votes_as_in_a_binomial_test(won, lost, *, is_told):
    ranking = fit({(0, 1): won, (1, 0): lost}, 2)
    assert ranking.is_better(0, 1) is is_told
    assert not ranking.is_better(1, 0)


def test_without_votes_all_models_are_equal_and_undecided():
    ranking = fit({}, 3)
    assert list(ranking.scores) == [0, 0, 0]
    assert not any(ranking.is_better(i, j) for i in range(3) for j in range(3) if i != j)
    assert fit({}, 0).scores.size == 0


def test_the_pair_with_fewest_votes_is_the_most_informative():
    ranking = fit({(0, 1): 20, (1, 0): 20}, 3)
    assert ranking.information(0, 2) > ranking.information(0, 1)


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] != pair[1]),
        st.integers(0, 10_000),
    )
)
def test_any_votes_give_finite_scores_around_zero(wins):
    ranking = fit(wins, 6)
    assert abs(float(ranking.scores.mean())) < 1e-9
    assert all(math.isfinite(ranking.half_width(i)) for i in range(6))
    # At the mode, the gradient of the log posterior is zero.
    for i in range(6):
        expected = sum(
            (wins.get((i, j), 0) + wins.get((j, i), 0)) * ranking.chance(i, j)
            for j in range(6)
            if j != i
        )
        won = sum(wins.get((i, j), 0) for j in range(6))
        prior = ranking.scores[i] / bradley_terry.PRIOR_DEVIATION**2
        assert won - expected - prior == pytest.approx(0, abs=1e-4)


SEEDS = sample(range(1000), 10, by_seed=10)
ALPHA = 2 / (2 * PRIOR_DEVIATION**2)  # choix gets each comparison twice


def random_votes(seed: int) -> tuple[int, dict[tuple[int, int], float]]:
    """Draw some models and wins on some of their pairs: few or many, lopsided or balanced."""
    chance = random.Random(seed)
    count = chance.randint(2, 7)
    skill = [chance.gauss(0, 1.5) for _ in range(count)]
    all_wins: dict[tuple[int, int], float] = {}
    for first in range(count):
        for second in range(first + 1, count):
            if chance.random() < 0.4:
                continue
            share = 1 / (1 + np.exp(skill[second] - skill[first]))
            votes = [chance.random() for _ in range(chance.randint(1, 9))]
            ties = sum(vote > 0.9 for vote in votes)
            wins = sum(vote < 0.9 * share for vote in votes)
            all_wins[first, second] = wins + ties / 2
            all_wins[second, first] = len(votes) - wins - ties / 2
    return count, all_wins


def for_choix(wins: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """Return the comparisons as pairs (winner, loser), each comparison twice."""
    return [pair for pair, number in wins.items() for _ in range(round(2 * number))]


@pytest.mark.system
def test_scores_and_intervals_are_those_of_choix():
    for seed in SEEDS:
        count, wins = random_votes(seed)
        data = for_choix(wins)
        expected = choix.opt_pairwise(count, data, alpha=ALPHA, tol=1e-10)
        fit = bradley_terry.fit(wins, count)
        assert fit.scores == pytest.approx(expected, abs=1e-4)
        covariance = np.linalg.inv(PairwiseFcts(data, ALPHA).hessian(expected) / 2)
        centre = np.eye(count) - 1 / count
        halves = Z_95 * np.sqrt(np.diag(centre @ covariance @ centre))
        assert [fit.half_width(place) for place in range(count)] == pytest.approx(halves, abs=1e-3)
