"""Pytest plugin of `make test` and `make check`: prints the files that took longest.

Set-up counts for the test that required it first; times of parallel processes are added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pytest import TerminalReporter, TestReport  # noqa: PT013

SHOWN = 25


def seconds_by_file(reports: Iterable[TestReport]) -> list[tuple[str, float]]:
    """The slowest files with their seconds, slowest first."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for report in reports:
        seconds[report.nodeid.partition("::")[0]] += report.duration
    return sorted(seconds.items(), key=lambda item: -item[1])[:SHOWN]


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print the list after the results."""
    reports = [
        report
        for kind in terminalreporter.stats.values()
        for report in kind
        if isinstance(report, TestReport)
    ]
    terminalreporter.section("slowest files")
    for name, duration in seconds_by_file(reports):
        terminalreporter.write_line(f"{duration:6.1f} s  {name}")
