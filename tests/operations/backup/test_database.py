"""A dump has what is ours, and a program of PostgreSQL that fails is quoted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.db import connection

from operations.backup import database
from tests.tables import each_row

SAID = {
    "pg_restore: error: could not execute query: ERROR:  permission denied": (
        "pg_restore: error: could not execute query: ERROR:  permission denied\nHINT:  Be root.\n"
        "Command was: CREATE EXTENSION x;\npg_restore: warning: errors ignored on restore: 1"
    ),
    "pg_dump: error: server version mismatch": (
        "pg_dump: error: server version mismatch\npg_dump: detail: server version: 17; pg_dump: 15"
    ),
    "psycopg.OperationalError: gone": "Traceback:\n  x\npsycopg.OperationalError: gone\n",
    "it said nothing": "",
}


@each_row("line", SAID)
def test_the_line_that_names_the_error_is_quoted(line: str) -> None:
    assert database._reason(SAID[line]) == line


@pytest.mark.both_databases
@pytest.mark.needs("pg_dump")
@pytest.mark.django_db(transaction=True)
def test_what_an_administrator_added_is_in_no_dump(tmp_path: Path) -> None:
    if connection.vendor == "sqlite":  # it has no extensions, and is copied as it is
        assert database.copy_whole(tmp_path).stat().st_size > 0
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION hstore")
        cursor.execute("CREATE SCHEMA monitoring CREATE TABLE seen (by public.hstore)")
        try:
            dump = database.copy_whole(tmp_path)
        finally:
            cursor.execute("DROP SCHEMA monitoring CASCADE")
            cursor.execute("DROP EXTENSION hstore")
    listed = subprocess.run(
        ["pg_restore", "--list", str(dump)], capture_output=True, text=True, check=True
    ).stdout
    assert "EXTENSION - pg_trgm" in listed
    assert "auth_user" in listed
    assert "hstore" not in listed
    assert "monitoring" not in listed
