"""How many cases each law is tried on; neither a clock nor chance decides the outcome.

A normal run tries few, the same ones each time; `HYPOTHESIS_PROFILE=long` tries a hundred times as
many.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from tests.sampling import IS_LONG

USUAL, LONG_FACTOR = 10, 100


def cases(few: int) -> int:
    """The number of examples for a law that a normal run tries on `few`."""
    return few * LONG_FACTOR if IS_LONG else few


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
