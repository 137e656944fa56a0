"""Pytest plugin of `tests.mutants`: writes the id of the first test that fails to a file."""

import os
from pathlib import Path

import pytest


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write the file that VITRINE_FIRST_FAILURE names."""
    if report.failed and not (file := Path(os.environ["VITRINE_FIRST_FAILURE"])).exists():
        file.write_text(report.nodeid)
