"""Databases for tests of upgrades: made, migrated by `manage.py`, and read."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any
from uuid import uuid4

import environ
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from tests.processes import ROOT, environment

MakeDatabase = Callable[[str], str]


@contextmanager
def databases(folder: Path) -> Iterator[MakeDatabase]:
    """`make_database("")`: the address of a new, empty database of the kind under test.

    Given the address of another database, it makes a copy. All are dropped at the end.
    """
    names: list[str] = []

    def make_database(template: str) -> str:
        name = f"vitrine_upgrade_{uuid4().hex[:12]}"
        if connection.vendor == "sqlite":
            if template:
                copyfile(template.removeprefix("sqlite:///"), folder / f"{name}.sqlite3")
            return f"sqlite:///{folder / name}.sqlite3"
        names.append(name)
        source = template.rpartition("/")[2] or "template1"
        _execute_outside_transaction(f"CREATE DATABASE {name} TEMPLATE {source}")
        return re.sub(r"/[^/]*$", f"/{name}", os.environ["VITRINE_TEST_DATABASE_URL"])

    yield make_database
    for name in names:
        _execute_outside_transaction(f"DROP DATABASE {name} WITH (FORCE)")


def _execute_outside_transaction(sql: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql)


def connect(url: str) -> BaseDatabaseWrapper:
    """Open a connection to the database at `url`, outside Django's settings."""
    return ConnectionHandler({"default": environ.Env.db_url_config(url)})["default"]


def manage(url: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` with `arguments` on the database at `url`; `more` are settings."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(**({"SECRET_KEY": "x", "DATABASE_URL": url} | more)),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def migrate(url: str, *options: str) -> None:
    done = manage(url, "migrate", "--verbosity", "0", *options)
    assert done.returncode == 0, done.stderr


def execute(url: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Execute one statement; return its rows, if it has any."""
    with closing(connect(url)) as database, database.cursor() as cursor:
        cursor.execute(sql, values)
        rows_found = cursor.fetchall() if cursor.description else []
        database.commit()
    return rows_found


def schema(database: Any) -> dict[str, Any]:
    """Return columns, indexes, constraints, triggers by table, without Django's generated names."""
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
            # a test of query plans has run ANALYZE, which made this table
            if table != "sqlite_stat1"
        }
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
            if database.vendor == "sqlite"
            else "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE NOT tgisinternal ORDER BY tgname"
        )
        # PostgreSQL orders the columns of a trigger by age, and adds casts to restored ones.
        triggers = {name: {*re.findall(r"\w+", sql)} for name, sql in cursor.fetchall()}
        return {**tables, "triggers": triggers}
