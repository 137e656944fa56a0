"""A database of an earlier Vitrine upgrades in place, keeps its rows and gets a new one's tables.

`previous_release.*.sql` are dumps of a database of commit 44fd5e7, in which all migrations that
`0001_squashed_*` replace are applied.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import environ
import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from tests.processes import ROOT, environment

HERE = Path(__file__).parent
SQUASHES = {("catalog", "0001_squashed_0008"), ("playground", "0001_squashed_0012")}
LAST_UNSQUASHED = [("catalog", "0009"), ("playground", "0013")]
# The revision token, which each write renews, and the search tables that 44fd5e7 filled.
DERIVED = ("catalog_revision", "catalog_search")
Make = Callable[[], str]
pytestmark = [pytest.mark.django_db, pytest.mark.system]


@pytest.fixture
def make_database(tmp_path: Path, db: None) -> Iterator[Make]:
    """`make_database()`: the address of a new, empty database of the kind under test."""
    names: list[str] = []

    def make() -> str:
        name = f"vitrine_upgrade_{uuid4().hex[:12]}"
        if connection.vendor == "sqlite":
            return f"sqlite:///{tmp_path / name}.sqlite3"
        names.append(name)
        _execute_outside_transaction(f"CREATE DATABASE {name}")
        return re.sub(r"/[^/]*$", f"/{name}", os.environ["VITRINE_TEST_DATABASE_URL"])

    yield make
    for name in names:
        _execute_outside_transaction(f"DROP DATABASE {name} WITH (FORCE)")


def _execute_outside_transaction(sql: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql)


def connect(url: str) -> BaseDatabaseWrapper:
    """A connection to the database at `url`, outside Django's settings."""
    return ConnectionHandler({"default": environ.Env.db_url_config(url)})["default"]


def load_previous_release(url: str) -> None:
    """Fill the empty database at `url` with the tables and rows of commit 44fd5e7."""
    with closing(connect(url)) as database, database.cursor() as cursor:
        dump = (HERE / f"previous_release.{database.vendor}.sql").read_text()
        run = cursor.executescript if database.vendor == "sqlite" else cursor.execute
        run(dump)


def manage(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` with `arguments` on the database at `url`."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(SECRET_KEY="x", DATABASE_URL=url),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def migrate(url: str, *target: str) -> None:
    done = manage(url, "migrate", "--verbosity", "0", *target)
    assert done.returncode == 0, done.stderr


def schema(database: Any) -> dict[str, Any]:
    """Columns, indexes, constraints and triggers by table, without Django's generated names."""
    with database.cursor() as cursor:
        inspect = database.introspection
        tables = {
            table: {
                "columns": sorted(
                    map(repr, (tuple(c) for c in inspect.get_table_description(cursor, table)))
                ),
                "constraints": sorted(
                    json.dumps(constraint, sort_keys=True, default=str)
                    for constraint in inspect.get_constraints(cursor, table).values()
                ),
            }
            for table in inspect.table_names(cursor)
        }
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
            if database.vendor == "sqlite"
            else "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE NOT tgisinternal ORDER BY tgname"
        )
        return {**tables, "triggers": cursor.fetchall()}


def rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of the catalogue and the playground, by table, in a stable order."""
    with closing(connect(url)) as database, database.cursor() as cursor:
        found = {}
        for table in database.introspection.table_names(cursor):
            if not table.startswith(("catalog_", "playground_")) or table.startswith(DERIVED):
                continue
            cursor.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            found[table] = sorted(
                (dict(zip(names, row, strict=True)) for row in cursor.fetchall()), key=repr
            )
        return found


def applied(url: str) -> set[tuple[str, str]]:
    with closing(connect(url)) as database, database.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())


def forget(url: str, migrations: set[tuple[str, str]]) -> None:
    """Remove the rows that record `migrations` as applied."""
    with closing(connect(url)) as database, database.cursor() as cursor:
        for app, name in migrations:
            cursor.execute(
                "DELETE FROM django_migrations WHERE app = %s AND name = %s", [app, name]
            )
        database.commit()


@pytest.fixture
def previous_release(make_database: Make) -> str:
    """The address of a database as commit 44fd5e7 left it."""
    url = make_database()
    load_previous_release(url)
    return url


@pytest.fixture
def last_unsquashed(previous_release: str) -> str:
    """The address of a database with every migration that there was before the squash."""
    for app, name in LAST_UNSQUASHED:
        migrate(previous_release, app, name)
    forget(previous_release, SQUASHES)
    return previous_release


@pytest.mark.parametrize("fixture", ["previous_release", "last_unsquashed"])
def test_an_upgraded_database_keeps_its_rows_and_has_the_tables_of_a_new_one(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    """The new one is that of the tests.

    Rows of replaced migrations stay in `django_migrations`, though their files are gone: the check
    at the start knows them.
    """
    url = request.getfixturevalue(fixture)
    before = rows(url)
    assert before["playground_run"]
    assert before["catalog_collectionitem"]
    assert not applied(url) & SQUASHES
    migrate(url)
    assert applied(url) >= SQUASHES
    with closing(connect(url)) as upgraded:
        assert schema(upgraded) == schema(connection)
    after = rows(url)
    for table, kept in before.items():
        columns = kept[0].keys() if kept else ()
        assert [{name: row[name] for name in columns} for row in after[table]] == kept, table
    assert "newer Vitrine" not in manage(url, "sync_models", "--wrong-option").stderr


def test_a_database_that_is_too_old_is_refused_in_one_sentence(previous_release: str) -> None:
    """Half of what a squashed migration replaces is applied: Django would end with a traceback."""
    forget(previous_release, {("playground", "0012_words_for_states_and_ways")})
    before = rows(previous_release)
    done = manage(previous_release, "sync_models")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "playground.0012_words_for_states_and_ways" in done.stderr
    assert "older Vitrine" in done.stderr
    assert rows(previous_release) == before
