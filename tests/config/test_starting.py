"""Errors that stop the start of each process, with one line, before anything is changed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured

from config.starting import disk, private_files, settings_rules
from tests.processes import Up, copy_checkout, environment, free_port, is_alive, until
from tests.sampling import sample

pytestmark = pytest.mark.system

WEB = ["-m", "uvicorn", "config.asgi:application", "--port"]
MIGRATED = "INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, '2030-01-01')"
PROCESSES = ["up", "worker", "realtime", "sync_models", "web"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """The project as a fresh clone has it, with an empty database in `var/`."""
    clone = copy_checkout(tmp_path_factory.mktemp("starting") / "vitrine")
    (clone / "var").mkdir()
    shutil.copy(migrated, clone / "var" / "vitrine.sqlite3")
    (clone / "var").chmod(0o755)
    return clone


def start(checkout: Path, process: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start one process that is expected to end by itself."""
    arguments = ["manage.py", process]
    if process == "realtime":
        arguments += ["--port", str(free_port())]
    if process == "web":
        arguments = [*WEB, str(free_port())]
    variables = {"PORT": str(free_port()), "SECRET_KEY": "x"} | variables
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(checkout: Path, process: str, **variables: str) -> str:
    """The one sentence that a process says when it does not start."""
    done = start(checkout, process, **variables)
    lines = [line for line in done.stderr.splitlines() if line.startswith("Vitrine did not start")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    return lines[0].removeprefix("Vitrine did not start: ")


WRONG: list[tuple[str, dict[str, str], str]] = [
    ("web", {"PUBLIC_URL": "https://vitrine.example.com"}, "SECRET_KEY can be guessed"),
    ("up", {"ALLOWED_HOSTS": "vitrine.example.com"}, "SECRET_KEY can be guessed"),
    ("web", {"MEDIA_ROOT": "/dev/null/media"}, "MEDIA_ROOT is /dev/null/media, which cannot"),
    ("up", {"FAL_KEY": "nocolon"}, "FAL_KEY must be `key_id:key_secret`"),
    ("web", {"DATABASE_URL": "postgres://a:b@db:abc/vitrine"}, "DATABASE_URL must look like"),
    (
        "worker",
        {"DATABASE_URL": "sqlite:////nowhere/x.sqlite3"},
        "the database of DATABASE_URL",
    ),
    ("web", {"DATABASE_URL": "sqlite:////etc"}, "the database of DATABASE_URL cannot be used"),
    ("worker", {"MEDIA_STORAGE": "json.JSONDecoder"}, "MEDIA_STORAGE must be the dotted name"),
    (
        "worker",
        {"MEDIA_STORAGE_OPTIONS": '{"bucket": "a"}'},
        "MEDIA_STORAGE_OPTIONS do not fit django.core.files.storage.FileSystemStorage",
    ),
]


@pytest.mark.parametrize(("process", "variables", "start_of_message"), sample(WRONG, 5))
def test_an_invalid_setting_stops_each_process_with_one_line(
    checkout: Path, process: str, variables: dict[str, str], start_of_message: str
) -> None:
    sentence = refused(checkout, process, **variables)
    assert sentence.startswith(start_of_message)
    assert variables.get("FAL_KEY", "secret-is-not-said") not in sentence


@pytest.mark.parametrize(
    ("process", "app"), sample([*zip(PROCESSES, ["catalog", "playground"] * 3, strict=False)], 2)
)
def test_older_code_refuses_a_newer_database_without_writing(
    checkout: Path, tmp_path: Path, process: str, app: str
) -> None:
    newer = tmp_path / "newer.sqlite3"
    shutil.copy(checkout / "var" / "vitrine.sqlite3", newer)
    with sqlite3.connect(newer) as database:
        database.execute(MIGRATED, [app, "9000_later"])
        before = list(database.iterdump())
    database.close()
    sentence = refused(checkout, process, DATABASE_URL=f"sqlite:///{newer}")
    assert sentence.startswith("the database was migrated by a newer Vitrine")
    assert f"{app}.9000_later" in sentence
    with sqlite3.connect(newer) as database:
        assert list(database.iterdump()) == before
    database.close()


@pytest.mark.parametrize("process", sample([*PROCESSES, "migrate"], 3))
def test_a_database_between_two_releases_is_refused_unchanged(
    checkout: Path, tmp_path: Path, process: str
) -> None:
    """Some of the migrations that a squashed one replaces are applied; the others are gone."""
    between = tmp_path / "between.sqlite3"
    shutil.copy(checkout / "var" / "vitrine.sqlite3", between)
    with sqlite3.connect(between) as database:
        later = "name = '0001_squashed_0038' OR name >= '0036'"
        database.execute(f"DELETE FROM django_migrations WHERE app = 'playground' AND ({later})")
        before = list(database.iterdump())
    database.close()
    sentence = refused(checkout, process, DATABASE_URL=f"sqlite:///{between}")
    assert "playground.0036_provenance was never applied" in sentence
    assert "update to the Vitrine of 27 November 2026 (commit a53b0300) first" in sentence
    with sqlite3.connect(between) as database:
        assert list(database.iterdump()) == before
    database.close()


NOT_MIGRATED = [
    ("web", "everything"),
    ("worker", "everything"),
    ("realtime", "the last"),
    ("sync_models", "the last"),
    ("login_link", "everything"),
    ("createsuperuser", "everything"),
]


@pytest.mark.parametrize(("process", "missing"), sample(NOT_MIGRATED, 3))
def test_an_unmigrated_database_stops_each_process_with_one_line(
    checkout: Path, tmp_path: Path, process: str, missing: str
) -> None:
    url = f"sqlite:///{tmp_path / 'unmigrated.sqlite3'}"
    if missing == "the last":
        shutil.copy(checkout / "var" / "vitrine.sqlite3", tmp_path / "unmigrated.sqlite3")
        with sqlite3.connect(tmp_path / "unmigrated.sqlite3") as database:
            database.execute("DELETE FROM django_migrations WHERE app = 'training'")
        database.close()
    sentence = refused(checkout, process, DATABASE_URL=url)
    assert sentence.startswith("the database is not migrated (")
    assert "Run `manage.py migrate` once" in sentence


@pytest.mark.parametrize("collected", ["nothing", "an earlier version"])
def test_missing_static_files_stop_the_web_process_with_one_line(
    checkout: Path, tmp_path: Path, collected: str
) -> None:
    if collected == "an earlier version":
        (tmp_path / "static").mkdir()
        paths = json.dumps({"css/gallery.css": "css/gallery.0123456789ab.css"})
        manifest = f'{{"paths": {paths}, "version": "1.1", "hash": ""}}'
        (tmp_path / "static" / "staticfiles.json").write_text(manifest)
    sentence = refused(
        checkout,
        "web",
        VITRINE_DATA_DIR=str(tmp_path),
        DATABASE_URL=f"sqlite:///{checkout / 'var' / 'vitrine.sqlite3'}",
    )
    assert sentence.startswith("the static files are not collected in ")
    assert "Run `manage.py collectstatic --noinput` once" in sentence


def test_migrations_of_removed_apps_do_not_stop_the_start(checkout: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    shutil.copy(checkout / "var" / "vitrine.sqlite3", other)
    with sqlite3.connect(other) as database:
        database.execute(MIGRATED, ["plugin", "0001_initial"])
    database.close()
    done = start(
        checkout,
        "sync_models",
        DATABASE_URL=f"sqlite:///{other}",
        UPSTREAM="fal",
        FAL_API_URL="http://127.0.0.1:9",
    )
    assert "did not start" not in done.stderr
    assert "The catalogue was not read to its end" in done.stderr


@pytest.mark.parametrize("key", ["nocolon", "id:", ":secret", "two words:x", "é:x"])
def test_a_malformed_key_is_refused_without_quoting_it(key: str) -> None:
    with pytest.raises(ImproperlyConfigured) as raised:
        settings_rules.require_key_pair(key)
    assert str(raised.value).startswith("FAL_KEY must be")
    assert f" {key}" not in str(raised.value)
    settings_rules.require_key_pair("id:secret")


def test_a_full_disk_is_reported_with_its_figures(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(ImproperlyConfigured) as raised:
        disk.require_space([folder], free * 2)
    assert str(raised.value).startswith(f"the disk that holds {folder} has ")
    assert "MB free and Vitrine needs at least" in str(raised.value)
    disk.require_space([folder], 1)


@pytest.mark.parametrize("process", [["manage", "up"], ["manage", "worker"], WEB[1:-1]])
def test_three_free_megabytes_of_disk_stop_the_start(checkout: Path, process: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.config.almost_full_script", *process],
        cwd=checkout,
        env=environment(SECRET_KEY="x", PORT=str(free_port())),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr.startswith(
        f"Vitrine did not start: the disk that holds {checkout}/var has 3 MB"
    )
    assert len(done.stderr.splitlines()) == 1
    assert done.returncode == 1


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_file_permissions_of_others_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    (folder / "media").mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    for name in ("secret-key", "vitrine.sqlite3"):
        (folder / name).touch()
        (folder / name).chmod(0o664)
    for path in (folder, folder / "media"):
        path.chmod(0o777)
    elsewhere.chmod(0o644)
    (folder / "link").symlink_to(elsewhere)
    private_files.restrict(folder, [folder / "gone"])
    assert [mode(folder), mode(folder / "media")] == [0o700, 0o700]
    assert [mode(folder / "secret-key"), mode(folder / "vitrine.sqlite3")] == [0o600, 0o600]
    assert mode(elsewhere) == 0o644


@pytest.fixture(scope="module")
def up(checkout: Path) -> Iterator[Up]:
    """`manage.py up` of a team that named its public host alone, in a `var/` that others could
    read.
    """
    for path in checkout.glob("var/*.sqlite3*"):
        path.chmod(0o644)
    running = Up(
        checkout, free_port(), ALLOWED_HOSTS="vitrine.example.com", SECRET_KEY="long and random" * 4
    )
    yield running
    if running.process.poll() is None:
        running.stop()


def test_a_team_with_only_its_own_host_starts_and_gets_a_link(up: Up) -> None:
    base = up.link.split("/login/")[0]
    with httpx.Client(follow_redirects=True, timeout=30) as client:
        assert client.get(up.link).status_code == 200
        named = client.get(f"{base}/login/", headers={"Host": "vitrine.example.com"})
        assert named.status_code == 200
        assert client.get(f"{base}/login/", headers={"Host": "evil.example"}).status_code == 400


def test_written_files_are_private_to_the_account(up: Up, checkout: Path) -> None:
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


def test_no_key_is_in_a_command_line(up: Up, checkout: Path) -> None:
    lines = (checkout / "var/sandbox.env").read_text().splitlines()
    key = dict(line.split("=", 1) for line in lines)["FAL_KEY"]
    pid = up.pid_of("-m sandbox")
    assert pid
    assert key.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    web = up.pid_of("config.server.serving")
    assert key.encode() not in Path(f"/proc/{web}/environ").read_bytes()


def test_a_second_instance_names_the_first_and_leaves_it_alone(up: Up, checkout: Path) -> None:
    environment_file = checkout / "var/sandbox.env"
    before = environment_file.read_text(), (checkout / "var/static/.stamp").stat().st_mtime_ns
    sentence = refused(checkout, "up")
    address = up.link.split("/login/")[0]
    assert sentence.startswith(
        f"Vitrine already runs in this folder (process {up.process.pid}, at {address})"
    )
    assert (
        environment_file.read_text(),
        (checkout / "var/static/.stamp").stat().st_mtime_ns,
    ) == before


def test_a_killed_instance_blocks_nobody(up: Up, checkout: Path) -> None:
    web = up.pid_of("config.server.serving")
    os.kill(up.process.pid, signal.SIGKILL)
    up.process.wait()
    assert web
    until(lambda: not is_alive(web))  # it ends with its parent
    again = Up(checkout, free_port())
    assert again.stop() == 0
