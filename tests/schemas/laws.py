"""How many cases each law is tried on; neither a clock nor chance decides the outcome.

A normal run tries few, the same ones each time. `make test-all` walks every size and model that
`make test` only samples; `HYPOTHESIS_PROFILE=long` does so too, and tries a hundred times as many
other examples of each law.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

T = TypeVar("T")
USUAL, LONG_FACTOR = 10, 100
IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
IS_EXHAUSTIVE = IS_LONG or os.environ.get("VITRINE_TEST_ALL") == "1"  # tests/run.py sets it


def cases(few: int) -> int:
    """The number of examples for a law that a normal run tries on `few`."""
    return few * LONG_FACTOR if IS_LONG else few


def sample(every: Sequence[T], few: int) -> Sequence[T]:
    """Return `few` of these, evenly spread, for a normal run; all of them for `make test-all`."""
    return every if IS_EXHAUSTIVE else [every[n * len(every) // few] for n in range(few)]


def lay_down() -> None:
    """Let every law be tried like that, unless it says otherwise."""
    if not IS_LONG:
        # Else the cases vary with the texts and numbers of whatever modules are loaded so far.
        providers._get_local_constants = Constants
    settings.register_profile(
        "laws",
        max_examples=cases(USUAL),
        deadline=None,
        derandomize=not IS_LONG,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("laws")
