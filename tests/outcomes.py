"""Pytest plugin of `tests.run`: `--outcomes FILE` writes how many tests passed and which failed."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Outcomes:
    """The end of a pytest run; a test with an error in its set-up or teardown has failed."""

    code: int
    passed: int
    failed: list[str]  # node ids
    left_out: dict[str, int] = field(default_factory=dict)  # tests by the program that they need

    @property
    def can_be_repeated(self) -> bool:
        """Return whether only tests failed, and no import or pytest itself."""
        return self.code == pytest.ExitCode.TESTS_FAILED and bool(self.failed)


LEFT_OUT = pytest.StashKey[dict[str, int]]()


def read(file: Path, code: int) -> Outcomes:
    """Return the content of `file`; without it, pytest has ended early, with `code`."""
    return Outcomes(**json.loads(file.read_text())) if file.exists() else Outcomes(code, 0, [])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", help="write the outcomes of the tests to this file")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass the left-out tests of this process to the process that distributes the tests."""
    if output := getattr(session.config, "workeroutput", None):
        output["left_out"] = session.config.stash.get(LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)  # a hook of xdist
def pytest_testnodedown(node: Any) -> None:
    """Read the left-out tests of any process: all collect the same tests."""
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
