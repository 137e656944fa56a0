"""What people made with what left in 0.3.0 becomes what stays; the tables are dropped."""

import pkgutil
import subprocess
import sys
from contextlib import closing
from importlib import import_module
from typing import Any

import django
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

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
    """Call `make_all` or `check_all` on the database at `url`, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrades.test_left", function],
        cwd=ROOT,
        env=environment(DJANGO_SETTINGS_MODULE="tests.settings", VITRINE_TEST_DATABASE_URL=url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def make_all(executor: MigrationExecutor) -> None:
    """Migrate a new database to 0.2.0, and add rows of all that left."""
    from features.library.models import search_entry

    apps = executor.migrate([*LAST.items()]).apps
    search_entry.install_trigger()  # `migrate` does, once it has ended
    for module in _modules():
        module.make(apps)
    version = apps.get_model("operations", "DataVersion")
    version.objects.create(version="0.2.0", migrations=1)


def check_all(executor: MigrationExecutor) -> None:
    """Look at what became of these rows."""
    apps = executor.loader.project_state().apps
    for module in _modules():
        module.check(apps)


def _modules() -> list[Any]:
    names = [name for _, name, _ in pkgutil.iter_modules(left.__path__)]
    return [import_module(f"{left.__name__}.{name}") for name in names]


def test_what_people_made_becomes_what_stays(tmp_path):
    with databases(tmp_path) as make_database:
        url = make_database("")
        _call("make_all", url)
        migrate(url)
        _call("check_all", url)
        with closing(connect(url)) as database:
            assert schema(database) == schema(connection)


def test_no_process_of_the_former_version_is_at_work(tmp_path):
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


def test_runs_by_a_key_of_a_project_end_before_it(tmp_path):
    with databases(tmp_path) as make_database:
        url = make_database("")
        _call("make_all", url)
        under_way = "UPDATE playground_run SET state = '%s' WHERE project_key_id IS NOT NULL"
        execute(url, under_way % "unconfirmed")
        done = manage(url, "migrate", "--no-input")
        assert done.returncode == 1
        assert "1 run under way was sent with a key of a project" in done.stderr
        with closing(connect(url)) as database:
            tables = database.introspection.table_names()
        assert "playground_projectkey" in tables
        execute(url, under_way % "failed")
        migrate(url)


if __name__ == "__main__":
    django.setup()
    {"make_all": make_all, "check_all": check_all}[sys.argv[1]](MigrationExecutor(connection))
