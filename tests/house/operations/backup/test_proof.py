"""A proof finds a flipped byte, a missing file, a missing table, and a page that differs."""

import dataclasses

import pytest

from house.operations.backup import proof
from house.operations.backup.place import Place, content_name
from house.operations.models import Backup
from tests.house.operations.backup.conftest import NAME, make_backup

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("unrendered"),
    pytest.mark.exhaustive,  # each test starts processes
]


def findings(place: Place, name: str) -> str:
    return "\n".join(proof.prove(place, name, lambda step: None))


def test_a_whole_backup_is_proved(place, stored_run):
    row = make_backup(place)
    assert not findings(place, row.name)
    row.refresh_from_db()
    assert row.state == Backup.State.PROVED
    assert row.proved_at


def test_a_flipped_byte_of_a_file_is_found(place, stored_run):
    row = make_backup(place)
    assert place.folder
    (place.folder / content_name(next(place.contents()))).write_bytes(b"a picturE")
    assert f"1 file damaged in it: {NAME}" in findings(place, row.name)
    row.refresh_from_db()
    assert row.state == Backup.State.DOUBTED
    # The next backup writes this content again, which also repairs the former one.
    assert not findings(place, make_backup(place).name)
    assert not findings(place, row.name)


def test_a_missing_file_is_found(place, stored_run):
    row = make_backup(place)
    place.storage.delete(content_name(next(place.contents())))
    assert f"1 file missing in it: {NAME}" in findings(place, row.name)


def test_a_flipped_byte_of_the_database_is_found(place, stored_run):
    row = make_backup(place)
    assert place.folder
    file = place.folder / row.name / place.about(row.name).database
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert "is damaged" in findings(place, row.name)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda about: {"tables": about.tables | {"boards_lost": 3}}, "boards_lost is missing"),
        (
            lambda about: {"tables": about.tables | {"auth_user": 9}},
            "auth_user has 1 rows",
        ),
        (lambda about: {"pages": {"1 /runs/": "200 other"}}, "1 page differ: /runs/"),
    ],
)
def test_what_was_there_and_is_not_is_found(place, user, change, found):
    row = make_backup(place)
    about = place.about(row.name)
    place.write_about(dataclasses.replace(about, **change(about)))
    assert found in findings(place, row.name)
