"""Strengths and intervals are those of choix, over a thousand random sets of votes.

choix minimises `alpha * sum(s²) + sum(log(1 + exp(s_loser - s_winner)))`, which is the negative log
posterior of this house's fit for `alpha = 1 / (2 d²)` with d = `PRIOR_DEVIATION`: an independent
normal prior of each score is the penalty s² / (2 d²). choix knows no ties. A tie is half a win for
each here, so every comparison is given to choix twice, a tie once each way, with twice the `alpha`:
twice the objective has the same minimum, and twice the Hessian. (`ilsr_pairwise` regularises
otherwise, by pseudo-comparisons, and has no normal prior that corresponds to it.)

The prior of different connected parts is independent, so that the joint minimum is that of each
part alone: choix gets all votes at once, and its scores are centred by part as ours are.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime

import choix
import numpy as np
import pytest
from choix.opt import PairwiseFcts

from boards.leaderboard import strength
from boards.leaderboard.tallies import PairTally
from boards.votes import bradley_terry
from boards.votes.bradley_terry import PRIOR_DEVIATION, Z_95
from boards.votes.rankings import MIDDLE, SCALE
from tests.sampling import sample

pytestmark = pytest.mark.any_database
SEEDS = sample(range(1000), 10, by_seed=10)
ALPHA = 2 / (2 * PRIOR_DEVIATION**2)  # of twice the comparisons
AT = datetime(2026, 11, 27, tzinfo=UTC)


def random_votes(seed: int) -> tuple[int, list[PairTally]]:
    """Some models, and the votes on some of their pairs: few or many, lopsided or not."""
    chance = random.Random(seed)
    count = chance.randint(2, 7)
    skill = [chance.gauss(0, 1.5) for _ in range(count)]
    pairs = []
    for first in range(count):
        for second in range(first + 1, count):
            if chance.random() < 0.4:
                continue
            share = 1 / (1 + np.exp(skill[second] - skill[first]))
            votes = [chance.random() for _ in range(chance.randint(1, 9))]
            ties = sum(vote > 0.9 for vote in votes)
            wins = sum(vote < 0.9 * share for vote in votes)
            losses = len(votes) - ties - wins
            pairs.append(PairTally(first, second, "", wins, losses, ties, 0, AT))
    return count, pairs


def for_choix(pairs: list[PairTally]) -> list[tuple[int, int]]:
    """The comparisons as (winner, loser), each twice."""
    return [
        outcome
        for pair in pairs
        for outcome in (
            *[(pair.first, pair.second)] * (2 * pair.first_wins + pair.ties),
            *[(pair.second, pair.first)] * (2 * pair.second_wins + pair.ties),
        )
    ]


def test_strengths_and_intervals_are_those_of_choix() -> None:
    compared = 0
    for seed in SEEDS:
        count, pairs = random_votes(seed)
        data = for_choix(pairs)
        expected = choix.opt_pairwise(count, data, alpha=ALPHA, tol=1e-10)
        fit = bradley_terry.fit(strength.wins_of(pairs, {n: n for n in range(count)}), count)
        assert fit.scores == pytest.approx(expected, abs=1e-4)
        covariance = np.linalg.inv(PairwiseFcts(data, ALPHA).hessian(expected) / 2)
        for part in strength.parts(pairs):
            members = [own.model for own in part]
            mean, centre = expected[members].mean(), np.eye(len(members)) - 1 / len(members)
            centred = centre @ covariance[np.ix_(members, members)] @ centre
            for place, own in enumerate(part):
                half = Z_95 * np.sqrt(centred[place, place]) * SCALE
                score = MIDDLE + (expected[own.model] - mean) * SCALE
                assert own.score == pytest.approx(score, abs=0.5 + SCALE * 1e-4)
                assert own.high == pytest.approx(score + half, abs=0.5 + SCALE * 1e-3)
                assert own.low == pytest.approx(score - half, abs=0.5 + SCALE * 1e-3)
                compared += 1
    assert compared > 2 * len(SEEDS)  # nothing was left out
