"""Each benchmark measures something: started as by `make bench`, for one small round."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.__main__ import BENCHMARKS, find
from tests.bench.stage.stage import Stage

# Options that make a round small. Benchmarks without an entry are small already.
SMALL: dict[str, dict[str, Any]] = {
    "g1": {"lengths": (0.1,)},
    "g3": {"crowds": (4,)},
    "g4": {"tabs": 1, "seconds": 0.5},
    "g10": {"clients": 2, "seconds": 0.2, "views": 2},
    "g12": {"count": 200},
    "g14": {"count": 300},
    "g13": {"settle_s": 0.0, "measured_s": 1.0},
}


@pytest.fixture(scope="module")
def stage(migrated: Path, collected: Path) -> Iterator[Stage]:
    """Its database is migrated and its static files are collected."""
    with Stage(filler=0, is_calm=False) as stage:
        var = stage.product.checkout / "var"
        shutil.copytree(collected, var / "static")
        shutil.copy(migrated, var / "vitrine.sqlite3")
        yield stage


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_is_found_by_its_name(name):
    assert callable(find(BENCHMARKS[name][0]))
    assert {*SMALL} <= {*BENCHMARKS}


@pytest.mark.exhaustive
@pytest.mark.browser
@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_measures_its_goals(stage, name):
    more = SMALL.get(name, {})
    goals = find(BENCHMARKS[name][0])(stage, 1, False, **more)
    assert goals
    assert all(goal.name and goal.what for goal in goals)
