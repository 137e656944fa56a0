"""Pytest plugin of `tests.run`: the processor seconds of each test file and of programs it starts.

It prints the most expensive files, and `--costs FILE` writes the costs of all files, and of each
expensive test. `python -m tests.run --all --write-costs` so writes `tests/costs.txt`: the most
expensive files start first, `make check` runs the cheapest files that fit into its time, and `make
test` runs some of the expensive tests, chosen by its seed (`tests/distribution.py`).
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

KNOWN = Path(__file__).with_name("costs.txt")
SHOWN = 25
DEAR_S = 0.1  # a test is expensive from here on
PROPERTY = "processor_s"  # the property of a test's last report, which travels from its process


@dataclass(frozen=True)
class Cost:
    """The cost of a file's tests together, in seconds of one processor."""

    file: str
    seconds: float
    tests: int

    @property
    def of_one(self) -> float:
        """Return the mean of its tests, in seconds."""
        return self.seconds / self.tests


def known_costs() -> list[Cost]:
    """Return the costs of files in `tests/costs.txt`."""
    return [cost for cost in _read() if "::" not in cost.file]


def expensive_tests() -> set[str]:
    """Return the functions of expensive tests, as `tests/x/test_y.py::test_z`."""
    return {cost.file for cost in _read() if "::" in cost.file}


def file_of(nodeid: str) -> str:
    """Return the file of a test's id."""
    return nodeid.partition("::")[0]


def function_of(nodeid: str) -> str:
    """Return a test's id without its parameters."""
    return nodeid.partition("[")[0]


def _read() -> list[Cost]:
    lines = KNOWN.read_text().splitlines() if KNOWN.exists() else []
    return [Cost(file, float(s), int(n)) for s, n, file in map(str.split, lines)]


def files_left_out(costs: Sequence[Cost], seconds: float) -> list[str]:
    """Return the files that do not fit into these seconds, if the cheapest come first.

    A file without a known cost is new, and always fits.
    """
    left_out = []
    for cost in sorted(costs, key=lambda cost: cost.of_one):
        seconds -= cost.seconds
        if seconds < 0:
            left_out.append(cost.file)
    return left_out


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--costs", help="write the processor seconds of each file to this file")


def processor_s() -> float:
    """Return the seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Remember when the test began, in processor seconds."""
    item.stash[_BEGAN] = processor_s()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    """Add the test's cost to its last report."""
    if call.when == "teardown":
        item.user_properties.append((PROPERTY, processor_s() - item.stash[_BEGAN]))
    return (yield)


_BEGAN = pytest.StashKey[float]()


def costs_of(
    reports: Iterable[pytest.TestReport], key: Callable[[str], str] = file_of
) -> list[Cost]:
    """Return costs, highest first: of each file, or of the `key` of each test's id."""
    seconds: defaultdict[str, float] = defaultdict(float)
    tests = Counter[str]()
    for report in reports:
        if report.when == "teardown":
            name = key(report.nodeid)
            seconds[name] += sum(
                float(str(s)) for of, s in report.user_properties if of == PROPERTY
            )
            tests[name] += 1
    costs = [Cost(name, round(s, 2), tests[name]) for name, s in seconds.items()]
    return sorted(costs, key=lambda cost: -cost.seconds)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the most expensive files, and write the costs of all files if asked."""
    stats = terminalreporter.stats.values()
    reports = [report for kind in stats for report in kind if isinstance(report, pytest.TestReport)]
    costs = costs_of(reports)
    total = sum(cost.seconds for cost in costs)
    terminalreporter.section(f"dearest files, of {total:.0f} processor seconds")
    for cost in costs[:SHOWN]:
        terminalreporter.write_line(f"{cost.seconds:6.1f} s  {cost.tests:4}  {cost.file}")
    if file := config.getoption("costs"):
        costs += [cost for cost in costs_of(reports, function_of) if cost.of_one >= DEAR_S]
        lines = [f"{cost.seconds:.2f} {cost.tests} {cost.file}\n" for cost in costs]
        Path(file).write_text("".join(sorted(lines, key=lambda line: line.split()[2])))
