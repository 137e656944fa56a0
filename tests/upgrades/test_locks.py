"""While `migrate` runs over a history of any size, nobody waits for a second or loses anything."""

import random
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.upgrades import fixtures
from tests.upgrades.databases import connect, databases, execute, manage

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.django_db,
    pytest.mark.exhaustive,
    pytest.mark.needs("pg_dump"),
]
RUNS = 200_000
EVERY_S = 0.05
CROSSING = {"postgresql": 8, "sqlite": 1}  # people; SQLite has one writer, and so no deadlocks
# Tables that migrations alter, or to which new ones refer.
CROSSED = [
    *("api_token", "auth_user", "boards_comment", "catalog_endpoint", "operations_backup"),
    *("operations_serverprocess", "playground_run", "playground_upload", "projects_project"),
    *("sharing_comment", "sharing_share", "spending_budgetrequest"),
]
# The promise for a million runs. SQLite has one writer: others wait as long as their patience.
PATIENCE_S = 20  # as in config/settings.py; Python's own 5 s were too short on a busy machine
LONGEST_S = {"postgresql": 1.0, "sqlite": PATIENCE_S}
NEW_ID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}


@pytest.fixture(scope="module")
def large(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The oldest fixture's database, as its version left it, with many runs added."""
    folder = tmp_path_factory.mktemp("large")
    with django_db_blocker.unblock(), oldest(folder) as url:
        _multiply_runs(url)
        yield url


@contextmanager
def oldest(folder: Path) -> Iterator[str]:
    """Restore the oldest fixture's database, as its version left it."""
    backups = fixtures.unpack(fixtures.VERSIONS[0], connection.vendor, folder)
    (file,) = backups.glob("*/database.*")
    with databases(folder) as make_database:
        url = make_database("")
        if connection.vendor == "sqlite":
            shutil.copyfile(file, url.removeprefix("sqlite:///"))
        else:
            command = ["pg_restore", "--no-owner", "--no-privileges", f"--dbname={url}", str(file)]
            subprocess.run(command, check=True)
        yield url


def _multiply_runs(url: str) -> None:
    with closing(connect(url)) as database, database.cursor() as cursor:
        described = database.introspection.get_table_description(cursor, "playground_run")
    names = [column.name for column in described]
    new = {"id": NEW_ID[connection.vendor], "form_token": "number", "webhook_token": "number"}
    values = [new.get(name, f'run."{name}"') for name in names]
    columns = ", ".join(f'"{name}"' for name in names)
    execute(
        url,
        f"INSERT INTO playground_run ({columns}) "
        f"WITH RECURSIVE numbers(number) AS "
        f"(SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {RUNS}) "
        f"SELECT {', '.join(values)} FROM numbers, "
        f"(SELECT * FROM playground_run ORDER BY created_at LIMIT 1) AS run",
    )


def be_patient(cursor: Any) -> None:
    """Let SQLite wait for its one writer as the product does."""
    if cursor.db.vendor == "sqlite":
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_S * 1000}")


@contextmanager
def people_at_work(url: str) -> Iterator[list[float]]:
    """Read and write runs continuously; yield the seconds that each step took."""
    took: list[float] = []
    is_over = threading.Event()

    def work() -> None:
        with closing(connect(url)) as database, database.cursor() as cursor:
            be_patient(cursor)
            while not is_over.wait(EVERY_S):
                began = time.monotonic()
                cursor.execute("SELECT id FROM playground_run ORDER BY created_at DESC LIMIT 24")
                newest = cursor.fetchone()
                cursor.execute("UPDATE playground_run SET title = title WHERE id = %s", newest)
                took.append(time.monotonic() - began)

    with closing(connect(url)) as database, database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM playground_run")
        assert cursor.fetchone()[0] > RUNS
    person = threading.Thread(target=work)
    person.start()
    try:
        yield took
    finally:
        is_over.set()
        person.join()


def test_nobody_waits_for_a_second_while_it_migrates(large, tmp_path):
    with people_at_work(large) as took:
        done = manage(large, "migrate", "--no-copy", VITRINE_DATA_DIR=str(tmp_path / "var"))
    assert done.returncode == 0, done.stderr
    assert "Applying" in done.stdout
    print(f"{len(took)} times, the longest {max(took):.3f} s")
    assert len(took) > 10
    assert max(took) < LONGEST_S[connection.vendor]


def test_nobody_loses_what_crosses_a_migration(tmp_path):
    """PostgreSQL ended two transactions of people as deadlocks with `migrate`."""
    lost: list[str] = []
    is_over = threading.Event()

    def write(url: str) -> None:
        """Write to three tables in an order of no program, as different requests do."""
        with closing(connect(url)) as database:
            be_patient(database.cursor())
            while not is_over.wait(0.01):
                try:
                    with transaction_of(database) as cursor:
                        for table in random.sample(CROSSED, 3):
                            cursor.execute(f"DELETE FROM {table} WHERE 1 = 0")
                            time.sleep(0.01)
                except DatabaseError as error:
                    lost.append(str(error))

    with oldest(tmp_path) as url:
        people = [
            threading.Thread(target=write, args=[url]) for _ in range(CROSSING[connection.vendor])
        ]
        for person in people:
            person.start()
        done = manage(url, "migrate", "--no-copy", VITRINE_DATA_DIR=str(tmp_path / "var"))
        is_over.set()
        for person in people:
            person.join()
    assert done.returncode == 0, done.stderr
    assert lost == []


@contextmanager
def transaction_of(database: BaseDatabaseWrapper) -> Iterator[Any]:
    with database.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE" if database.vendor == "sqlite" else "BEGIN")
        try:
            yield cursor
        except DatabaseError:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")
