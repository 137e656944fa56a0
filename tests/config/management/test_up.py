"""`manage.py up` as a new user runs it: in a copy of the checkout, with real processes."""

import html
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.login import by_link
from tests.processes import Up, copy_checkout, environment, free_port, is_alive, until
from tests.sampling import IS_EXHAUSTIVE

pytestmark = pytest.mark.system
METRICS_TOKEN = "metrics-token-never-shown"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, migrated: Path, collected: Path) -> Path:
    """The project as a fresh clone, with a `var/` that others can read.

    For `make test`, migrations and static files are copied; `make test-all` lets `up` do this work.
    """
    clone = copy_checkout(tmp_path_factory.mktemp("clone") / "vitrine")
    (clone / "var").mkdir(mode=0o755)
    if not IS_EXHAUSTIVE:
        shutil.copytree(collected, clone / "var" / "static")
        (clone / "var" / "static" / ".stamp").chmod(0o600)  # the permissions that `up` gives it
        shutil.copy(migrated, clone / "var" / "vitrine.sqlite3")
        (clone / "var" / "vitrine.sqlite3").chmod(0o644)
    return clone


@pytest.fixture(scope="module")
def up(checkout: Path) -> Iterator[tuple[Up, httpx.Client]]:
    """Vitrine, started by a team that has set only its public host."""
    key = "long and random" * 4
    running = Up(
        checkout,
        free_port(),
        ALLOWED_HOSTS="vitrine.example.com",
        SECRET_KEY=key,
        LOG_FORMAT="json",
        METRICS_TOKEN=METRICS_TOKEN,
    )
    base = running.base
    with httpx.Client(base_url=base, follow_redirects=True, timeout=60) as client:
        assert by_link(client, running.link).status_code == 200
        yield running, client
    if running.process.poll() is None:
        running.stop()


def page_with(client: httpx.Client, path: str, text: str) -> str:
    """Return the page if it contains `text`."""
    page = client.get(path).text
    return page if text in page else ""


def children(pid: int) -> list[int]:
    text = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return [int(line) for line in text.split()]


def manage(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=checkout,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def run(client: httpx.Client, prompt: str, **headers: str) -> str:
    """Run a model by its form; return the page of the successful run."""
    until(lambda: "sandbox/ridgeline" in client.get("/models/?q=ridgeline").text)
    path = "/models/sandbox/ridgeline/"
    page = until(lambda: page_with(client, path, 'name="prompt"'))
    hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|~token)"[^>]* value="([^"]+)"', page))
    hidden = {name: html.unescape(value) for name, value in hidden.items()}
    started = client.post(path, data=hidden | {"prompt": prompt}, headers=headers)
    assert "data-run-id" in started.text
    assert started.status_code == 200
    address = str(started.url)
    return str(until(lambda: page_with(client, address, 'data-run-state="succeeded"')))


def test_from_the_link_to_a_finished_run_without_script(up):
    _, client = up
    assert "<img" in run(client, "a first run")


def test_lines_of_web_and_worker_have_the_id_of_the_request_and_neither_prompt_nor_key(
    up, checkout
):
    running, client = up
    run(client, "marked-prompt-never-logged", **{"X-Request-ID": "of-a-proxy-0001"})
    # The sandbox logs in its own format, as text, because it is no part of the product.
    logged = running.log.read_text()
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    about = {line["process"] for line in lines if line.get("request") == "of-a-proxy-0001"}
    assert about == {"web", "worker"}
    secrets = (checkout / "var/sandbox.env").read_text()
    keys = re.findall(r"^FAL_(?:ADMIN_)?KEY=\S+?:(\S+)", secrets, re.MULTILINE)
    assert len(keys) == 2
    for secret in (*keys, METRICS_TOKEN, "marked-prompt-never-logged"):
        assert secret not in logged


def test_prometheus_reads_what_all_processes_have_counted(up):
    running, client = up
    run(client, "a run that is counted")
    given = {"Authorization": f"Bearer {METRICS_TOKEN}"}

    def figures() -> str:
        answer = httpx.get(f"{running.base}/metrics", headers=given).raise_for_status()
        return answer.text if 'runs_ended_total{state="succeeded"' in answer.text else ""

    text = until(figures)  # the worker adds its counts every few seconds
    assert 'vitrine_runs_started_total{door="page"}' in text
    assert re.search(r'vitrine_upstream_seconds_count\{host="127.0.0.1:\d+"\}', text)
    assert re.search(r'vitrine_requests_total\{route="/models",status="2xx"\}', text)
    assert {"web", "worker"} <= set(re.findall(r'memory_bytes\{number="1",process="(\w+)"', text))


def test_the_web_process_has_no_key(up):
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
    """Connect to the address of live sessions, as a page does; without a ticket, it is refused."""
    web = running.pid_of("config.server.serving")
    variables = Path(f"/proc/{web}/environ").read_text().split("\0")
    address = next(x for x in variables if x.startswith("REALTIME_URL=")).partition("=")[2]
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"{address}/?ticket=none", open_timeout=60),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_what_dies_is_started_again(up):
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


def test_written_files_are_private_to_the_account(up, checkout):
    until(lambda: (checkout / "var/vitrine.sqlite3-wal").exists())
    var = checkout / "var"
    open_to_others = [
        path
        for path in [var, *var.rglob("*")]
        if not path.is_symlink() and path.relative_to(var).parts[:1] != ("sandbox",)
        if path.exists() and mode(path) & 0o077
    ]
    assert not open_to_others
    assert mode(var / "sandbox") == 0o700


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_a_second_instance_names_the_first_and_leaves_it_alone(up, checkout):
    running, _ = up
    environment_file, stamp = checkout / "var/sandbox.env", checkout / "var/static/.stamp"
    before = environment_file.read_text(), stamp.stat().st_mtime_ns
    done = manage(checkout, "up", PORT=str(free_port()))
    assert done.returncode == 1
    assert done.stderr.startswith(
        "Vitrine did not start: Vitrine already runs in this folder "
        f"(process {running.process.pid}, at {running.base})"
    )
    assert (environment_file.read_text(), stamp.stat().st_mtime_ns) == before


def test_a_killed_instance_blocks_nobody_and_ctrl_c_stops_every_part(up, checkout):
    running, _ = up
    web = running.pid_of("config.server.serving")
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()
    assert web
    until(lambda: not is_alive(web))  # it ends with its parent
    again = Up(checkout, free_port())
    paint_live(again)
    parts = children(again.process.pid)
    assert len(parts) == 4
    assert again.stop() == 0
    assert not [pid for pid in parts if Path(f"/proc/{pid}").exists()]
    assert not list(checkout.glob("var/sandbox.env"))
