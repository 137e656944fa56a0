"""Errors that stop a process at its start, with one line, before it changes anything."""

import json
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.starting import disk, private_files
from tests.processes import copy_checkout, environment, free_port
from tests.sampling import sample

pytestmark = pytest.mark.system

WEB = ["-m", "uvicorn", "config.asgi:application", "--port"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """The project as a fresh clone, with an empty database in `var/`."""
    clone = copy_checkout(tmp_path_factory.mktemp("starting") / "vitrine")
    (clone / "var").mkdir()
    shutil.copy(migrated, clone / "var" / "vitrine.sqlite3")
    (clone / "var").chmod(0o755)
    return clone


def start(checkout: Path, process: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start a process that should end by itself."""
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


def read_refusal(checkout: Path, process: str, **variables: str) -> str:
    """Return the one sentence of a process that does not start."""
    done = start(checkout, process, **variables)
    lines = [line for line in done.stderr.splitlines() if line.startswith("Vitrine did not start")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    return lines[0].removeprefix("Vitrine did not start: ")


def migrated_otherwise(checkout: Path, sql: str) -> Callable[[Path], dict[str, str]]:
    """Return a function that puts a copy of the database, changed by `sql`, into a folder."""

    def make(folder: Path) -> dict[str, str]:
        file = folder / "otherwise.sqlite3"
        shutil.copy(checkout / "var" / "vitrine.sqlite3", file)
        with sqlite3.connect(file) as database:
            database.execute(sql)
        database.close()
        return {"DATABASE_URL": f"sqlite:///{file}"}

    return make


NEWER = (
    "INSERT INTO django_migrations (app, name, applied) VALUES ('catalog', '9000_x', '2030-1-1')"
)
BETWEEN = (
    "DELETE FROM django_migrations WHERE app = 'playground'"
    " AND (name = '0001_squashed_0048' OR name >= '0046')"
)
UNMIGRATED = "DELETE FROM django_migrations WHERE app = 'training'"
# The processes, the problem, and the beginning of their sentence. `test_settings.py` and
# `starting/` test the rules; here, each process must apply them.
WRONG: list[tuple[str, dict[str, str] | str, str]] = [
    ("up", {"FAL_KEY": "nocolon"}, "FAL_KEY must be `key_id:key_secret`"),
    ("web", NEWER, "the database was migrated by a newer Vitrine"),
    ("worker", BETWEEN, "the database is of an older Vitrine than this one can upgrade"),
    ("realtime", UNMIGRATED, "the database is not migrated ("),
    ("web", {"PUBLIC_URL": "https://vitrine.example.com"}, "SECRET_KEY can be guessed"),
    ("web", {"MEDIA_ROOT": "/dev/null/media"}, "MEDIA_ROOT is /dev/null/media, which cannot"),
    ("worker", {"DATABASE_URL": "sqlite:////no/x.sqlite3"}, "the database of DATABASE_URL cannot"),
    ("web", {"DATABASE_URL": "sqlite:////etc"}, "the database of DATABASE_URL cannot be used"),
    ("worker", {"MEDIA_STORAGE_OPTIONS": '{"a": "b"}'}, "MEDIA_STORAGE_OPTIONS do not fit django"),
    ("up", NEWER, "the database was migrated by a newer Vitrine"),
    ("worker", NEWER, "the database was migrated by a newer Vitrine"),
    ("worker", UNMIGRATED, "the database is not migrated ("),
]


@pytest.mark.parametrize(("process", "wrong", "start_of_message"), sample(WRONG, 2, by_seed=2))
def test_what_is_wrong_stops_each_process_with_one_line_and_changes_nothing(
    checkout, tmp_path, process, wrong, start_of_message
):
    if isinstance(wrong, str):
        wrong = migrated_otherwise(checkout, wrong)(tmp_path)
    files = {file: file.read_bytes() for file in tmp_path.iterdir()}
    sentence = read_refusal(checkout, process, **wrong)
    assert sentence.startswith(start_of_message)
    assert wrong.get("FAL_KEY", "secret-is-not-said") not in sentence
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == files


def test_a_taken_port_is_named_in_one_sentence(checkout):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert read_refusal(checkout, "up", PORT=str(port)).startswith(
            f"PORT {port} cannot be used"
        )


@pytest.mark.parametrize(
    "collected",
    ["nothing", pytest.param("an earlier version", marks=pytest.mark.exhaustive)],
)
def test_missing_static_files_stop_the_web_process_with_one_line(checkout, tmp_path, collected):
    if collected == "an earlier version":
        (tmp_path / "static").mkdir()
        paths = json.dumps({"css/gallery.css": "css/gallery.0123456789ab.css"})
        manifest = f'{{"paths": {paths}, "version": "1.1", "hash": ""}}'
        (tmp_path / "static" / "staticfiles.json").write_text(manifest)
    sentence = read_refusal(
        checkout,
        "web",
        VITRINE_DATA_DIR=str(tmp_path),
        DATABASE_URL=f"sqlite:///{checkout / 'var' / 'vitrine.sqlite3'}",
    )
    assert sentence.startswith("the static files are not collected in ")
    assert "Run `manage.py collectstatic --noinput` once" in sentence


def test_a_full_disk_is_reported_with_its_figures(tmp_path):
    folder = tmp_path / "not" / "there"
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(ImproperlyConfigured) as raised:
        disk.require_space([folder], free * 2)
    assert str(raised.value).startswith(f"the disk that holds {folder} has ")
    assert "MB free and Vitrine needs at least" in str(raised.value)
    disk.require_space([folder], 1)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_file_permissions_of_others_are_removed(tmp_path):
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
