"""The list of slow files that ends `make test`."""

from __future__ import annotations

from pytest import TestReport  # noqa: PT013  (a class whose name begins with Test)

from tests.slowest_files import SHOWN, seconds_by_file


def report(nodeid: str, duration: float) -> TestReport:
    return TestReport(nodeid, ("", 0, ""), {}, "passed", None, "call", duration=duration)


def test_phases_of_a_file_are_summed_and_sorted_slowest_first() -> None:
    seconds = seconds_by_file(
        [report("a.py::one", 1.0), report("b.py::one", 2.5), report("a.py::two", 2.0)]
    )
    assert seconds == [("a.py", 3.0), ("b.py", 2.5)]


def test_the_list_is_short() -> None:
    assert len(seconds_by_file([report(f"{n}.py::one", n) for n in range(50)])) == SHOWN
