"""The day's backup is due once, at its time; the status page says what is wrong with backups."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop
from django.conf import LazySettings
from django.utils import timezone

from operations.backup import nightly
from operations.backup.place import Place
from operations.models import Backup

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch, settings: LazySettings, place: Place) -> None:
    settings.BACKUP_AT, settings.TIME_ZONE = time(3), "UTC"
    for name in ("django.utils.timezone.now", "core.db.clock.now"):
        monkeypatch.setattr(name, lambda: NOON)


def row(hours_ago: float, state: str = "proved", **values: Any) -> Backup:
    started_at = NOON - timedelta(hours=hours_ago)
    return Backup.objects.create(
        reason=nightly.REASON, name="b", state=state, started_at=started_at, **values
    )


def test_it_is_due_once_after_its_time() -> None:
    assert nightly.is_due()
    row(hours_ago=10)  # before three o'clock: yesterday's, late
    assert nightly.is_due()
    row(hours_ago=8.9, state="failed")  # also if it failed: the next is tomorrow's
    assert not nightly.is_due()


def test_the_worker_makes_it_in_a_process_of_its_own(
    tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the worker's own event loop, which is stricter than asyncio's."""
    program = "import pathlib, sys; pathlib.Path('called').write_text(' '.join(sys.argv))"
    (tmp_path / "manage.py").write_text(program)
    settings.BASE_DIR = tmp_path
    monkeypatch.setattr(nightly, "is_due", lambda: True)
    uvloop.run(nightly.make_if_due())
    assert (tmp_path / "called").read_text() == "manage.py backup --nightly"


@pytest.mark.parametrize(
    ("hours_ago", "state", "problem"),
    [
        (9, "proved", ""),
        (9, "failed", "failed: no room"),
        (9, "doubted", "cannot be relied upon: no room"),
        (40, "proved", "No backup was made since 2 May, 20:00"),
    ],
)
def test_what_is_wrong_is_said(hours_ago: float, state: str, problem: str) -> None:
    row(12)
    Backup.objects.all().delete()
    row(hours_ago, state, trouble="no room")
    said = " ".join(nightly.problems())
    assert problem in said
    assert bool(problem) == bool(said)


def test_nothing_is_asked_of_who_makes_none(settings: LazySettings) -> None:
    settings.BACKUP_TO = ""
    row(400, "failed", trouble="no room")
    assert not list(nightly.problems())
    assert timezone.now() == NOON
