"""`migrate` copies the database before it changes it, and one process migrates at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from operations.models import Backup
from tests.processes import ROOT

behind = pytest.mark.django_db(transaction=True)


@pytest.fixture
def an_older_database(user: User, settings: LazySettings, tmp_path: Path) -> Iterator[Path]:
    """A database in use that lacks this app's table; yields where its copies are put."""
    settings.VAR_DIR = tmp_path
    call_command("migrate", "operations", "zero", verbosity=0)
    yield tmp_path / "before-migrations"
    call_command("migrate", no_copy=True, verbosity=0)


@behind
def test_a_copy_is_made_before_something_changes(an_older_database: Path) -> None:
    call_command("migrate", verbosity=0)
    (copy,) = an_older_database.iterdir()
    assert copy.stat().st_size > 100_000
    assert not Backup.objects.exists()
    call_command("migrate", verbosity=0)  # nothing changes
    assert list(an_older_database.iterdir()) == [copy]


@behind
def test_too_little_disk_is_said_before_anything_changes(
    an_older_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(CommandError, match="Nothing was migrated"):
        call_command("migrate", verbosity=0)
    assert Backup._meta.db_table not in connection.introspection.table_names()


@pytest.mark.exhaustive
def test_four_starts_at_once_migrate_once(tmp_path: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/new.sqlite3",
        "VITRINE_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    starts = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(4)]
    assert [start.wait() for start in starts] == [0, 0, 0, 0]
