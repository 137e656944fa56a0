"""Refuses migrations that a busy house cannot take: `python -m tests.migrations`.

django-migration-linter reads the SQL of each migration newer than the oldest fixture
(`tests/upgrades/`). Refused are long locks of a large table, changes with which a process of the
former version cannot work, and changes of two tables: `migrate` would hold one while it waits for
the other, which people's transactions may hold. It checks SQLite and, if a server answers,
PostgreSQL. Models without their migration are refused too. The migrations of 0.3.0 are not
checked: its update stops all processes first.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping

from tests.processes import ROOT, environment
from tests.run import find_postgresql
from tests.upgrades import fixtures
from tests.upgrades.fixtures import Key
from tests.upgrades.last_020 import of_020

# Refused, but accepted for this reason: no former version reads the column any more.
AGREED: Mapping[Key, str] = {
    ("boards", "0021_without_trials"): (
        "drops constraints of two small tables that nothing writes any more; SQLite copies them"
    ),
    ("boards", "0022_without_tallies"): (
        "drops constraints of two small tables that nothing writes any more; SQLite copies them"
    ),
    ("catalog", "0019_facts_that_help_choosing"): (
        "adds a column that the database gives a default; SQLite copies some thousand rows for that"
    ),
    ("catalog", "0022_without_looks"): (
        "gives a column that nothing reads a default; SQLite copies the small table for that"
    ),
    ("playground", "0057_record_without_triggers"): (
        "the new index contains no row yet: a million rows are read in 0.2 s; SQLite copies them"
    ),
    ("playground", "0058_record_sums"): (
        "adds columns that the database gives a default; SQLite copies some thousand rows for that"
    ),
    ("projects", "0006_recoverable_rows"): (
        "makes rules unique among those that are not removed; a project has a hundred at most"
    ),
    ("projects", "0007_what_fal_keeps"): (
        "adds a column that the database gives a default; SQLite copies the small table for that"
    ),
    ("projects", "0008_deputies_take_over"): (
        "adds a column that the database gives a default; SQLite copies the small table for that"
    ),
    ("sharing", "0007_fewer_kinds"): (
        "drops constraints of a small table that nothing writes any more; SQLite copies it for that"
    ),
    ("sharing", "0008_regions_and_remarks"): (
        "adds a column that the database gives a default; SQLite copies the small table for that"
    ),
}
# They alter two tables each; `migrate` tries them again where people use the second one.
SEVERAL_TABLES = {("operations", "0003_processes"), ("sharing", "0008_regions_and_remarks")}
# The way back is a backup (docs/OPERATING.md), so migrations need not be reversible.
LEFT_OUT = ("RUNPYTHON_REVERSIBLE", "RUNSQL_REVERSIBLE")


def main() -> int:
    """Check the new migrations on each database, each in a process; return 1 if one is refused."""
    urls = filter(None, ["sqlite://:memory:", find_postgresql()])
    return max(check(url, "new").returncode for url in urls)


def check(url: str, *which: str) -> subprocess.CompletedProcess[str]:
    """Check "new" migrations, or one by "app.name", on a database; print the refused ones."""
    return subprocess.run(
        [sys.executable, "-m", "tests.migrations", *which],
        cwd=ROOT,
        env=environment(DJANGO_SETTINGS_MODULE="tests.settings", VITRINE_TEST_DATABASE_URL=url),
        text=True,
        check=False,
    )


def _check_here(which: Iterable[str]) -> bool:
    import django
    from django.core.management import call_command
    from django.db.migrations.loader import MigrationLoader
    from django_migration_linter import MigrationLinter

    django.setup()
    keys = {(app, name) for app, _, name in (key.partition(".") for key in which)}
    if keys == {("new", "")}:
        call_command("makemigrations", check=True, dry_run=True)
        keys = _ours() - fixtures.migrations(fixtures.VERSIONS[0]) - AGREED.keys()
        # the fixture has the migrations that a squash replaces
        keys -= {*MigrationLoader(None).replacements}
        keys &= of_020(MigrationLoader(None))
    linter = MigrationLinter(
        all_warnings_as_errors=True,
        exclude_migration_tests=LEFT_OUT,
        quiet=["ok", "ignore"],
        no_cache=True,
    )
    for key in sorted(keys):
        linter.lint_migration(linter.migration_loader.disk_migrations[key])
    several = [k for k in sorted(keys - SEVERAL_TABLES) if len(altered(linter.get_sql(*k))) > 1]
    for key in several:
        print(f"{key} alters several tables: write one migration for each.")
    return bool(linter.has_errors or several)


def altered(sql: Iterable[str]) -> set[str]:
    """Return the tables that the statements of a migration alter, but for those that it creates."""
    text = "\n".join(sql)
    created = set(re.findall(r'CREATE TABLE "(\w+)"', text))
    return set(re.findall(r'ALTER TABLE "(\w+)"', text)) - created


def _ours() -> set[Key]:
    """Return the migrations of our apps."""
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    ours = {app.label for app in apps.get_app_configs() if _is_here(app.name)}
    return {key for key in MigrationLoader(None).disk_migrations if key[0] in ours}


def _is_here(package: str) -> bool:
    return (ROOT / package.replace(".", "/")).is_dir()


if __name__ == "__main__":
    sys.exit(_check_here(sys.argv[1:]) if sys.argv[1:] else main())
