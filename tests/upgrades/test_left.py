"""What people made with what left in 0.3.0 becomes what stays; the tables are dropped."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection

from tests.processes import ROOT, environment
from tests.upgrades import left
from tests.upgrades.databases import connect, databases, execute, manage, migrate, schema
from tests.upgrades.last_020 import LAST

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.django_db,
    pytest.mark.system,
    pytest.mark.needs("pg_dump"),
]


def _call(function: str, url: str) -> None:
    """Call the function of each module of `left` on the database at `url`, in a process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrades.test_left", function],
        cwd=ROOT,
        env=environment(DJANGO_SETTINGS_MODULE="tests.settings", VITRINE_TEST_DATABASE_URL=url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _call_here(function: str) -> None:
    import django
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    executor = MigrationExecutor(connection)
    nodes = [*LAST.items()] if function == "make" else executor.loader.graph.leaf_nodes()
    if function == "make":
        # Not by `migrate`, which after each app installs triggers that need tables of others.
        executor.migrate(nodes)
    apps = executor.loader.project_state(nodes).apps
    for _, name, _ in pkgutil.iter_modules(left.__path__):
        getattr(import_module(f"{left.__name__}.{name}"), function)(apps)


def test_what_people_made_becomes_what_stays(tmp_path: Path) -> None:
    with databases(tmp_path) as make_database:
        url = make_database("")
        _call("make", url)
        execute(url, "DELETE FROM operations_dataversion")
        version = "INSERT INTO operations_dataversion (version, migrations) VALUES ('0.2.0', 1)"
        execute(url, version)
        migrate(url)
        _call("check", url)
        with closing(connect(url)) as database:
            assert schema(database) == schema(connection)


def test_no_process_of_the_former_version_is_at_work(tmp_path: Path) -> None:
    with databases(tmp_path) as make_database:
        url = make_database("")
        migrate(url)
        execute(url, "UPDATE operations_dataversion SET version = '0.2.0 (2b571e1b55ba)'")
        execute(
            url,
            "INSERT INTO operations_serverprocess (identity, kind, beat_at) "
            "VALUES ('of another machine', 'worker', CURRENT_TIMESTAMP)",
        )
        done = manage(url, "migrate", "--no-input")
        assert done.returncode == 1
        assert "Vitrine 0.2.0 (2b571e1b55ba) are at work (worker)" in done.stderr
        execute(url, "DELETE FROM operations_serverprocess")
        migrate(url)


if __name__ == "__main__":
    _call_here(sys.argv[1])
