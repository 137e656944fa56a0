"""`migrate` waits for the end of all processes of the former version, then this one goes on.

`tests/config/starting/test_migrations.py` tests that one started afterwards is refused.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from django.db import connection

from config.server.processes import sandbox_environment
from tests.login import by_link
from tests.processes import ROOT, environment, free_port, until
from tests.upgrades import fixtures
from tests.upgrades.content import Owner
from tests.upgrades.databases import databases, execute
from tests.upgrades.make_fixture import SECRET_KEY

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.django_db,
    pytest.mark.exhaustive,
    pytest.mark.needs("pg_dump"),
]
FORMER = fixtures.VERSIONS[-1]
KEY = "sandbox:of-two-versions"
WORKER = ["manage.py", "worker"]


class Installation:
    """Data that two versions of the code use, each in its folder, and a sandbox for both."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.port, upstream = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._sandbox = ["-m", "sandbox", f"--port={upstream}", f"--data-dir={folder}/sandbox"]
        self._shared = {
            "DATABASE_URL": url,
            "SECRET_KEY": SECRET_KEY,
            "VITRINE_DATA_DIR": str(folder / "data"),
            "MEDIA_ROOT": str(folder / "media"),
            "PORT": str(self.port),
            "UPSTREAM": "sandbox",
            **sandbox_environment(upstream, KEY),
        }

    @property
    def web(self) -> list[str]:
        """Return the arguments that start a web process."""
        return ["-m", "config.server.serving", f"--port={self.port}"]

    def manage(self, code: Path, *arguments: str) -> str:
        """Run a command of one version; return its output."""
        return subprocess.check_output(
            [sys.executable, "manage.py", *arguments],
            cwd=code,
            env=environment(**self._shared),
            stderr=subprocess.STDOUT,
            text=True,
        )

    @contextmanager
    def running(self, code: Path, arguments: list[str]) -> Iterator[None]:
        """Run a process of one version for the block, once it is up."""
        log = self.folder / f"{len(list(self.folder.glob('*.log')))}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=code,
                env=environment(**self._shared, SANDBOX_KEY=KEY),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            until(lambda: process.poll() is not None or self._is_up(arguments, log))
            assert process.poll() is None, log.read_text()
            yield
            assert process.poll() is None, log.read_text()
        finally:
            process.terminate()
            process.wait(60)

    def _is_up(self, arguments: list[str], log: Path) -> bool:
        if arguments == WORKER:
            return bool(execute(self.url, "SELECT name FROM playground_worker"))
        if arguments == self._sandbox:
            return "Sandbox at" in log.read_text()
        try:
            return httpx.get(f"{self.base}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    @contextmanager
    def sandbox(self) -> Iterator[None]:
        """Run the upstream for the block."""
        with self.running(ROOT, self._sandbox):
            yield


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The code of the last version that has a fixture."""
    commit = fixtures.commit_of(FORMER)
    code = tmp_path / "former"
    code.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
    assert archive.returncode == 0, (
        f"The history lacks {commit}, the code of Vitrine {FORMER}: `git fetch --unshallow`. "
        f"{archive.stderr.decode()}"
    )
    subprocess.run(["tar", "-x"], cwd=code, input=archive.stdout, check=True)
    return code


@pytest.fixture
def installation(tmp_path: Path, former: Path) -> Iterator[Installation]:
    """The former version's data, restored by its own code."""
    with databases(tmp_path) as make_database:
        new_installation = Installation(tmp_path, make_database(""))
        backups = fixtures.unpack(FORMER, connection.vendor, tmp_path)
        new_installation.manage(former, "restore", "--yes", "--from", str(backups))
        new_installation.manage(former, "collectstatic", "--no-input", "--verbosity=0")
        with new_installation.sandbox():
            yield new_installation


def test_the_former_version_ends_before_this_one_begins(installation, former):
    token = installation.manage(former, "token", "owner", "--name=two", "--scope=read,run")
    link = installation.manage(former, "login_link").strip()
    with installation.running(former, installation.web), installation.running(former, WORKER):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            installation.manage(ROOT, "migrate", "--no-input", "--verbosity=0")
        assert "are at work (worker)" in refused.value.output
        assert httpx.get(f"{installation.base}/readyz", timeout=60).status_code == 200
    installation.manage(ROOT, "migrate", "--no-input", "--verbosity=0")
    installation.manage(ROOT, "collectstatic", "--no-input", "--verbosity=0")
    with (
        installation.running(ROOT, installation.web),
        installation.running(ROOT, WORKER),
    ):
        _run_and_look(installation, link, token.split()[-1])


def _run_and_look(installation: Installation, link: str, token: str) -> None:
    with httpx.Client(timeout=60) as visitor:
        assert not by_link(visitor, link).is_error
        cookies = dict(visitor.cookies)
    with Owner(installation.base, cookies, token) as owner:
        run = owner.run("two versions, one lighthouse")
        owner.wait_for(lambda: owner.is_kept(run))
        page = owner.browser.get(f"/runs/{run}/")
        assert page.status_code == 200
        assert "two versions, one lighthouse" in page.text
