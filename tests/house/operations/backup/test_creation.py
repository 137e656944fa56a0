"""A backup has the files that rows name, writes each content once, and keeps the newest backups."""

from io import BytesIO

import pytest

from house.operations.backup import creation, sealing
from house.operations.backup.place import NoBackup, content_name
from house.operations.models import Backup
from runs.models import Run
from tests.house.operations.backup.conftest import NAME, make_backup

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unrendered")]


def test_a_second_backup_writes_only_what_is_new(place, stored_run, media):
    first, second = make_backup(place), make_backup(place)
    assert (first.files, second.files) == (1, 1)
    assert first.written_bytes - first.size_bytes == 0
    assert second.size_bytes - second.written_bytes == len(b"a picture")
    assert len(list(place.contents())) == 1


def test_a_file_that_is_gone_is_named_and_the_backup_is_made(place, stored_run, media):
    (media / NAME).unlink()
    row = make_backup(place)
    assert row.state == Backup.State.MADE
    assert NAME in row.trouble
    assert place.about(row.name).missing == [NAME]


def test_the_newest_are_kept_and_the_contents_of_the_others_go(place, stored_run, settings):
    settings.BACKUPS_KEPT = 1
    make_backup(place)
    Run.objects.all().delete()
    last = make_backup(place)
    assert place.names() == [last.name]
    assert not list(place.contents())


def test_a_half_written_content_never_has_its_name(place):
    class Killed(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise KeyboardInterrupt  # as if the process ended here

    with pytest.raises(KeyboardInterrupt):
        place.write(content_name("ab12"), Killed(b"a picture"))
    assert not place.storage.exists(content_name("ab12"))
    place.write(content_name("ab12"), BytesIO(b"a picture"))
    with place.storage.open(content_name("ab12")) as file:
        assert file.read() == b"a picture"
    assert list(place.contents()) == ["ab12"]


def test_only_one_is_made_at_a_time(place):
    Backup.objects.create(reason="each day")
    assert creation.is_running()
    with pytest.raises(creation.Busy, match="Another backup is being made"):
        make_backup(place)


def test_a_damaged_backup_stops_no_other(place, stored_run, settings):
    settings.BACKUPS_KEPT = 1
    assert place.folder
    damaged, killed = place.folder / make_backup(place).name, place.folder / "2026-01-01T000000Z"
    (damaged / "files.gz").write_bytes(b"")
    damaged.rename(damaged.with_name("of-may"))
    killed.mkdir()
    Run.objects.all().delete()
    row = make_backup(place)
    assert make_backup(place).state == Backup.State.MADE
    assert "Old backups stay: “of-may” is damaged" in Backup.objects.latest("pk").trouble
    assert not killed.exists()
    assert len(list(place.contents())) == 1  # only the damaged backup has this content
    assert row.name not in place.names()


def test_one_whose_process_was_killed_stops_no_other(place):
    killed = Backup.objects.create(reason="each day", beat_at="2026-01-01T00:00Z")
    assert make_backup(place).state == Backup.State.MADE
    killed.refresh_from_db()
    assert killed.state == Backup.State.FAILED
    assert killed.trouble


def test_a_failure_stands_in_its_row(place, monkeypatch):
    monkeypatch.setattr(creation, "_require_room", lambda folder: _refuse())
    with pytest.raises(NoBackup, match="no room"):
        make_backup(place)
    assert Backup.objects.get().trouble == "no room"


def _refuse() -> None:
    raise NoBackup("no room")


def test_secrets_are_sealed_by_the_passphrase_alone(place, settings):
    assert place.about(make_backup(place).name).secrets == sealing.LEFT_OUT
    settings.BACKUP_PASSPHRASE = "correct horse"
    row = Backup.objects.get()
    row.delete()
    about = place.about(make_backup(place).name)
    assert settings.SECRET_KEY not in str(about.sealed)
    opened = sealing.unseal(about.sealed, "correct horse")
    assert opened is not None
    assert opened["SECRET_KEY"] == settings.SECRET_KEY
    assert sealing.unseal(about.sealed, "wrong horse") is None


def test_who_was_logged_in_is_not_in_it(place, stored_run, member):
    about = place.about(make_backup(place).name)
    assert "django_session" not in about.tables
    assert about.tables["auth_user"] == 1
