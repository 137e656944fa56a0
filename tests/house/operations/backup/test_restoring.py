"""A restore overwrites a used place only on request, and refuses a backup that it cannot read."""

import dataclasses

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from house.operations.backup import database, proof, restoring
from house.operations.backup.place import NoBackup, Place
from runs.models import Run, Worker
from tests.house.operations.backup.conftest import NAME, make_backup

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unrendered")]


def restore(place: Place, *, is_yes: bool = True) -> restoring.RestoreResult:
    return restoring.restore(place, place.names()[-1], lambda step: None, lambda question: is_yes)


def test_a_backup_of_a_newer_version_is_refused_with_both_named(place, user):
    about = place.about(make_backup(place).name)
    newer = dataclasses.replace(
        about, version="9.1.0 (ab)", migrations=[*about.migrations, ("boards", "0999_future")]
    )
    with pytest.raises(NoBackup, match=r"9\.1\.0 \(ab\), which is newer .* 0\.\d+\.\d+.*: it has"):
        proof.require_fits(newer)


def test_one_of_another_database_is_refused(place, user):
    about = dataclasses.replace(place.about(make_backup(place).name), engine="oracle")
    with pytest.raises(NoBackup, match="is of oracle"):
        proof.require_fits(about)


def test_nothing_changes_unless_its_operator_says_so(place, stored_run):
    make_backup(place)
    with pytest.raises(NoBackup, match="Nothing was changed"):
        restore(place, is_yes=False)


def test_a_worker_at_work_is_stopped_first(place, stored_run):
    make_backup(place)
    Worker.objects.create(name="w", beat_at=timezone.now())
    with pytest.raises(NoBackup, match="1 worker at work"):
        restore(place)


@pytest.mark.exhaustive
def test_what_is_gone_comes_back(place, stored_run, media, monkeypatch):
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


@pytest.mark.both_databases
def test_the_copy_from_before_a_migration_is_put_back_as_it_was(stored_run, tmp_path, monkeypatch):
    """It is of the version before, which could not use what this one migrates."""
    Run.objects.update(state=Run.State.CREATED, handle=None)
    migrations = MigrationRecorder.Migration.objects.all()
    later_ones = list(migrations.filter(app="operations"))
    migrations.filter(app="operations").delete()
    copy = database.copy_whole(tmp_path)
    migrations.bulk_create(later_ones)
    Run.objects.all().delete()
    placed: list[database.Scratch] = []
    monkeypatch.setattr(database, "take_the_place", lambda made, aside: placed.append(made))
    aside, (remark,) = restoring.put_back(copy, lambda step: None, lambda question: True)
    assert "before" in aside
    assert "1 run waited to be sent" in remark
    assert placed[0].count(["playground_run", "django_migrations"]) == {
        "playground_run": 1,
        "django_migrations": migrations.count() - len(later_ones),
    }
    placed[0].drop()
    for answer, name, sentence in (
        (lambda question: False, copy.name, "Nothing was changed"),
        (lambda question: True, "copy.tar", "is no copy of this kind of database"),
    ):
        with pytest.raises(NoBackup, match=sentence):
            restoring.put_back(copy.with_name(name), lambda step: None, answer)


def test_an_unknown_name_is_answered_with_the_newest(place, user):
    name = make_backup(place).name
    with pytest.raises(NoBackup, match=f"the newest are: {name}"):
        place.about("2020-01-01T000000Z")
    with pytest.raises(CommandError, match="There is no file /nowhere/copy"):
        call_command("restore", "/nowhere/copy.dump")
