"""`make run` installs the lock with uv, or with pip if uv is not available or fails."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

pytestmark = [pytest.mark.system, pytest.mark.needs("package index")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what installs, and an environment that has only uv."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    shutil.copy(ROOT / "pyproject.toml", folder)
    subprocess.run([sys.executable, "-m", "venv", folder / ".venv"], check=True)
    install(folder, "uv.txt")
    return folder


def install(checkout: Path, lock: str, **variables: str) -> str:
    """Install a lock file; return what a person reads."""
    done = subprocess.run(
        ["sh", "requirements/install.sh", ".venv/bin/python", lock],
        cwd=checkout,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        sorted(file.name for file in (checkout / ".venv").iterdir() if "cache" in file.name) == []
    )
    return done.stdout + done.stderr


def installed(checkout: Path) -> set[str]:
    (packages,) = checkout.glob(".venv/lib/python*/site-packages")
    return {name.name.split("-")[0].lower() for name in packages.glob("*.dist-info")}


@pytest.mark.always
def test_uv_takes_the_lock_wherever_its_settings_and_its_home_are(checkout):
    """The constraint of pyproject.toml made uv refuse each lock, and pip took minutes instead."""
    constraints = checkout / "constraints.txt"
    constraints.write_text("python-dateutil<3\n")
    home = str(constraints / "no-folder")
    output = install(checkout, "run.txt", HOME=home, UV_CONSTRAINT=str(constraints))
    # pip may warn that it has no cache there
    assert "uv could not" not in output
    assert "error" not in output.lower()
    assert {"django", "uvicorn", "pillow"} <= installed(checkout)


def test_pip_takes_over_and_the_reason_is_said(checkout):
    lock = (ROOT / "requirements" / "run.txt").read_text()
    (one,) = re.findall(r"^sniffio==.*(?:\n    --hash.*)+", lock, re.MULTILINE)
    (checkout / "requirements" / "one.txt").write_text(one)
    subprocess.run([checkout / ".venv/bin/python", "-m", "pip", "uninstall", "-qy", "sniffio"])
    output = install(checkout, "one.txt", UV_CONFIG_FILE="/nowhere/uv.toml")
    assert "uv could not install requirements/one.txt: pip does, which takes longer." in output
    assert "failed to open file `/nowhere/uv.toml`" in output
    assert "sniffio" in installed(checkout)
