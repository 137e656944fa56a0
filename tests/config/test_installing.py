"""`make run` installs with uv, or with pip if uv is not available or fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Programs that record their calls; those listed in `broken` fail.
PYTHON = """#!/bin/sh
echo "pip $*" >> "{folder}/calls"
case "$*" in
  *"config get"*) echo "https://mirror.example/simple" ;;
  *uv.txt*) [ ! -e "{folder}/no-uv" ] ;;
esac
"""
UV = """#!/bin/sh
echo "uv $* from $UV_DEFAULT_INDEX" >> "{folder}/calls"
[ ! -e "{folder}/broken-uv" ]
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with a `python` and a `uv`."""
    for name, text in (("python", PYTHON), ("uv", UV)):
        program = tmp_path / name
        program.write_text(text.format(folder=tmp_path))
        program.chmod(0o755)
    return tmp_path


def install(programs: Path) -> list[str]:
    command = ["sh", "requirements/install.sh", str(programs / "python"), "run.txt"]
    subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin"}
    )
    calls = (programs / "calls").read_text().splitlines()
    return [call for call in calls if "run.txt" in call]


def test_uv_uses_the_package_index_of_pip(programs: Path) -> None:
    (call,) = install(programs)
    assert call.startswith("uv pip install")
    assert "--require-hashes" in call
    assert call.endswith("from https://mirror.example/simple")


@pytest.mark.parametrize("trouble", ["no-uv", "broken-uv"])
def test_pip_is_the_fallback_for_uv(programs: Path, trouble: str) -> None:
    (programs / trouble).touch()
    assert install(programs)[-1].startswith("pip -m pip install")
