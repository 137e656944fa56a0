"""How many cases each law is tried on; neither a clock nor chance decides the outcome.

A normal run tries few, the same ones each time; `make test-all` tries ten times as many, and
`HYPOTHESIS_PROFILE=long` a hundred times.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from tests.sampling import IS_EXHAUSTIVE, IS_LONG

USUAL = 10
FACTOR = 100 if IS_LONG else 10 if IS_EXHAUSTIVE else 1


def cases(few: int) -> int:
    """The number of examples for a law that a normal run tries on `few`."""
    return few * FACTOR


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
