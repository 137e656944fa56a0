"""The targets of the Makefile that build and delete the environment, and those that delete data."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

pytestmark = [pytest.mark.system, pytest.mark.needs("make")]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with data, and with a lock whose installation leaves a note."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/run.txt").touch()
    (tmp_path / "requirements/install.sh").write_text('echo "$@" >> installed\n')
    (tmp_path / "var/static").mkdir(parents=True)
    (tmp_path / "var/vitrine.sqlite3").touch()
    return tmp_path


def make(checkout: Path, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    command = ["make", f"PYTHON={sys.executable}", *arguments]
    return subprocess.run(
        command, cwd=checkout, input=answer, capture_output=True, text=True, check=False
    )


def test_clean_deletes_what_is_built_and_no_data(checkout):
    (checkout / ".venv").mkdir()
    assert make(checkout, "clean").returncode == 0
    assert not (checkout / ".venv").exists()
    assert [file.name for file in (checkout / "var").iterdir()] == ["vitrine.sqlite3"]


@pytest.mark.parametrize(("answer", "is_left"), [("", True), ("n\n", True), ("y\n", False)])
def test_reset_deletes_data_after_a_question(checkout, answer, is_left):
    done = make(checkout, "reset", answer=answer)
    assert f"secrets in {checkout}/var for ever? [y/N]" in done.stdout
    assert ("Nothing was deleted." in done.stdout) == is_left
    assert (checkout / "var").exists() == is_left


def test_the_environment_is_made_anew_with_its_python_and_its_lock(checkout):
    python = checkout / ".venv/bin/python"

    def installed() -> int:
        done = make(checkout, ".venv/run.stamp")
        assert done.returncode == 0, done.stderr
        assert subprocess.run([python, "--version"], check=False).returncode == 0
        return len((checkout / "installed").read_text().splitlines())

    assert [installed(), installed()] == [1, 1]
    python.unlink()
    python.symlink_to("/usr/bin/python3.of-the-last-release")
    assert installed() == 2
    (packages,) = checkout.glob(".venv/lib/python*")
    packages.rename(packages.with_name("python3.0"))
    assert installed() == 3
    (packages / "site-packages/left_the_lock.py").touch()
    newer = (checkout / ".venv/run.stamp").stat().st_mtime + 0.01  # clocks can be set back
    os.utime(checkout / "requirements/run.txt", (newer, newer))
    assert installed() == 4
    assert not (packages / "site-packages/left_the_lock.py").exists()
