"""Which tests one process runs."""

from __future__ import annotations

import re
from pathlib import Path

from tests import distribution
from tests.distribution import GROUP, LONGEST, SPREAD, VITRINES, unit_of

TESTS = Path(__file__).parent
STARTS_VITRINE = re.compile(
    r"\bvitrine: Up|: Open, open_page|__all__ = .*\b(context|log_in|open_page)\b"
)


def test_a_file_stays_together_and_those_of_a_group_too() -> None:
    assert unit_of("tests/core/test_x.py::test_a[1]") == unit_of("tests/core/test_x.py::test_b")
    assert unit_of("tests/core/test_x.py::test_a") != unit_of("tests/core/test_y.py::test_a")
    files = ("runs/test_journey", "boards/test_judging")
    journey, judging = (f"tests/browser/{name}.py::test_a" for name in files)
    assert unit_of(journey) == unit_of(judging) == next(iter(VITRINES))


def test_the_tests_of_a_file_that_is_spread_are_apart() -> None:
    (file,) = SPREAD
    first, second = (f"tests/{file}.py::{name}" for name in ("test_a", "test_b"))
    assert unit_of(first) != unit_of(second)


def test_the_scheduler_asks_for_units() -> None:
    split = distribution.Scheduling._split_scope
    assert split(None, "tests/core/test_x.py::test_a") == "core/test_x"  # type: ignore[arg-type]


def test_every_file_that_is_named_is_there() -> None:
    named = {*GROUP, *SPREAD, *LONGEST} - {*VITRINES}
    assert not [name for name in named if not (TESTS / f"{name}.py").exists()]


def test_the_files_that_use_the_started_vitrine_share_it() -> None:
    using = {
        f"browser/{file.parent.name}/{file.stem}"
        for file in TESTS.glob("browser/*/test_*.py")
        if STARTS_VITRINE.search(file.read_text())
    }
    assert using == {*GROUP}
