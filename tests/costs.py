"""Pytest plugin of `tests.run`: the processor seconds of each test file and of programs it starts.

It prints the most expensive files. `--costs FILE` writes those whose tests take longer than
`SLOW_S` each; `python -m tests.run --all --write-costs` so writes `tests/costs.txt`. `make check`
leaves these files out, `make test` runs some of the tests of those above `DEAR_S`, chosen by its
seed (`tests/distribution.py`).
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

KNOWN = Path(__file__).with_name("costs.txt")
SHOWN = 25
SLOW_S = 0.05  # a test; `make check` has no time for it
DEAR_S = 0.15
PROPERTY = "processor_s"  # the property of a test's last report, which travels from its process


def known_costs() -> dict[str, float]:
    """Return the mean seconds of a test in each slow file; files that are not there are quick."""
    lines = (line.split() for line in KNOWN.read_text().splitlines())
    return {file: float(seconds) for seconds, file in lines}


def file_of(nodeid: str) -> str:
    """Return the file of a test's id."""
    return nodeid.partition("::")[0]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--costs", help="write the processor seconds of slow files to this file")


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


def costs_of(reports: Iterable[pytest.TestReport]) -> Mapping[str, list[float]]:
    """Return the seconds of the tests in each file."""
    costs: defaultdict[str, list[float]] = defaultdict(list)
    for report in reports:
        if report.when == "teardown":
            seconds = (float(str(s)) for of, s in report.user_properties if of == PROPERTY)
            costs[file_of(report.nodeid)].append(sum(seconds))
    return costs


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the most expensive files, and write the costs of slow files if asked."""
    stats = terminalreporter.stats.values()
    reports = [report for kind in stats for report in kind if isinstance(report, pytest.TestReport)]
    costs = costs_of(reports)
    total = sum(map(sum, costs.values()))
    terminalreporter.section(f"dearest files, of {total:.0f} processor seconds")
    dearest = sorted(costs.items(), key=lambda cost: sum(cost[1]), reverse=True)
    for file, seconds in dearest[:SHOWN]:
        terminalreporter.write_line(f"{sum(seconds):6.1f} s  {len(seconds):4}  {file}")
    if to := config.getoption("costs"):
        means = {file: sum(seconds) / len(seconds) for file, seconds in costs.items()}
        slow = sorted(file for file, mean in means.items() if mean >= SLOW_S)
        Path(to).write_text("".join(f"{means[file]:.2f} {file}\n" for file in slow))
