"""`migrate` copies the database first, records its version, and runs in one process at a time."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.starting import readiness
from core.version import full_version, version
from house.operations import migrating
from house.operations.models import Backup, DataVersion
from tests.processes import ROOT, environment
from tests.upgrades.databases import databases, execute

behind = pytest.mark.django_db(transaction=True)


@pytest.fixture
def an_older_database(user: User, settings: LazySettings, tmp_path: Path) -> Iterator[Path]:
    """Remove this app's table from a database in use; yield the folder of its copies."""
    settings.VAR_DIR = tmp_path
    call_command("migrate", "operations", "zero", verbosity=0)
    yield tmp_path / "before-migrations"
    call_command("migrate", no_copy=True, verbosity=0)


@behind
def test_a_copy_is_made_before_something_changes(an_older_database):
    call_command("migrate", verbosity=0)
    (copy,) = an_older_database.iterdir()
    assert copy.stat().st_size > 100_000
    assert not Backup.objects.exists()
    call_command("migrate", verbosity=0)  # nothing changes
    assert list(an_older_database.iterdir()) == [copy]


@behind
def test_too_little_disk_is_said_before_anything_changes(an_older_database, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(CommandError, match="Nothing was migrated"):
        call_command("migrate", verbosity=0)
    assert Backup._meta.db_table not in connection.introspection.table_names()


@behind
def test_the_version_is_noted_once_and_again_by_another(an_older_database):
    call_command("migrate", no_copy=True, verbosity=0)
    call_command("migrate", verbosity=0)
    noted = DataVersion.objects.get()
    assert noted.version == full_version()
    assert migrating.is_of_this_version()
    DataVersion.objects.update(version=f"{version()} (another)")
    assert migrating.is_of_this_version()
    assert noted.migrations == len(MigrationLoader(None).disk_migrations)
    DataVersion.objects.update(version="0.0.1")
    assert not migrating.is_of_this_version()
    call_command("migrate", plan=True, verbosity=0)
    assert DataVersion.objects.count() == 1
    call_command("migrate", verbosity=0)
    assert [data.version for data in DataVersion.objects.all()] == [full_version(), "0.0.1"]


@behind
def test_what_would_skip_a_version_is_left_as_it_is(user):
    """Checked before `manage.py` runs the command."""
    DataVersion.objects.create(version="0.0.9", migrations=1)
    with pytest.raises(ImproperlyConfigured, match=r"the data is of Vitrine 0\.0\.9"):
        readiness.require_for("migrate")
    assert DataVersion.objects.count() == 1


@pytest.mark.exhaustive
@pytest.mark.both_databases
@pytest.mark.django_db
def test_four_starts_at_once_migrate_once(tmp_path):
    with databases(tmp_path) as make_database:
        url = make_database("")
        variables = environment(
            DATABASE_URL=url, VITRINE_DATA_DIR=str(tmp_path), SECRET_KEY="of-four-starts" * 4
        )
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        starts = [subprocess.Popen(command, cwd=ROOT, env=variables) for _ in range(4)]
        assert [start.wait() for start in starts] == [0, 0, 0, 0]
        applied = execute(url, "SELECT app, name FROM django_migrations")
        assert len(applied) == len(set(applied))
        assert execute(url, "SELECT version FROM operations_dataversion") == [(full_version(),)]
