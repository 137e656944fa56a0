"""`manage.py up` as a new user meets it: in a copy of the checkout, with real processes."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.processes import Up, copy_checkout, environment, free_port, is_alive, until
from tests.sampling import sample

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a fresh clone has it."""
    return copy_checkout(tmp_path_factory.mktemp("clone") / "vitrine")


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another clone, in which nothing runs."""
    return copy_checkout(tmp_path_factory.mktemp("idle") / "vitrine")


@pytest.fixture(scope="module")
def up(checkout: Path) -> Iterator[tuple[Up, httpx.Client]]:
    running = Up(checkout, free_port())
    base = running.base
    with httpx.Client(base_url=base, follow_redirects=True, timeout=60) as client:
        assert client.get(running.link).status_code == 200
        yield running, client
    if running.process.poll() is None:
        running.stop()


def page_with(client: httpx.Client, path: str, text: str) -> str:
    """The page if `text` is in it."""
    page = client.get(path).text
    return page if text in page else ""


def children(pid: int) -> list[int]:
    text = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return [int(line) for line in text.split()]


def test_from_the_link_to_a_finished_run_without_script(up: tuple[Up, httpx.Client]) -> None:
    _, client = up
    until(lambda: "sandbox/ridgeline" in client.get("/models/?q=ridgeline").text)
    path = "/models/sandbox/ridgeline/"
    page = until(lambda: page_with(client, path, 'name="prompt"'))
    hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|~token)"[^>]* value="([^"]+)"', page))
    hidden = {name: html.unescape(value) for name, value in hidden.items()}
    run = client.post("/models/sandbox/ridgeline/", data=hidden | {"prompt": "a first run"})
    assert "data-run-id" in run.text
    assert run.status_code == 200
    path = str(run.url)
    assert "<img" in until(lambda: page_with(client, path, 'data-run-state="succeeded"'))


def test_every_page_says_whose_upstream_it_is(up: tuple[Up, httpx.Client]) -> None:
    _, client = up
    assert "Upstream: sandbox" in client.get("/").text


def test_the_web_process_has_no_key(up: tuple[Up, httpx.Client]) -> None:
    running, _ = up
    paint_live(running)
    keys = {}
    for pid in children(running.process.pid):
        program = Path(f"/proc/{pid}/cmdline").read_text().split("\0")[1:3]
        variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
        named = dict(variable.partition("=")[::2] for variable in variables)
        keys[program[-1]] = [bool(named.get(name)) for name in ("FAL_KEY", "FAL_ADMIN_KEY")]
    assert set(keys) == {"config.server.serving", "worker", "realtime", "sandbox"}
    assert keys["config.server.serving"] == [False, False]
    assert keys["worker"] == [True, True]
    assert keys["realtime"] == [True, False]


def paint_live(running: Up) -> None:
    """Connect to the address of live sessions, as a page does; it is refused, having no ticket."""
    web = running.pid_of("config.server.serving")
    variables = Path(f"/proc/{web}/environ").read_text().split("\0")
    address = next(x for x in variables if x.startswith("REALTIME_URL=")).partition("=")[2]
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"{address}/?ticket=none", open_timeout=60),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_realtime_starts_with_the_first_connection(up: tuple[Up, httpx.Client]) -> None:
    running, _ = up
    paint_live(running)
    first = running.pid_of("realtime")
    assert first
    paint_live(running)
    assert running.pid_of("realtime") == first
    os.kill(first, signal.SIGTERM)
    until(lambda: not running.pid_of("realtime"))
    paint_live(running)  # nobody waits for more than its start
    assert running.pid_of("realtime") not in (None, first)


def test_other_commands_find_the_running_sandbox(
    up: tuple[Up, httpx.Client], checkout: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "sync_models", "--json"],
        cwd=checkout,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["listed"] >= 24


def test_what_dies_is_started_again(up: tuple[Up, httpx.Client]) -> None:
    running, client = up
    victim = next(
        pid
        for pid in children(running.process.pid)
        if "config.server.serving" in Path(f"/proc/{pid}/cmdline").read_text()
    )
    os.kill(victim, signal.SIGKILL)

    def answers() -> bool:
        try:
            return client.get("/login/").status_code == 200
        except httpx.TransportError:
            return False

    until(lambda: not is_alive(victim))
    until(answers)


def test_a_taken_port_is_named_in_one_sentence(idle: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert refused(idle, PORT=str(port)).startswith(f"PORT {port} cannot be used")


WRONG = [
    ("PORT", "abc", "PORT must be a whole number"),
    ("UPSTREAM", "elsewhere", "UPSTREAM must be fal or sandbox"),
    ("DATABASE_URL", "nonsense", "DATABASE_URL must look like"),
    ("DATABASE_URL", "sqlite:////no/such/folder/x.sqlite3", "the database of DATABASE_URL"),
    ("FAL_QUEUE_URL", "queue.fal.run", "FAL_QUEUE_URL must be an address"),
    ("FAL_KEY", "two words", "FAL_KEY must be one word"),
    ("DEBUG", "maybe", "DEBUG must be"),
]


@pytest.mark.parametrize(("name", "value", "words"), sample(WRONG, 3))
def test_a_wrong_setting_is_named_in_one_sentence(
    idle: Path, name: str, value: str, words: str
) -> None:
    assert refused(idle, **{"PORT": str(free_port()), name: value}).startswith(words)


def test_a_folder_that_cannot_be_written_is_named(idle: Path) -> None:
    folder = idle / "var"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("a file where the folder should be")
    assert refused(idle, PORT=str(free_port())).startswith("the folder")
    folder.unlink()


def refused(checkout: Path, **settings: str) -> str:
    """The one sentence that `up` says when it does not start."""
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=checkout,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("Vitrine did not start")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0].removeprefix("Vitrine did not start: ")


def test_ctrl_c_stops_every_part(up: tuple[Up, httpx.Client], checkout: Path) -> None:
    running, _ = up
    paint_live(running)
    parts = children(running.process.pid)
    assert len(parts) == 4
    assert running.stop() == 0
    assert not [pid for pid in parts if Path(f"/proc/{pid}").exists()]
    assert not list(checkout.glob("var/sandbox.env"))
