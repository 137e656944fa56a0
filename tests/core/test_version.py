"""A version is named with its commit, wherever its code comes from."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from core.version import SHORT, full_version, number, version
from tests.processes import ROOT

ARCHIVE = ["git", "archive", "--worktree-attributes", "HEAD", "commit.txt", "pyproject.toml"]


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """Forget what was read, before and after."""
    full_version.cache_clear()
    yield
    full_version.cache_clear()


def test_a_checkout_and_its_archive_name_the_same_commit(
    settings: LazySettings, tmp_path: Path
) -> None:
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True)
    assert full_version() == f"{version()} ({head[:SHORT]})"
    assert number(full_version()) == version()
    archive = subprocess.check_output(ARCHIVE, cwd=ROOT)
    subprocess.run(["tar", "-x"], cwd=tmp_path, input=archive, check=True)
    settings.BASE_DIR = tmp_path
    full_version.cache_clear()
    assert full_version() == f"{version()} ({head[:SHORT]})"


def test_a_copy_without_its_history_has_a_number_alone(
    settings: LazySettings, tmp_path: Path
) -> None:
    for name in ("commit.txt", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    settings.BASE_DIR = tmp_path
    assert full_version() == version()
