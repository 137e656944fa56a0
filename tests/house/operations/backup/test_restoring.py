"""A restore overwrites a used place only on request, and refuses a backup that it cannot read."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from house.operations.backup import database, proof, restoring
from house.operations.backup.place import NoBackup, Place
from runs.models import Run, Worker
from tests.house.operations.backup.conftest import NAME, make_backup

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unrendered")]


def restore(place: Place, *, is_yes: bool = True) -> restoring.RestoreResult:
    return restoring.restore(place, place.names()[-1], lambda step: None, lambda question: is_yes)


def test_a_backup_of_a_newer_version_is_refused_with_both_named(place: Place, user: User) -> None:
    about = place.about(make_backup(place).name)
    newer = dataclasses.replace(
        about, version="9.1.0", migrations=[*about.migrations, ("boards", "0999_future")]
    )
    with pytest.raises(NoBackup, match=r"Vitrine 9\.1\.0, which is newer .* 0\.\d+\.\d+: it has"):
        proof.require_fits(newer)


def test_one_of_another_database_is_refused(place: Place, user: User) -> None:
    about = dataclasses.replace(place.about(make_backup(place).name), engine="oracle")
    with pytest.raises(NoBackup, match="is of oracle"):
        proof.require_fits(about)


def test_nothing_changes_unless_its_operator_says_so(place: Place, stored_run: Run) -> None:
    make_backup(place)
    with pytest.raises(NoBackup, match="Nothing was changed"):
        restore(place, is_yes=False)


def test_a_worker_at_work_is_stopped_first(place: Place, stored_run: Run) -> None:
    make_backup(place)
    Worker.objects.create(name="w", beat_at=timezone.now())
    with pytest.raises(NoBackup, match="1 worker at work"):
        restore(place)


@pytest.mark.exhaustive
def test_what_is_gone_comes_back(
    place: Place, stored_run: Run, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_backup(place)
    (media / NAME).unlink()
    Run.objects.all().delete()
    placed: list[database.Scratch] = []
    monkeypatch.setattr(database, "take_the_place", lambda made, aside: placed.append(made))
    restored = restore(place)
    assert restored.files == 1
    assert (media / NAME).read_bytes() == b"a picture"
    assert placed[0].count(["playground_run"]) == {"playground_run": 1}
    placed[0].drop()


def test_an_unknown_name_is_answered_with_the_newest(place: Place, user: User) -> None:
    name = make_backup(place).name
    with pytest.raises(NoBackup, match=f"the newest are: {name}"):
        place.about("2020-01-01T000000Z")
