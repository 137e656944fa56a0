"""Broken installations: the doctor names each problem in a sentence, with its remedy."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import httpx
import psycopg
import pytest
from django.conf import LazySettings
from django.core import checks
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone
from moto import mock_aws
from storages.backends.s3 import S3Storage

import fal
from api import tokens
from core.db import pooling
from house.operations import doctor, reach
from house.operations.findings import Check, findings
from house.operations.metrics import reporting
from house.operations.models import ServerProcess
from runs.models import DailySum, Worker
from tests.processes import free_port, until
from tests.run import find_postgresql
from tests.upgrades.databases import manage

Break = Callable[[pytest.MonkeyPatch, LazySettings, Path], object]


def bad(check: Check) -> str:
    """Return the check's problems, each with its remedy."""
    problems = findings([check])
    return " ".join(f"{f.msg} {f.hint}" for f in problems if f.level != checks.INFO)


def _set(name: str, value: object) -> Break:
    return lambda patch, settings, folder: setattr(settings, name, value)


def _patch(target: str, value: object) -> Break:
    return lambda patch, settings, folder: patch.setattr(target, value)


def _both(first: Break, second: Break) -> Break:
    return lambda patch, settings, folder: (
        first(patch, settings, folder),
        second(patch, settings, folder),
    )


def _an_open_env(patch: pytest.MonkeyPatch, settings: LazySettings, folder: Path) -> None:
    settings.BASE_DIR = folder
    (folder / ".env").write_text("SECRET_KEY=x")
    (folder / ".env").chmod(0o644)


def _on_nfs(patch: pytest.MonkeyPatch, settings: LazySettings, folder: Path) -> None:
    settings.MEDIA_ROOT, settings.VAR_DIR, settings.IS_SQLITE = str(folder), folder, True
    mounts = folder / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {folder} nfs4 rw 0 0\n")
    patch.setattr(doctor, "MOUNTS", mounts)
    patch.setitem(connection.settings_dict, "NAME", str(folder / "db.sqlite3"))


def _refusing(*args: object, **more: object) -> Any:
    raise OSError(111, "Connection refused")


def _no_database() -> None:
    raise OperationalError("connection to server failed: no such host")


def _answer(status: int, text: str, **headers: str) -> Callable[..., httpx.Response]:
    return lambda address, timeout: httpx.Response(status, text=text, headers=headers)


def _refused_key(patch: pytest.MonkeyPatch, settings: LazySettings, folder: Path) -> None:
    async def refuse_key(model: str) -> fal.FalError:
        return fal.AuthFailed("No user found for Key ID and Secret", status=401)

    patch.setattr(reach, "_key_error", refuse_key)


def _another_secret_key(patch: pytest.MonkeyPatch, settings: LazySettings, folder: Path) -> None:
    values = {"kind": "worker", "beat_at": timezone.now(), "secret_key": "another"}
    ServerProcess.objects.create(identity="elsewhere:1:1", **values)
    ServerProcess.objects.create(identity="elsewhere:2:1", **values | {"secret_key": None})
    values = {"kind": "web", "secret_key": reporting.secret_key()}
    ServerProcess.objects.create(identity="elsewhere:3:1", beat_at=timezone.now(), **values)


def _a_worker_of_fal(patch: pytest.MonkeyPatch, settings: LazySettings, folder: Path) -> None:
    settings.UPSTREAM = "sandbox"
    for name, upstream in (("w1", "fal"), ("w2", "sandbox"), ("w3", "")):
        Worker.objects.create(name=name, beat_at=timezone.now(), upstream=upstream)


def _a_closed_folder(patch: pytest.MonkeyPatch, settings: LazySettings, folder: Path) -> None:
    """Like MEDIA_ROOT in another account's home; faked, because root may read everything."""
    patch.setattr("house.operations.doctor.shutil.disk_usage", _forbidden)


def _forbidden(*args: object, **more: object) -> Any:
    raise PermissionError(13, "Permission denied")


PUBLIC = "https://vitrine.example.com"


SET_UPS: dict[str, tuple[Check, Break, str]] = {
    "no database": (
        doctor._database,
        _patch("django.db.connection.ensure_connection", _no_database),
        "cannot be used (connection to server failed: no such host)",
    ),
    "plain http": (
        doctor._settings,
        _set("PUBLIC_URL", "http://vitrine.example.com"),
        "assistants on the internet do not sign in. Put a proxy with TLS in front",
    ),
    "an open .env": (doctor._permissions, _an_open_env, "can be read by others. chmod 600"),
    "a full disk": (
        doctor._disks,
        _patch("shutil.disk_usage", lambda folder: SimpleNamespace(free=1_000)),
        "1.0 KB free. Make room",
    ),
    "SQLite on NFS": (doctor._disks, _on_nfs, "(nfs4), on which SQLite's locks do not hold."),
    "a storage that fails": (
        doctor._storage,
        lambda patch, settings, folder: patch.setattr(FileSystemStorage, "_save", _refusing),
        "(Connection refused). Repair the place that MEDIA_STORAGE names",
    ),
    "no worker": (doctor._problems, _set("BACKUP_TO", ""), "No worker is running"),
    "another UPSTREAM": (
        doctor._upstreams,
        _a_worker_of_fal,
        "A worker sends runs to fal, and UPSTREAM is sandbox here. Write the same UPSTREAM",
    ),
    "another SECRET_KEY": (
        doctor._secret_key,
        _another_secret_key,
        "The worker process runs with another SECRET_KEY",
    ),
    "a closed folder": (doctor._disks, _a_closed_folder, "could not be checked (Permission"),
    "no static files": (doctor._static_files, _set("STATIC_ROOT", "/nowhere"), "collectstatic"),
    "no passphrase": (doctor._backups, _set("BACKUP_TO", "/backups"), "BACKUP_PASSPHRASE is not"),
    "backups beside the data": (
        doctor._backups,
        _both(
            lambda patch, settings, folder: setattr(settings, "VAR_DIR", folder),
            lambda patch, settings, folder: setattr(settings, "BACKUP_TO", f"{folder}/backups"),
        ),
        "BACKUP_TO is on the disk of this Vitrine's data",
    ),
    "no realtime process": (
        reach.realtime,
        _both(_set("GATEWAY_URL", "http://127.0.0.1:8010"), _patch("httpx.get", _refusing)),
        "GATEWAY_URL (http://127.0.0.1:8010) leads to no realtime process",
    ),
    "a wrong key": (reach.upstream, _refused_key, "fal refuses FAL_KEY"),
    "no mail server": (
        reach.mail,
        _both(
            _set("EMAIL_URL", "smtp://mail.example.com"),
            _patch("django.core.mail.get_connection", _refusing),
        ),
        "The mail server refused",
    ),
    "an address that leads nowhere": (
        reach.public_address,
        _both(_set("PUBLIC_URL", PUBLIC), _patch("httpx.get", _refusing)),
        "does not answer from here",
    ),
    "a proxy that hides https": (
        reach.public_address,
        _both(_set("PUBLIC_URL", PUBLIC), _patch("httpx.get", _answer(200, "alive"))),
        "does not say that requests came over https",
    ),
    "two clocks": (
        doctor._clock,
        _patch(
            "core.db.clock.now",
            lambda resync_every_s: timezone.now() + timedelta(minutes=3),
        ),
        "3 min apart",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", SET_UPS)
def test_each_broken_set_up_is_named(name, monkeypatch, settings, tmp_path):
    check, break_it, sentence = SET_UPS[name]
    break_it(monkeypatch, settings, tmp_path)
    assert sentence in bad(check)


@pytest.mark.django_db
def test_the_command_lists_what_is_well_and_ends_with_1_otherwise(capsys):
    with pytest.raises(CommandError, match=r"things? to repair"):
        call_command("doctor")
    printed = capsys.readouterr().out
    assert "ok   migrations: All migrations are applied." in printed
    assert "! BAD  work: No worker is running" in printed
    assert "grows: Audit log:" in printed


@pytest.mark.django_db
def test_the_newest_days_are_added_up_and_all_of_them_on_demand():
    """All of them took 44 seconds at a million runs."""
    today = timezone.localdate()
    for age, runs in ((0, 0), (60, 3)):
        figures = {"runs": runs, "amount": 0, "reserved": 0, "unknown": 0}
        DailySum.objects.create(day=today - timedelta(days=age), kind="house", **figures)
    assert bad(doctor._sums) == ""
    assert "The sums of 1 day differ" in bad(doctor._all_sums)
    assert set(doctor.THOROUGH) - set(doctor.ALL) == {doctor._all_sums}
    DailySum.objects.filter(runs=0).delete()
    assert "The sums of 1 day differ" in bad(doctor._sums)


@pytest.mark.django_db
def test_a_process_is_alive_without_a_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/livez")
    assert (response.status_code, response.content) == (200, b"alive\n")


@pytest.mark.django_db
def test_a_process_is_ready_with_a_migrated_database(client, monkeypatch):
    assert client.get("/readyz").content == b"ready\n"
    monkeypatch.setattr("house.operations.migrating.MigrationExecutor", _raise_database_error)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"the database does not answer\n")


def _raise_database_error(connection: object) -> None:
    raise OperationalError("gone")


POOLER = """
[databases]
{database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
auth_type = any
pool_mode = {mode}
unix_socket_dir =
"""


@contextmanager
def new_database(options: str = "") -> Iterator[str]:
    """Create a database on the server of the tests; yield its address."""
    url, name = find_postgresql(), f"vitrine_doctor_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} {options}")
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def pgbouncer(url: str, mode: str) -> Iterator[str]:
    """Run a pooler in front of a database; yield the address that leads through it."""
    parts, own_port = urlsplit(url), free_port()
    place = f"host={parts.hostname} port={parts.port or 5432} user={parts.username}"
    password = f" password={parts.password}" if parts.password else ""
    database = f"{parts.path[1:]} = {place}{password}"
    through = parts._replace(netloc=f"{parts.username}@127.0.0.1:{own_port}").geturl()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to run as root
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = Path(folder) / "pgbouncer.ini"
        file.write_text(POOLER.format(database=database, mode=mode, own_port=own_port))
        process = subprocess.Popen(["pgbouncer", "-q", *as_nobody, file])
        try:
            until(lambda: process.poll() is not None or _answers(through))
            yield through
        finally:
            process.terminate()
            process.wait(30)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.system
@pytest.mark.needs("PgBouncer")
def test_a_pooler_by_transaction_is_refused_and_one_by_session_is_not(tmp_path):
    """The start ended with “prepared statement "_pg3_0" already exists”."""
    data = {"VITRINE_DATA_DIR": str(tmp_path / "data")}
    with new_database() as url:
        for mode, is_refused in (("transaction", True), ("session", False)):
            with pgbouncer(url, mode) as through:
                start = manage(through, "migrate", "--verbosity=0", **data)
                assert (pooling.REMEDY in start.stderr) == is_refused, start.stderr
                assert (start.returncode == 0) != is_refused
                found = manage(through, "doctor", **data).stdout
                assert (f"T{pooling.PROBLEM[1:]}" in found) == is_refused


@pytest.mark.system
@pytest.mark.needs("PostgreSQL")
def test_a_database_that_cannot_hold_every_letter_is_named(tmp_path):
    options = "TEMPLATE template0 LOCALE 'C' ENCODING"
    for encoding, is_bad in (("LATIN1", True), ("UTF8", False)):
        with new_database(f"{options} '{encoding}'") as url:
            found = manage(url, "doctor", VITRINE_DATA_DIR=str(tmp_path)).stdout
            assert (f"The database is in {encoding}" in found) == is_bad


@pytest.mark.system
@pytest.mark.parametrize("may_list", [True, False])
def test_a_bucket_that_hides_what_is_missing_is_named(may_list, monkeypatch):
    """Writing, reading and deleting worked, so doctor found nothing, and nothing was stored."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")

    def hide(response_dict: dict[str, Any], **_: Any) -> None:
        if response_dict["status_code"] == 404:  # 403 to accounts that may not list the bucket
            response_dict["status_code"] = 403

    with mock_aws():
        boto3.resource("s3", region_name="us-east-1").create_bucket(Bucket="vitrine")
        storage = S3Storage(bucket_name="vitrine", region_name="us-east-1")
        if not may_list:
            events = storage.bucket.meta.client.meta.events
            events.register("before-parse.s3.HeadObject", hide)
        (finding,) = doctor._tried("storage", storage, "MEDIA_STORAGE")
    assert finding.is_serious() != may_list
    assert ("s3:ListBucket" in (finding.hint or "")) != may_list


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("is_staff", "scope", "has_details"),
    [(True, "read", True), (True, "run", False), (False, "read", False)],
)
def test_a_staff_token_with_the_read_scope_gets_health_details(
    client, user, is_staff, scope, has_details
):
    user.is_staff = is_staff
    user.save()
    _, secret = tokens.create(user, "monitoring", [scope])
    answer = client.get("/healthz", headers={"authorization": f"Bearer {secret}"})
    assert ("workers" in answer.json()) == has_details
