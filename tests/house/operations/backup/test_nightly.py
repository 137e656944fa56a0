"""The daily backup is due once, at its time; the status page names problems with backups."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import uvloop
from django.conf import LazySettings
from django.utils import timezone

from core.process import identity
from house.operations.backup import creation, nightly
from house.operations.backup.place import Place
from house.operations.models import Backup, DataVersion

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


def test_it_is_due_once_after_its_time():
    assert nightly.is_due()
    row(hours_ago=10)  # from before three o'clock: yesterday's backup, made late
    assert nightly.is_due()
    row(hours_ago=8.9)
    assert not nightly.is_due()


@pytest.mark.parametrize("state", ["failed", "doubted"])
def test_one_that_failed_is_tried_again_after_a_while_and_not_for_ever(state):
    row(0.2, state)
    assert not nightly.is_due()
    Backup.objects.update(started_at=NOON - timedelta(hours=1))
    assert nightly.is_due()
    for hours in (8, 7, 6):
        row(hours, state)
    assert not nightly.is_due()


def test_a_killed_one_is_a_failed_one(settings):
    """Even the first one: its row stayed "running", and nobody was told."""
    gone = identity.current().rpartition(":")[0] + ":1"
    killed = row(1, "running", process=gone, beat_at=NOON)
    assert not creation.is_running() or not nightly.is_due()
    killed.refresh_from_db()
    assert killed.state == Backup.State.FAILED
    assert "failed: Its process ended" in " ".join(nightly.problems())
    Backup.objects.update(state="made", started_at=NOON - timedelta(hours=1), ended_at=None)
    assert "was not proved" in " ".join(nightly.problems())
    assert nightly.is_due()
    Backup.objects.update(process=identity.current())  # its proof is running
    assert not nightly.is_due()
    assert not list(nightly.problems())


def test_a_process_that_ends_before_it_begins_is_a_failure(tmp_path, settings):
    nightly._note_unbegun(1, NOON)
    assert "failed: Its process ended with 1 before" in " ".join(nightly.problems())
    nightly._note_unbegun(1, NOON - timedelta(hours=1))  # the backup has a row, so nothing is noted
    assert Backup.objects.count() == 1


def test_none_at_all_is_said_once_it_is_late():
    DataVersion.objects.all().delete()
    DataVersion.objects.create(version="1", migrations=1, migrated_at=NOON - timedelta(hours=3))
    assert not list(nightly.problems())
    DataVersion.objects.update(migrated_at=NOON - timedelta(hours=30))
    assert "No backup was made since 3 May" in " ".join(nightly.problems())


def test_the_worker_makes_it_in_a_process_of_its_own(tmp_path, settings, monkeypatch):
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
        (9, "doubted", "cannot be relied upon: no room"),
        (40, "proved", "No backup was made since 2 May, 20:00"),
    ],
)
def test_what_is_wrong_is_said(hours_ago, state, problem):
    row(hours_ago, state, trouble="no room")
    problems = " ".join(nightly.problems())
    assert problem in problems
    assert bool(problem) == bool(problems)


def test_nothing_is_asked_of_who_makes_none(settings):
    settings.BACKUP_TO = ""
    row(400, "failed", trouble="no room")
    assert not list(nightly.problems())
    assert timezone.now() == NOON
