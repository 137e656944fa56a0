"""A database of an earlier Vitrine upgrades in place, keeps its rows and gets a new one's tables.

`previous_release.*.sql` are dumps of a database of commit 44fd5e7, in which all migrations that
`catalog.0001_squashed_0008` and `playground.0001_squashed_0012` replace are applied, and no later
one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any
from uuid import uuid4

import environ
import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.utils import ConnectionHandler

from tests.processes import ROOT, environment
from tests.schemas.laws import sample

HERE = Path(__file__).parent
# Each squashed migration, with the last commit that has the migrations it replaces.
SQUASHES = {
    ("api", "0001_squashed_0003"): "b7749c45",
    ("boards", "0001_squashed_0005"): "b7749c45",
    ("catalog", "0001_squashed_0008"): "44fd5e7",
    ("catalog", "0009_squashed_0011"): "b7749c45",
    ("flows", "0001_squashed_0005"): "b7749c45",
    ("playground", "0001_squashed_0012"): "44fd5e7",
    ("playground", "0013_squashed_0022"): "b7749c45",
}
DATES = {"44fd5e7": 22, "b7749c45": 24}
# The revision token, which each write renews, and the search tables that 44fd5e7 filled.
DERIVED = ("catalog_revision", "catalog_search")
# Tables to which these tests add rows, with a column that exists no more.
ADDED_TO = {"playground_share", "playground_upload"}
Key = tuple[str, str]  # app label and name of a migration
MakeDatabase = Callable[[str], str]
pytestmark = [pytest.mark.both_databases, pytest.mark.django_db, pytest.mark.system]


@contextmanager
def databases(folder: Path) -> Iterator[MakeDatabase]:
    """`make_database("")`: the address of a new, empty database of the kind under test.

    With the address of another one it is a copy of that. All are dropped at the end.
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
        timeout=600,
        check=False,
    )


def migrate(url: str, *options: str) -> None:
    done = manage(url, "migrate", "--verbosity", "0", *options)
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


def execute(url: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Execute one statement; returns its rows, if it has any."""
    with closing(connect(url)) as database, database.cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchall() if cursor.description else []
        database.commit()
    return found


def applied(url: str) -> set[Key]:
    return {(app, name) for app, name in execute(url, "SELECT app, name FROM django_migrations")}


def forget(url: str, migrations: Iterable[Key]) -> None:
    """Remove the rows that record `migrations` as applied."""
    for key in migrations:
        execute(url, "DELETE FROM django_migrations WHERE app = %s AND name = %s", *key)


def record(url: str, migration: Key) -> None:
    """Record `migration` as applied."""
    sql = "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, '2026-11-24')"
    execute(url, sql, *migration)


@dataclass(frozen=True)
class Upgrade:
    """A database of commit 44fd5e7 with some rows more, upgraded.

    `before` are the rows that it had. `run` has an uploaded file among its arguments, and `board`
    is the id of a board that was made when boards were called batches.
    """

    url: str
    before: dict[str, list[dict[str, Any]]]
    run: str
    board: str


@pytest.fixture(scope="module")
def upgrade(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Upgrade]:
    """One for all of these tests: the migrations take half a minute on PostgreSQL."""
    folder = tmp_path_factory.mktemp("upgrades")
    with django_db_blocker.unblock(), databases(folder) as make_database:
        url = make_database("")
        load_previous_release(url)
        run = add_arguments_with_a_file(url)
        execute(url, "UPDATE playground_run SET is_starred = %s", True)
        add_uploads_of_four_types(url)
        add_shares(url)
        before = rows(url)
        assert not applied(url) & SQUASHES.keys()
        migrate(url, "boards", "0007")
        migrate(url, "accounts", "0006")
        board = add_board_of_before_the_rename(url)
        migrate(url)
        yield Upgrade(url, before, run, board)


@pytest.fixture
def last_unsquashed(upgrade: Upgrade, tmp_path: Path) -> Iterator[str]:
    """The address of a database as commit b7749c45 left it, which had no squash of these."""
    with databases(tmp_path) as make_database:
        url = make_database(upgrade.url)
        forget(url, SQUASHES)
        yield url


def add_arguments_with_a_file(url: str) -> str:
    """Give the first run an uploaded file among its arguments; returns its id as it is stored."""
    run: str = execute(url, "SELECT id FROM playground_run ORDER BY id")[0][0]
    arguments = json.dumps({"image_url": f"/uploads/{uuid4()}/a.png"})
    execute(url, "UPDATE playground_run SET arguments = %s WHERE id = %s", arguments, run)
    return run


def add_uploads_of_four_types(url: str) -> None:
    for content_type in ("video/mp4", "audio/wav", "image/gif", "image/png"):
        add_upload(url, uuid4().hex, content_type, is_shared=False)


def add_upload(url: str, upload_id: str, content_type: str, *, is_shared: bool) -> None:
    execute(
        url,
        "INSERT INTO playground_upload (id, digest, file, file_name, content_type, size_bytes,"
        " created_at, upstream_url, user_id, is_shared) SELECT %s, %s, '', '', %s, 1,"
        " '2026-11-22', '', min(id), %s FROM auth_user",
        *(upload_id, upload_id, content_type, is_shared),
    )


def add_shares(url: str) -> None:
    """Add two links to a form with a file: "open" also opened its file for everybody."""
    for name, is_shared in (("open", True), ("prefill", False)):
        upload = uuid4()
        add_upload(url, upload.hex, "image/png", is_shared=is_shared)
        execute(
            url,
            "INSERT INTO playground_share (id, arguments, created_at, endpoint_id, user_id)"
            " SELECT %s, %s, '2026-11-22', (SELECT min(id) FROM catalog_endpoint), min(id)"
            " FROM auth_user",
            *(name, json.dumps({"image_url": f"/uploads/{upload}/a.png"})),
        )


def add_board_of_before_the_rename(url: str) -> str:
    """Add a board with a row and an audit entry about it; returns its id."""
    board = uuid4().hex
    execute(
        url,
        "INSERT INTO boards_batch (id, title, plan, form_token, created_at, source_id, user_id)"
        " SELECT %s, 'Cats', '{}', 't', '2026-11-22', (SELECT min(id) FROM catalog_endpoint),"
        " min(id) FROM auth_user",
        board,
    )
    execute(
        url,
        'INSERT INTO boards_row (position, label, "values", digest, board_id)'
        " VALUES (0, '', '{}', 'd', %s)",
        board,
    )
    execute(
        url,
        "INSERT INTO accounts_auditentry"
        " (at, actor_name, action, kind, object_id, object_name, detail)"
        " VALUES ('2026-11-22', 'eva', 'deleted', 'boards.batch', %s, 'Cats', '')",
        board,
    )
    return board


def test_an_upgraded_database_keeps_its_rows_and_has_the_tables_of_a_new_one(
    upgrade: Upgrade,
) -> None:
    """The new one is that of the tests.

    Rows of replaced migrations stay in `django_migrations`, though their files are gone: the check
    at the start knows them.
    """
    assert upgrade.before["playground_run"]
    assert upgrade.before["catalog_collectionitem"]
    assert applied(upgrade.url) >= SQUASHES.keys()
    with closing(connect(upgrade.url)) as upgraded:
        assert schema(upgraded) == schema(connection)
    after = rows(upgrade.url)
    for table, rows_before in upgrade.before.items():
        if table not in ADDED_TO:
            columns = rows_before[0].keys() if rows_before else ()
            rows_after = [{name: row[name] for name in columns} for row in after[table]]
            assert rows_after == rows_before, table
    assert "newer Vitrine" not in manage(upgrade.url, "sync_models", "--wrong-option").stderr


def test_an_upgrade_marks_the_runs_whose_input_files_are_to_be_noted(upgrade: Upgrade) -> None:
    marked = execute(upgrade.url, "SELECT run_id, source FROM playground_inputfile")
    assert marked == [(upgrade.run, None)]


def test_an_upgrade_renames_boards_with_their_rows_and_audit_entries(upgrade: Upgrade) -> None:
    url = upgrade.url
    joined = "SELECT title FROM boards_board JOIN boards_row ON boards_row.board_id=boards_board.id"
    assert execute(url, joined) == [("Cats",)]
    kinds = "SELECT kind FROM accounts_auditentry WHERE object_pk = %s"
    assert execute(url, kinds, upgrade.board) == [("boards.board",)]
    models = "SELECT model FROM django_content_type WHERE model IN ('batch', 'board')"
    assert execute(url, models) == [("board",)]
    permissions = "SELECT codename FROM auth_permission WHERE codename LIKE %s"
    assert execute(url, permissions, "%batch") == []
    assert len(execute(url, permissions, "%board")) == 4


def test_an_upgrade_stars_the_only_file_of_a_starred_run(upgrade: Upgrade) -> None:
    assert execute(upgrade.url, "SELECT is_starred FROM playground_artifact") == [(True,)]


def test_an_upgrade_has_the_films_and_sounds_of_before_measured(upgrade: Upgrade) -> None:
    measured = "SELECT content_type FROM playground_upload WHERE measure_at IS NOT NULL"
    types = {content_type for (content_type,) in execute(upgrade.url, measured)}
    assert types == {"video/mp4", "audio/wav", "image/gif"}


def test_an_upgrade_keeps_the_links_open_that_opened_files(upgrade: Upgrade) -> None:
    opened = execute(upgrade.url, "SELECT id FROM playground_share WHERE opens_files")
    assert opened == [("open",)]


def test_a_database_with_all_replaced_migrations_is_up_to_date(last_unsquashed: str) -> None:
    url = last_unsquashed
    before = rows(url)
    migrate(url, "--check")
    assert not applied(url) & SQUASHES.keys()
    migrate(url)
    assert applied(url) >= SQUASHES.keys()
    with closing(connect(url)) as database:
        assert schema(database) == schema(connection)
    assert rows(url) == before


def test_a_database_that_is_too_old_is_refused_in_one_sentence(last_unsquashed: str) -> None:
    """A part of what a squashed migration replaces is applied: Django ends with a traceback."""
    url = last_unsquashed
    replacements = MigrationLoader(None).replacements
    assert replacements.keys() == SQUASHES.keys()
    before = rows(url)
    for squash, migration in sample([*replacements.items()], 2):
        missing = migration.replaces[-1]
        forget(url, [missing])
        done = manage(url, "migrate")
        record(url, missing)
        assert done.returncode == 1
        assert done.stderr == (
            "Vitrine did not start: the database is of an older Vitrine than this one can upgrade "
            f"({'.'.join(missing)} was never applied): update to the Vitrine of "
            f"{DATES[SQUASHES[squash]]} November 2026 (commit {SQUASHES[squash]}) first, start it "
            "once, then update again; nothing was changed.\n"
        )
        assert not done.stdout
    assert rows(url) == before
