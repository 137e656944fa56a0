"""Bradley-Terry scores of things that were compared in pairs, with their uncertainty.

Model: the probability that i beats j is 1 / (1 + exp(s_j - s_i)) (R. A. Bradley and M. E. Terry,
"Rank Analysis of Incomplete Block Designs: I. The Method of Paired Comparisons", Biometrika 39,
1952). A tie counts as half a win for each. The scores are the posterior mode under independent
normal priors of standard deviation `PRIOR_DEVIATION`, found by Newton's method; the covariance is
the inverse Hessian there (Laplace's approximation). With this prior, a difference of two things is
significant (95 %) from six wins out of six on, as in the exact binomial test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

PRIOR_DEVIATION = 1.5
Z_95 = 1.96
MAX_STEPS, MAX_MOVE, SMALL = 50, 2.0, 1e-9
Wins = Mapping[tuple[int, int], float]  # (winner, loser) → number of wins


@dataclass(frozen=True)
class Fit:
    """Scores with mean zero, and the covariance of their differences."""

    scores: Matrix
    covariance: Matrix

    def chance(self, first: int, other: int) -> float:
        """Return the probability that `first` beats `other`."""
        return 1 / (1 + math.exp(self.scores[other] - self.scores[first]))

    def variance(self, first: int, other: int) -> float:
        """Return the variance of the difference of two scores."""
        c = self.covariance
        return float(c[first, first] + c[other, other] - 2 * c[first, other])

    def is_better(self, first: int, other: int) -> bool:
        """Whether `first` is better than `other` with 95 % confidence."""
        difference = self.scores[first] - self.scores[other]
        return bool(difference > Z_95 * math.sqrt(self.variance(first, other)))

    def half_width(self, number: int) -> float:
        """Return half the width of a score's 95 % interval."""
        return Z_95 * math.sqrt(max(self.covariance[number, number], 0.0))

    def information(self, first: int, other: int) -> float:
        """Return the expected information of one more comparison of the two."""
        p = self.chance(first, other)
        return p * (1 - p) * self.variance(first, other)


def fit(wins: Wins, count: int) -> Fit:
    """Fit the scores of `count` things, which `wins` numbers from 0."""
    import numpy as np  # large: most web processes never count a vote

    won = np.zeros((count, count))
    if not count:
        return Fit(np.zeros(0), won)
    for (winner, loser), times in wins.items():
        won[winner, loser] += times
    played = won + won.T
    scores = np.zeros(count)
    for _ in range(MAX_STEPS):
        gradient, information = _derivatives(scores, won, played)
        move = np.clip(np.linalg.solve(information, gradient), -MAX_MOVE, MAX_MOVE)
        scores = scores + move
        if np.abs(move).max() < SMALL:
            break
    _, information = _derivatives(scores, won, played)
    centre = np.eye(count) - 1 / count
    return Fit(scores - scores.mean(), centre @ np.linalg.inv(information) @ centre)


def _derivatives(scores: Matrix, won: Matrix, played: Matrix) -> tuple[Matrix, Matrix]:
    """Return the gradient and the negative Hessian of the log posterior."""
    import numpy as np

    chance = 1 / (1 + np.exp(scores[None, :] - scores[:, None]))
    precision = 1 / PRIOR_DEVIATION**2
    gradient = won.sum(axis=1) - (played * chance).sum(axis=1) - scores * precision
    weight = played * chance * (1 - chance)
    information = np.diag(weight.sum(axis=1) + precision) - weight
    return gradient, information
