"""A database of the last version before the squashed migrations still works, with all its rows.

`tests/config/starting/test_migrations.py` tests which databases are refused, and how.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.starting.migrations import STONES, replaced_by
from tests.upgrades.databases import (
    connect,
    databases,
    execute,
    manage,
    migrate,
    rows,
    schema,
)

SQUASHES: set[tuple[str, str]] = {*MigrationLoader(None).replacements}
Key = tuple[str, str]  # app label and name of a migration
pytestmark = [pytest.mark.both_databases, pytest.mark.django_db, pytest.mark.exhaustive]


def applied_migrations(url: str) -> set[Key]:
    return {(app, name) for app, name in execute(url, "SELECT app, name FROM django_migrations")}


def forget(url: str, migrations: Iterable[Key]) -> None:
    """Remove the rows that record `migrations` as applied."""
    for key in migrations:
        execute(url, "DELETE FROM django_migrations WHERE app = %s AND name = %s", *key)


@pytest.fixture(scope="module")
def current(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[str]:
    """The address of a new database with a user, shared by all of these tests."""
    folder = tmp_path_factory.mktemp("upgrades")
    with django_db_blocker.unblock(), databases(folder) as make_database:
        url = make_database("")
        migrate(url)
        assert manage(url, "login_link").returncode == 0
        yield url


@pytest.fixture
def last_unsquashed(current: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database as commit a53b0300 left it, which had none of these squashes.

    A squashed migration that runs also records all migrations that it replaces.
    """
    with databases(tmp_path) as make_database:
        url = make_database(current)
        forget(url, SQUASHES)
        yield url


def test_a_database_with_all_replaced_migrations_is_up_to_date(last_unsquashed: str) -> None:
    url = last_unsquashed
    before = rows(url)
    migrate(url, "--check")
    assert not applied_migrations(url) & SQUASHES
    migrate(url)
    assert applied_migrations(url) >= SQUASHES
    with closing(connect(url)) as database:
        assert schema(database) == schema(connection)
    assert rows(url) == before


def test_a_database_that_is_too_old_is_refused_in_one_sentence(last_unsquashed: str) -> None:
    """Only some of a squash's migrations are applied: Django would end with a traceback."""
    url = last_unsquashed
    before = rows(url)
    missing = max(replaced_by(min(SQUASHES)))
    forget(url, [missing])
    done = manage(url, "migrate")
    assert done.returncode == 1
    assert f"({'.'.join(missing)} was never applied): {STONES[0].way}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout
    assert rows(url) == before


@pytest.mark.needs("pg_dump")
def test_a_migration_that_is_interrupted_goes_on(last_unsquashed: str) -> None:
    """Some apps have migrated: each migration recorded those it replaces, and itself at last."""
    url = last_unsquashed
    for table in ("people_invitedproject", "people_joining", "people_invitation"):
        execute(url, f"DROP TABLE {table}")
    execute(url, "DROP TABLE people_givenpermission")
    forget(url, replaced_by(("people", "0001_squashed_0003")))
    migrate(url)
    with closing(connect(url)) as database:
        assert schema(database) == schema(connection)
