"""How many examples each law gets; neither a clock nor chance decides the outcome.

A normal run tries a few examples, the same each time; `make test-all` tries ten times as many, and
`HYPOTHESIS_PROFILE=long` a hundred times.
"""

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from tests.sampling import IS_EXHAUSTIVE, IS_LONG

USUAL = 10
FACTOR = 100 if IS_LONG else 10 if IS_EXHAUSTIVE else 1


def cases(few: int) -> int:
    """Return the number of examples for a law that gets `few` in a normal run."""
    return few * FACTOR


def lay_down() -> None:
    """Apply these settings to every law that has none of its own."""
    if not IS_LONG:
        # Otherwise the texts and numbers of all loaded modules influence the examples.
        providers._get_local_constants = Constants
    settings.register_profile(
        "laws",
        max_examples=cases(USUAL),
        deadline=None,
        derandomize=not IS_LONG,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("laws")
