"""Takes a database's content of one moment while people write; puts it into another database."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from django.apps import apps
from django.conf import settings
from django.db import connection, connections, transaction
from django.db.models import Q

from core.formatting import size
from house.operations.backup import contents, leftovers
from house.operations.backup.place import NoBackup
from runs.files.storage_move import stored_rows
from runs.models import Run

Say = Callable[[str], None]
EXTENSIONS = ("pg_trgm",)  # of PostgreSQL; our migrations create them
READER = "backup"  # the alias of the connection that reads the content
LOOK_EVERY_S = 1.0
COUNT_PAUSE_ROWS = 2000
LONGEST_NAME = 63  # of a PostgreSQL database


def paced(write: Callable[[str], object]) -> Say:
    """Return a function that writes each new step at once, and its progress every second."""
    last_step, said_at = "", 0.0

    def say(step: str) -> None:
        nonlocal last_step, said_at
        now = time.monotonic()
        if step.partition(":")[0] != last_step or now - said_at > LOOK_EVERY_S:
            last_step, said_at = step.partition(":")[0], now
            write(step)

    return say


@dataclass(frozen=True)
class DatabaseCopy:
    """A database's content in a file: its rows, and the files in our storage that they name."""

    file: Path
    tables: Mapping[str, int]
    names: Sequence[str]
    migrations: Sequence[tuple[str, str]]
    pages: Mapping[str, str]


# Renders pages of a database as of that moment, from its DATABASE_URL and a snapshot's key.
Render = Callable[[str, str], Mapping[str, str]]


def take(folder: Path, say: Say, render: Render) -> DatabaseCopy:
    """Write the database's content to a file in `folder`; raises NoBackup.

    Nobody waits: SQLite's readers do not stop writers, and PostgreSQL reads from one snapshot.
    """
    if settings.IS_SQLITE:
        return _take_sqlite(folder / "database.sqlite3", say, render)
    return _take_postgres(folder / "database.dump", say, render)


def _take_sqlite(file: Path, say: Say, render: Render) -> DatabaseCopy:
    say("The database is copied")
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("PRAGMA secure_delete=ON")  # rows that are left out leave no trace
        for model in contents.left_out():
            copy.execute(f'DELETE FROM "{model._meta.db_table}"')  # noqa: S608  our own tables
        copy.commit()
    with _reading({"NAME": str(file)}):
        tables, names, migrations = _tables(say), _names(say), _migrations()
    return DatabaseCopy(file, tables, names, migrations, render(f"sqlite:///{file}", ""))


def _take_postgres(file: Path, say: Say, render: Render) -> DatabaseCopy:
    with _reading({}), transaction.atomic(using=READER):
        with connections[READER].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = str(cursor.fetchone()[0])
        tables, names, migrations = _tables(say), _names(say), _migrations()
        in_use = Scratch(str(connections["default"].settings_dict["NAME"]))
        pages = render(in_use.url, snapshot)
        exclusions = [
            f"--exclude-table-data={model._meta.db_table}" for model in contents.left_out()
        ]
        _dump(
            [f"--snapshot={snapshot}", f"--file={file}", *exclusions],
            lambda: say(f"The database is dumped: {_size_of(file)}"),
        )
    return DatabaseCopy(file, tables, names, migrations, pages)


def copy_whole(folder: Path) -> Path:
    """Copy the whole database, whatever its schema, to a file in `folder`; raises NoBackup."""
    stamp = time.strftime("%Y-%m-%dT%H%M%S")
    if settings.IS_SQLITE:
        file = folder / f"{stamp}.sqlite3"
        connection.ensure_connection()
        with closing(sqlite3.connect(file)) as copy:
            connection.connection.backup(copy)
        return file
    file = folder / f"{stamp}.dump"
    _dump([f"--file={file}"], lambda: None)
    return file


def _dump(arguments: Sequence[str], look: Callable[[], None]) -> None:
    """Dump only what is ours: an admin may have added extensions, schemas, tables and views.

    Only a superuser could restore most extensions, so dumping them would not help our role.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OF_OTHERS, [connection.introspection.django_table_names()])
        more_exclusions = [f"--exclude-{kind}={name}" for kind, name in cursor.fetchall()]
    extensions = [f"--extension={name}" for name in EXTENSIONS]
    program = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges"]
    _run_watched(program, [*extensions, *more_exclusions, *arguments], look)


# Schemas other than ours and our extensions'; in ours, tables unknown to Django or our role.
_OF_OTHERS = """
SELECT 'schema', quote_ident(nspname) FROM pg_namespace
WHERE nspname <> current_schema() AND nspname !~ '^pg_' AND nspname <> 'information_schema'
AND oid NOT IN (SELECT extnamespace FROM pg_extension WHERE extname = 'pg_trgm')
UNION ALL
SELECT 'table', quote_ident(nspname) || '.' || quote_ident(relname)
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = current_schema() AND relkind IN ('r', 'v', 'm', 'f', 'p')
AND NOT relname = ANY (%s)
AND relowner <> (SELECT relowner FROM pg_class WHERE oid = 'django_migrations'::regclass)
"""


def _size_of(file: Path) -> str:
    return size(file.stat().st_size) if file.exists() else ""


@contextmanager
def _reading(values: Mapping[str, Any]) -> Iterator[None]:
    """Open a separate connection, `READER`, to the database, or with other `values` to another."""
    connections.databases[READER] = {**connections.databases["default"], **values}
    try:
        yield
    finally:
        connections[READER].close()
        del connections[READER], connections.databases[READER]


def _tables(say: Say) -> dict[str, int]:
    """Return the number of rows in each table of a backup."""
    row_counts = {}
    for model in contents.included():
        row_counts[model._meta.db_table] = model._base_manager.using(READER).count()
    say(f"{sum(row_counts.values()):,} rows in {len(row_counts)} tables")
    return row_counts


def _names(say: Say) -> list[str]:
    """Return the names of all files that rows refer to, once each."""
    names: dict[str, None] = {}
    for rows in stored_rows():
        for row in rows.rows.using(READER).order_by("pk").iterator(COUNT_PAUSE_ROWS):
            names.update(dict.fromkeys(filter(None, rows.names_of(row))))
    say(f"{len(names):,} files belong to it")
    return list(names)


def _migrations() -> list[tuple[str, str]]:
    labels = {app.label for app in apps.get_app_configs()}
    with connections[READER].cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        return [(app, name) for app, name in cursor.fetchall() if app in labels]


# --- putting it somewhere ---------------------------------------------------------------------


@dataclass
class Scratch:
    """A database beside the one in use, which nothing else uses."""

    name: str  # a path, or a name on the server

    @property
    def url(self) -> str:
        """Return its DATABASE_URL."""
        if settings.IS_SQLITE:
            return f"sqlite:///{self.name}"
        parts = urlsplit(settings.DATABASE_URL)
        return parts._replace(path=f"/{quote(self.name)}").geturl()

    def fill(self, file: Path, say: Say) -> None:
        """Fill it with the content of a backup; raises NoBackup."""
        say("The backup's database is created beside the one in use")
        if settings.IS_SQLITE:
            shutil.copyfile(file, self.name)
            return
        _run_watched(
            ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--jobs=2"],
            [f"--dbname={self.name}", str(file)],
            lambda: None,
        )

    def migrate(self) -> None:
        """Migrate it to the present code; raises NoBackup."""
        manage(self.url, "migrate", "--no-input", "--no-copy", "--verbosity=0")

    def count(self, tables: Sequence[str]) -> dict[str, int]:
        """Return the number of rows in each of these tables that exists."""
        row_counts = {}
        with _reading({"NAME": self.name}), connections[READER].cursor() as cursor:
            present = set(connections[READER].introspection.table_names(cursor))
            for table in present.intersection(tables):
                cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  our own tables
                row_counts[table] = int(cursor.fetchone()[0])
        return row_counts

    def hold_unsent(self) -> int:
        """Mark runs that waited to be sent as unconfirmed; return their number.

        They may have been sent since the backup, and must not be paid for twice: their users or
        upstream's list of requests tell.
        """
        is_unsent = Q(state__in=[Run.State.CREATED, Run.State.SUBMITTING], handle=None)
        with _reading({"NAME": self.name}):
            rows = Run._base_manager.using(READER).filter(is_unsent)
            return rows.update(state=Run.State.UNCONFIRMED, worker="", lease_until=None)

    def check(self) -> list[str]:
        """Return what is wrong with the database itself: its pages, or its indexes."""
        with _reading({"NAME": self.name}), connections[READER].cursor() as cursor:
            if settings.IS_SQLITE:
                cursor.execute("PRAGMA integrity_check(20)")
                return [line for (line,) in cursor.fetchall() if line != "ok"]
            return _check_indexes(cursor)

    def drop(self) -> None:
        """Delete it."""
        if settings.IS_SQLITE:
            for suffix in ("", "-wal", "-shm", "-journal"):
                Path(self.name + suffix).unlink(missing_ok=True)
        else:
            _on_server(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


@contextmanager
def scratch(purpose: str) -> Iterator[Scratch]:
    """Create an empty database beside the one in use, and delete it at the end; raises NoBackup."""
    database = new_scratch(purpose)
    try:
        yield database
    finally:
        database.drop()


def new_scratch(purpose: str) -> Scratch:
    """Create an empty database beside the one in use; raises NoBackup."""
    name, suffix = str(connections["default"].settings_dict["NAME"]), leftovers.suffix(purpose)
    for leftover in _left_behind(name):
        leftover.drop()
    if settings.IS_SQLITE:
        return Scratch(str(Path(name).with_name(f"{Path(name).stem}{suffix}.sqlite3")))
    database = Scratch(f"{name}{suffix}"[-LONGEST_NAME:])
    _on_server(f'CREATE DATABASE "{database.name}" TEMPLATE template0')
    return database


def _left_behind(name: str) -> list[Scratch]:
    """Return the databases beside `name` that killed processes have left behind."""
    if settings.IS_SQLITE:
        files, stem = Path(name).parent.glob("*.sqlite3"), Path(name).stem
        return [
            Scratch(str(file)) for file in files if leftovers.is_left(file.name, stem, ".sqlite3")
        ]
    names = (str(row[0]) for row in _on_server("SELECT datname FROM pg_database"))
    return [
        Scratch(database_name)
        for database_name in names
        if leftovers.is_left(database_name, name, "", LONGEST_NAME)
    ]


def take_the_place(database: Scratch, aside: str) -> None:
    """Rename the database in use to `aside`, and give its name to another database."""
    name = str(connections["default"].settings_dict["NAME"])
    connections["default"].close()
    if settings.IS_SQLITE:
        for suffix in ("", "-wal", "-shm"):
            if Path(name + suffix).exists():
                Path(name + suffix).rename(aside + suffix)
        Path(database.name).rename(name)
        return
    put_aside = [f'ALTER DATABASE "{name}" RENAME TO "{aside}"'] if exists() else []
    _on_server(
        "BEGIN", *put_aside, f'ALTER DATABASE "{database.name}" RENAME TO "{name}"', "COMMIT"
    )


def exists() -> bool:
    """Return True if the database in use exists."""
    if settings.IS_SQLITE:
        return True  # whoever opens it creates it
    names = _on_server("SELECT datname FROM pg_database")
    return (connections["default"].settings_dict["NAME"],) in names


def is_empty() -> bool:
    """Return True if the database in use has no account, and so nothing that anybody made."""
    with connection.cursor() as cursor:
        if "auth_user" not in connection.introspection.table_names(cursor):
            return True
        cursor.execute("SELECT 1 FROM auth_user LIMIT 1")
        return cursor.fetchone() is None


def _check_indexes(cursor: Any) -> list[str]:
    """Let PostgreSQL's `amcheck` verify each B-tree, if the server has it and we may use it."""
    cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'")
    if cursor.fetchone() is None:
        return []
    try:
        with transaction.atomic(using=READER):
            cursor.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
            cursor.execute(
                "SELECT bt_index_check(c.oid, true) FROM pg_index i "
                "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam "
                "JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE a.amname = 'btree' AND n.nspname = 'public' AND i.indisvalid"
            )
    except Exception as error:  # from psycopg or its wrapper; the sentence is the server's
        sentence = str(error).strip().splitlines()[0]
        return [] if "permission denied" in sentence else [sentence]
    return []


def _on_server(*statements: str) -> list[tuple[Any, ...]]:
    """Execute statements from another database of the server; return the rows of the last one."""
    import psycopg

    parameters = connections["default"].get_connection_params()
    known_names = (
        "host",
        "port",
        "user",
        "password",
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
    )
    values = {name: parameters[name] for name in known_names if name in parameters}
    try:
        with psycopg.connect(**values, dbname="postgres", autocommit=True) as server:
            for statement in statements:
                cursor = server.execute(statement)
            return cursor.fetchall() if cursor.description else []
    except psycopg.errors.InsufficientPrivilege as error:
        raise NoBackup(
            f"The database's role {parameters.get('user', '')} may not create databases "
            f"({str(error).strip()}): let an admin of PostgreSQL run “ALTER ROLE "
            f"{parameters.get('user', 'vitrine')} CREATEDB”, once."
        ) from error
    except psycopg.Error as error:
        raise NoBackup(f"PostgreSQL refused: {str(error).strip().splitlines()[0]}.") from error


def manage(url: str, *arguments: str) -> str:
    """Run a command of `manage.py` on the database at `url`, without fal's key; return its output.

    Runs in a process of its own, so this one keeps its connections and settings. Raises NoBackup.
    """
    environment = os.environ | {"DATABASE_URL": url, "FAL_KEY": "", "FAL_ADMIN_KEY": ""}
    environment["UPSTREAM"] = "fal"  # pages read it from the worker's row
    process = subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        raise NoBackup(f"“manage.py {arguments[0]}” failed: {_reason(process.stderr)}")
    return process.stdout


def _run_watched(
    program: Sequence[str], arguments: Sequence[str], look: Callable[[], None]
) -> None:
    """Run a PostgreSQL program to its end, calling `look` meanwhile; raises NoBackup."""
    if shutil.which(program[0]) is None:
        raise NoBackup(
            f"{program[0]} is not installed: it comes with PostgreSQL's client programs "
            "(Debian: postgresql-client), of the server's version or a newer one."
        )
    with tempfile.TemporaryFile("w+") as error_file:  # a pipe that nobody reads would fill up
        process = subprocess.Popen(  # noqa: S603
            [*program, *arguments],
            env=os.environ | _variables() | {"LC_MESSAGES": "C", "LC_ALL": ""},
            stdout=subprocess.DEVNULL,
            stderr=error_file,
        )
        while process.poll() is None:
            look()
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_EVERY_S)
        error_file.seek(0)
        errors = error_file.read()
    if process.returncode:
        raise NoBackup(f"{program[0]} failed: {_reason(errors)}{_versions(program[0])}")


def _versions(program: str) -> str:
    """Return the versions of a PostgreSQL program and of the server, if they differ."""
    version_line = subprocess.run(  # noqa: S603
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout
    version_match = re.search(r"[0-9]+(\.[0-9]+)?", version_line)
    server = _on_server("SHOW server_version")[0][0].split()[0]
    if version_match is None or version_match[0] == server:
        return ""
    return f" ({program} is {version_match[0]}, and the server {server}.)"


def _reason(error_output: str) -> str:
    """Return the line that names the error: PostgreSQL's first, Python's last.

    `pg_restore: error: could not execute query: ERROR:  …` and `psycopg.OperationalError: …`.
    """
    lines = error_output.strip().splitlines() or ["it said nothing"]
    if errors := [line for line in lines if re.search(r"\b(error|ERROR|FATAL): ", line)]:
        return errors[0]
    error_lines = (line for line in reversed(lines) if _names_an_error(line))
    return next(error_lines, lines[-1])


def _names_an_error(line: str) -> bool:
    name, colon, _ = line.partition(": ")
    return bool(colon) and name.replace(".", "").isidentifier()


def _variables() -> dict[str, str]:
    """Return the connection as libpq's variables: `ps` shows command lines to every account."""
    parameters = connections["default"].get_connection_params()
    parameter_names = {
        "PGHOST": "host",
        "PGPORT": "port",
        "PGUSER": "user",
        "PGPASSWORD": "password",
        "PGDATABASE": "dbname",
        "PGSSLMODE": "sslmode",
        "PGSSLROOTCERT": "sslrootcert",
        "PGSSLCERT": "sslcert",
        "PGSSLKEY": "sslkey",
    }
    return {
        variable: str(parameters[name])
        for variable, name in parameter_names.items()
        if parameters.get(name)
    }
