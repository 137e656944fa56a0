"""The installed wheel works in any folder: it starts, runs models and stops.

It uses the dependencies of this environment, so the test needs no package index.
"""

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from core.version import version
from tests.processes import ROOT

PATIENCE_S = 120
Vitrine = Callable[..., str]


def free_port() -> int:
    """Return the first of three free ports: web, sandbox, realtime."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    (built,) = folder.glob("vitrine-*.whl")
    with zipfile.ZipFile(built) as archive:
        names = {
            Path(name).parts[2] for name in archive.namelist() if name.startswith("vitrine/app/")
        }
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "vitrine"}
    beside = {"commit.txt", "deploy", "manage.py", "requirements", "static", "templates"}
    assert names == {*packages, *beside}
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`vitrine` in a virtual environment of its own."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python")]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", "--force-reinstall", str(wheel)],
        check=True,
        timeout=PATIENCE_S,
    )
    return folder / "bin/vitrine"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has set only a port."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PORT": str(free_port()),
        "SYNC_INTERVAL_MINUTES": "60",
    }


@pytest.fixture
def running(program: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[Path]:
    """`vitrine up`, started in a folder that is no checkout."""
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "up"], cwd=tmp_path, env=environment, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + PATIENCE_S
        while "Vitrine is up" not in (tmp_path / "log").read_text():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.2)
        yield tmp_path
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)


@pytest.fixture
def vitrine(program: Path, environment: dict[str, str], tmp_path: Path) -> Vitrine:
    """`vitrine("token", "owner")` → what the command printed."""

    def run(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [program, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stderr if code else done.stdout

    return run


@pytest.mark.exhaustive
def test_the_installed_wheel_runs_models(environment, running, vitrine):
    assert vitrine("manage", "help", "token").startswith("usage: vitrine token")
    secret = vitrine("token", "owner").strip()
    address = f"http://127.0.0.1:{environment['PORT']}"
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=address, headers=headers, timeout=PATIENCE_S) as client:
        until = time.monotonic() + PATIENCE_S
        while "sandbox/aurora" not in client.get("/api/v1/models?q=northern+light").text:
            assert time.monotonic() < until  # the first sync is still running
            time.sleep(1)
        wanted = {"endpoint_id": "sandbox/aurora", "arguments": {"prompt": "a lighthouse"}}
        run = client.post("/api/v1/runs?wait=60", json=wanted).json()
        assert run["state"] == "succeeded"
        assert client.get("/api/v1/me").json()["version"] == version()
        question = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        assert "run_model" in client.post("/mcp", json=question).text
    assert (running / "data/vitrine/vitrine.sqlite3").exists()


@pytest.mark.exhaustive
def test_the_installed_wheel_says_what_to_do_first(vitrine):
    refusal = vitrine("token", "owner", code=1)
    assert "vitrine up" in refusal
    assert "Traceback" not in refusal


@pytest.mark.exhaustive
def test_the_wheel_contains_no_data_or_secrets(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if "sqlite" in Path(name).name or "/var/" in name]
    assert not [name for name in names if Path(name).name == ".env"]
