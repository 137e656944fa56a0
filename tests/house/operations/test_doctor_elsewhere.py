"""Servers that a deployment cannot work with, as they are: poolers, encodings, buckets."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import psycopg
import pytest
from moto import mock_aws
from storages.backends.s3 import S3Storage

from core.db import pooling
from house.operations import doctor
from tests.processes import free_port, until
from tests.run import find_postgresql
from tests.upgrades.databases import manage

pytestmark = pytest.mark.system
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


@pytest.mark.needs("PgBouncer")
def test_a_pooler_by_transaction_is_refused_and_one_by_session_is_not(tmp_path: Path) -> None:
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


@pytest.mark.needs("PostgreSQL")
def test_a_database_that_cannot_hold_every_letter_is_named(tmp_path: Path) -> None:
    options = "TEMPLATE template0 LOCALE 'C' ENCODING"
    for encoding, is_bad in (("LATIN1", True), ("UTF8", False)):
        with new_database(f"{options} '{encoding}'") as url:
            found = manage(url, "doctor", VITRINE_DATA_DIR=str(tmp_path)).stdout
            assert (f"The database is in {encoding}" in found) == is_bad


@pytest.mark.parametrize("may_list", [True, False])
def test_a_bucket_that_hides_what_is_missing_is_named(
    may_list: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
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
