"""A place for backups, and a result with a stored file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.backends.base.base import NO_DB_ALIAS

from house.operations.backup import creation, database, pages
from house.operations.backup.place import Place
from house.operations.models import Backup
from runs.models import Artifact, Run

NAME = "ab/cd/" + "0" * 64 + ".png"


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    """Read the database through the only other alias that a test may open."""
    monkeypatch.setattr(database, "READER", NO_DB_ALIAS)
    # For started programs: the tests' settings have a database of their own.
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    monkeypatch.setenv("SECRET_KEY", settings.SECRET_KEY)


@pytest.fixture
def place(tmp_path: Path, settings: LazySettings) -> Place:
    settings.BACKUP_TO = str(tmp_path / "backups")
    return Place.in_folder(settings.BACKUP_TO)


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the pages in backups and proofs, because each takes a process of its own."""

    def render(url: str, snapshot: str, moment: str) -> Mapping[str, str]:
        return {"1 /runs/": "200 same"}

    monkeypatch.setattr(pages, "render", render)


@pytest.fixture
def media(tmp_path: Path, settings: LazySettings) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def stored_run(make_run: Any, media: Path) -> Run:
    """A run whose only result is stored."""
    run: Run = make_run(state="succeeded", output={"images": [{"url": "https://x/y.png"}]})
    (media / NAME).parent.mkdir(parents=True)
    (media / NAME).write_bytes(b"a picture")
    Artifact.objects.create(
        run=run, position=0, kind="image", state=Artifact.State.STORED, file=NAME, digest="0" * 64
    )
    return run


def make_backup(place: Place) -> Backup:
    return creation.make(place, "by hand", lambda step: None)
