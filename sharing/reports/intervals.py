"""The 95 % interval of a share of votes."""

from __future__ import annotations

import math

Z_95 = 1.96


def wilson(won: float, votes: int) -> tuple[float, float]:
    """Return the bounds of the true share after `won` of `votes` (E. B. Wilson, 1927).

    In the whole range without votes. Ties count half, which makes the interval a little wide.
    """
    if votes <= 0:
        return 0.0, 1.0
    share, square = won / votes, Z_95**2
    middle = (share + square / (2 * votes)) / (1 + square / votes)
    inner = share * (1 - share) / votes + square / (4 * votes**2)
    half = Z_95 * math.sqrt(max(inner, 0.0)) / (1 + square / votes)
    return max(middle - half, 0.0), min(middle + half, 1.0)
