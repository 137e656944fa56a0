"""What `make test` says when tests fail: once more, alone, and what is unsteady."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from tests import run
from tests.outcomes import Outcomes
from tests.run import MOST_REPEATED, MOST_UNSTEADY, Pass, run_and_repeat

# Passes only at the second try, as a test does that a busy machine failed.
UNSTEADY = """
from pathlib import Path

def test_late():
    marker = Path(__file__).with_suffix(".late")
    is_second = marker.exists()
    marker.touch()
    assert is_second
"""


@dataclass(frozen=True)
class Fixed(Pass):
    """A pass whose outcome is given, with the tests that fail again."""

    outcome: Outcomes = field(default_factory=lambda: Outcomes(0, 10, []))
    again: frozenset[str] = frozenset()

    def run(self, output: IO[bytes] | None = None) -> Outcomes:
        return self.outcome

    def repeat(self, failed: Sequence[str]) -> set[str]:
        print(f"repeated {len(failed)} on {self.name}")
        return {*self.again}


def fixed(code: int = 0, failed: Sequence[str] = (), again: Sequence[str] = ()) -> Fixed:
    return Fixed("SQLite", (), 1, {}, Outcomes(code, 10, [*failed]), frozenset(again))


# Starts sooner than with the plugins of Django, Hypothesis and others.
ONLY_XDIST = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}
Lines = Callable[[], list[str]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: capsys.readouterr().out.splitlines()


def test_a_test_that_passes_at_its_second_try_is_named_and_fails_nothing(lines: Lines) -> None:
    assert run_and_repeat([fixed(), fixed(1, ["a.py::one", "a.py::two"])]) == 0
    repeated, unsteady, closing = lines()[-3:]
    assert repeated == "repeated 2 on SQLite"
    assert unsteady == "== 2 unsteady: a.py::one, a.py::two"
    assert closing.startswith("22 passed, 0 failed, 2 unsteady in ")


def test_a_test_that_fails_twice_fails_the_run(lines: Lines) -> None:
    assert run_and_repeat([fixed(1, ["a.py::one", "a.py::two"], ["a.py::two"])]) == 1
    assert lines()[-1].startswith("11 passed, 1 failed, 1 unsteady in ")


def test_more_than_three_unsteady_tests_fail_the_run(lines: Lines) -> None:
    names = [f"a.py::test_{n}" for n in range(MOST_UNSTEADY + 1)]
    assert run_and_repeat([fixed(1, names[:-1])]) == 0
    assert run_and_repeat([fixed(1, names[:2]), fixed(1, names[2:])]) == 1
    assert "== more than 3 unsteady tests fail the run" in lines()


def test_many_failures_are_not_run_again(lines: Lines) -> None:
    names = [f"a.py::test_{n}" for n in range(MOST_REPEATED + 1)]
    assert run_and_repeat([fixed(1, names)]) == 1
    assert lines()[0].startswith("10 passed, 21 failed in ")


@pytest.mark.parametrize("code", [1, 2, 3, 5])
def test_what_is_wrong_beside_the_tests_fails_the_run(code: int, lines: Lines) -> None:
    """A file that cannot be imported, an interruption, no test at all."""
    assert run_and_repeat([fixed(), fixed(code)]) == code
    assert lines()[-1].startswith("20 passed, 0 failed in ")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pass:
    """A pass over the tests of an empty folder."""
    (tmp_path / "pytest.ini").write_text("[pytest]")
    monkeypatch.chdir(tmp_path)
    return Pass("Here", (), 1, {"PYTHONPATH": str(run.TESTS.parent)} | ONLY_XDIST)


@pytest.mark.system
def test_pytest_is_asked_again_for_exactly_what_failed(
    here: Pass, capfd: pytest.CaptureFixture[str]
) -> None:
    steady = "def test_steady(): pass\n\ndef test_broken(): assert False\n"
    Path("test_it.py").write_text(steady + UNSTEADY)
    assert run_and_repeat([here]) == 1
    *lines, unsteady, closing = capfd.readouterr().out.splitlines()
    assert unsteady == "== 1 unsteady: test_it.py::test_late"
    assert closing.startswith("2 passed, 1 failed, 1 unsteady in ")
    again = lines.index("== Here: what failed, once more and alone")
    assert any(line.startswith("1 failed, 1 passed in ") for line in lines[again:])


@pytest.mark.system
def test_a_file_that_cannot_be_imported_is_an_error(
    here: Pass, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("test_it.py").write_text("import nothing_like_it")
    assert run_and_repeat([here]) > 0
    assert "once more" not in capfd.readouterr().out


def test_files_for_both_databases_are_found_by_their_mark() -> None:
    files = run.files_for_both_databases()
    assert files
    assert all("both_databases" in Path(file).read_text() for file in files)
    assert len(files) < 140  # `make test-all` runs all of them
