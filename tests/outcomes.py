"""Pytest plugin of `tests.run`: `--outcomes FILE` writes how many tests passed and which failed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Outcomes:
    """How one run of pytest ended; a test that failed in its set-up or teardown failed."""

    code: int
    passed: int
    failed: list[str]  # node ids
    left_out: dict[str, int] = field(default_factory=dict)  # tests by the program they need

    @property
    def can_be_repeated(self) -> bool:
        """Whether failed tests are all that was wrong, not an import or pytest itself."""
        return self.code == pytest.ExitCode.TESTS_FAILED and bool(self.failed)


LEFT_OUT = pytest.StashKey[dict[str, int]]()


def read(file: Path, code: int) -> Outcomes:
    """Return what `file` says; without it pytest ended early, with `code`."""
    return Outcomes(**json.loads(file.read_text())) if file.exists() else Outcomes(code, 0, [])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", help="write the outcomes of the tests to this file")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what this process left out to the one that distributes the tests."""
    if output := getattr(session.config, "workeroutput", None):
        output["left_out"] = session.config.stash.get(LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)  # of xdist
def pytest_testnodedown(node: Any) -> None:
    """All processes collect the same tests, so the last one's word is as good as the first's."""
    output = getattr(node, "workeroutput", {})
    node.config.stash[LEFT_OUT] = output.get("left_out", {})


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Write the file, in the process that distributes the tests."""
    if not (file := config.getoption("outcomes")):
        return
    stats = terminalreporter.stats
    errors = [*stats.get("failed", []), *stats.get("error", [])]
    failed = {report.nodeid for report in errors if isinstance(report, pytest.TestReport)}
    is_other = any(not isinstance(report, pytest.TestReport) for report in errors)
    passed = {report.nodeid for report in stats.get("passed", [])} - failed
    code = pytest.ExitCode.INTERRUPTED if is_other else pytest.ExitCode(exitstatus)
    outcomes = Outcomes(int(code), len(passed), sorted(failed), config.stash.get(LEFT_OUT, {}))
    Path(file).write_text(json.dumps(asdict(outcomes)))
