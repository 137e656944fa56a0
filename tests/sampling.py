"""Takes some cases of a matrix: a fixed few, and more by a seed that the test run prints.

`make test-all` takes all of them. `VITRINE_TEST_SEED=<seed>` repeats a choice.
"""

import os
import random
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")
IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
IS_EXHAUSTIVE = IS_LONG or os.environ.get("VITRINE_TEST_ALL") == "1"  # tests/run.py sets it
# Processes of the same test run inherit it, because all must collect the same tests.
SEED = os.environ.setdefault("VITRINE_TEST_SEED", str(random.randrange(10_000)))


def sample(every: Sequence[T], few: int, *, by_seed: int = 0) -> Sequence[T]:
    """Return `few` of these, evenly spread, and `by_seed` others at random, in their order."""
    if IS_EXHAUSTIVE or few + by_seed >= len(every):
        return every
    fixed = [n * len(every) // few for n in range(few)]
    others = [n for n in range(len(every)) if n not in fixed]
    # A seed per matrix: the choice must not depend on other samples or on their order.
    chosen = random.Random(f"{SEED} {len(every)}").sample(others, by_seed)
    return [every[n] for n in sorted([*fixed, *chosen])]


def one_of_each(every: Iterable[T], kind: Callable[[T], Hashable], of: object) -> list[T]:
    """Return one case of each kind, in the order of kinds, chosen by the seed and by `of`."""
    kinds: dict[Hashable, list[T]] = {}
    for case in every:
        kinds.setdefault(kind(case), []).append(case)
    if IS_EXHAUSTIVE:
        return [case for group in kinds.values() for case in group]
    chance = random.Random(f"{SEED} {of}")
    return [chance.choice(group) for group in kinds.values()]
