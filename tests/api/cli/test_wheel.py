"""The installed wheel works in any folder: it starts, searches, runs and stops.

It uses the dependencies of this environment, so the test needs no package index.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 120


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


async def converse(program: Path, environment: dict[str, str], folder: Path) -> str:
    """Return what an assistant gets over stdio, by the SDK's own client."""
    # Imported here: otherwise every process pays half a second when collecting this file.
    from mcp import Client, StdioServerParameters
    from mcp.types import TextContent

    parameters = StdioServerParameters(
        command=str(program), args=["mcp"], env=environment, cwd=folder
    )
    async with Client(parameters) as client:
        arguments = {"endpoint_id": "sandbox/aurora", "arguments": {"prompt": "a mill"}}
        result = await client.call_tool("run_model", arguments)
    assert not result.is_error
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.exhaustive
def test_the_installed_wheel_searches_and_runs(
    program: Path, environment: dict[str, str], running: Path
) -> None:
    def vitrine(*arguments: str) -> str:
        done = subprocess.run(
            [program, *arguments],
            cwd=running,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    until = time.monotonic() + PATIENCE_S
    while "sandbox/aurora" not in vitrine("search", "northern light"):
        assert time.monotonic() < until  # the first sync is still running
        time.sleep(1)
    vitrine("run", "sandbox/aurora", "prompt=a lighthouse", "--wait", "-o", "out")
    (picture,) = (running / "out").iterdir()
    assert picture.stat().st_size > 1000
    assert (running / "data/vitrine/vitrine.sqlite3").exists()
    answer = asyncio.run(converse(program, environment, running))
    assert "succeeded" in answer


@pytest.mark.exhaustive
def test_the_installed_wheel_says_what_to_do_first(
    program: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [program, "search", "cat"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 4
    assert "vitrine up" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.exhaustive
def test_the_wheel_contains_no_data_or_secrets(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if "sqlite" in Path(name).name or "/var/" in name]
    assert not [name for name in names if Path(name).name == ".env"]
