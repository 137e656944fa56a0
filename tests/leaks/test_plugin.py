"""A leak in a log, a mail, a command or a started program fails the test in which it happened."""

import io
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts.sign_in import local_owner
from tests.leaks import child_processes, plugin, secrets
from tests.processes import ROOT, Up, copy_checkout, free_port

SECRET = "a-planted-secret"


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_configured", {SECRET.encode(): "key"})


@pytest.mark.exhaustive  # this test starts pytest
def test_a_leak_fails_its_test_and_no_other(leaks):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/leaks/planted.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "AssertionError: API token in the log of tests.leaks.planted" in done.stdout
    assert "ERROR tests/leaks/planted.py::test_that_leaks" in done.stdout
    assert "2 passed, 1 error" in done.stdout
    # because pytest shows the log of a failed test
    assert leaks == ["API token in what `-m pytest -q` prints"]
    leaks.clear()


def test_a_secret_in_a_log_is_found(leaks):
    log = logging.getLogger("runs.worker")
    log.info("the key is %s", SECRET)
    assert leaks == ["key in the log of runs.worker"]
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            raise RuntimeError("no answer") from error
    except RuntimeError:
        log.exception("failed")
    assert len(leaks) == 2
    log.info("the key is %.5s", SECRET)
    log.debug("the key is %s", SECRET)  # the server logs only from INFO on, so this goes nowhere
    assert len(leaks) == 2
    leaks.clear()


@pytest.mark.django_db
def test_a_link_in_the_log_is_hidden_as_the_server_hides_it(client, leaks):
    token = local_owner.login_token(local_owner.get_or_create())
    logging.getLogger("django.request").warning("Not Found: %s", f"/login/link/{token}/")
    assert leaks == []
    logging.getLogger("django.request").warning("Not Found: %s", token)
    assert leaks == ["login link in the log of django.request"]
    leaks.clear()


def test_a_secret_in_a_mail_is_found(mailoutbox, leaks):
    message = EmailMultiAlternatives("Your runs", "All is well.", to=["ana@example.com"])
    message.attach_alternative(f"<p>{SECRET}</p>", "text/html")
    message.send()
    plugin.check_mails()
    assert leaks == ["key in a mail"]
    leaks.clear()
    mailoutbox.clear()


@pytest.mark.django_db
def test_a_secret_that_a_command_writes_is_found(leaks, user):
    class Command(BaseCommand):
        def handle(self, *arguments: Any, **options: Any) -> None:
            self.stdout.write(f"the key is {SECRET}")

    call_command(Command(), stdout=io.StringIO())
    assert leaks == ["key in what `manage.py test_plugin` writes"]
    leaks.clear()
    call_command("token", user.username, stdout=(written := io.StringIO()))
    assert secrets.made_kinds(written.getvalue().encode()) == {"API token"}
    assert leaks == []


# --- started programs -----------------------------------------------------------------------------
PRINT = "import os; print(os.environ['FAL_KEY'])"
WAIT = "print('ready', flush=True); input()"


def run(*words: str, **options: Any) -> None:
    subprocess.run([sys.executable, *words], check=True, capture_output=True, **options)


def test_what_a_program_prints_is_looked_at(leaks, tmp_path):
    run("-c", PRINT, env={"FAL_KEY": "id:another-secret"})
    run("-c", f"import sys; print({SECRET!r}, file=sys.stderr)")
    assert [leak.partition(" in ")[0] for leak in leaks] == ["FAL_KEY", "key"]
    leaks.clear()
    with (tmp_path / "log").open("w") as log:
        program = subprocess.Popen(
            [sys.executable, "-c", PRINT], stdout=log, env={"FAL_KEY": "id:another-secret"}
        )
    program.wait(60)
    child_processes.check_children()
    assert [leak.partition(" in ")[0] for leak in leaks] == ["FAL_KEY"]
    leaks.clear()


@pytest.fixture
def waiting() -> Iterator[Any]:
    """Starts programs that wait until the test ends."""
    programs: list[subprocess.Popen[str]] = []

    def start(*words: str, **options: Any) -> None:
        command = [sys.executable, "-c", WAIT, *words]
        pipe = subprocess.PIPE
        program = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, **options)
        programs.append(program)
        assert program.stdout
        assert program.stdout.readline() == "ready\n"

    yield start
    for program in programs:
        program.communicate("\n", timeout=60)


def test_command_lines_and_environments_are_looked_at(waiting, leaks):
    both = {"FAL_KEY": "id:another-secret", "FAL_ADMIN_KEY": "id:a-third-secret"}
    waiting("worker", env=both)
    child_processes.check_children()
    assert leaks == []
    waiting("realtime", env=both)
    child_processes.check_children()
    assert leaks == ["FAL_ADMIN_KEY in the environment of realtime"]
    leaks.clear()
    waiting("--key", SECRET)
    child_processes.check_children()
    assert "key in a command line" in leaks
    leaks.clear()


@pytest.mark.exhaustive  # this test starts a whole Vitrine
def test_a_started_web_process_looks_at_its_answers(
    tmp_path, watched_traffic, leaks, migrated, collected
):
    key = "a-planted-secret-key-of-an-installation-that-is-long-enough"
    checkout = copy_checkout(tmp_path / "vitrine")
    shutil.copytree(collected, checkout / "var" / "static")
    shutil.copy(migrated, checkout / "var" / "vitrine.sqlite3")
    page = checkout / "templates" / "account" / "login.html"
    page.write_text(page.read_text().replace("<h1>", f"<h1>{key} "))
    running = Up(checkout, free_port(), SECRET_KEY=key)
    try:
        assert key in httpx.get(f"{running.base}/login/", timeout=60).text
        reported = watched_traffic.read_text().splitlines()
        assert reported == ["SECRET_KEY in the body of what answers GET /login/"]
        os.truncate(watched_traffic, 0)
        child_processes.check_children()
    finally:
        running.stop()
    assert leaks == []
