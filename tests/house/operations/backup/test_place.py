"""A backup's content is untrusted: each damage is named, and no name leads out of the folder."""

import dataclasses
import gzip
import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from house.operations.backup.place import ABOUT, FILES, About, Content, NoBackup, Place
from tests.tables import each_row

DIGEST = "ab" * 32

ENTRIES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a path": (lambda about: about | {"database": "/tmp/elsewhere"}, "no database of"),
    "another engine's": (lambda about: about | {"engine": "oracle"}, "no database of oracle"),
    "another name": (lambda about: about | {"name": "../x"}, "its folder was renamed"),
    "an unknown key": (lambda about: about | {"__class__": 1}, "'__class__' is unknown here"),
    "a missing key": (lambda about: {"format": 1}, "it lacks database, database_bytes"),
    "rows as text": (lambda about: about | {"tables": {"auth_user": "1"}}, "tables cannot be read"),
    "fewer than none": (lambda about: about | {"files": -1}, "files cannot be read"),
    "NUL": (lambda about: about | {"version": "1\0"}, "version cannot be read"),
    "no time": (lambda about: about | {"made_at": "--snapshot=1"}, "Invalid isoformat"),
    "a later format": (lambda about: {"format": 2, "version": "9.0"}, "format 2 by Vitrine '9.0'"),
}
NAMES = {
    "above": ("../x", DIGEST, 1),
    "absolute": ("/etc/x", DIGEST, 1),
    "NUL": ("ab/x\0", DIGEST, 1),
    "a path as digest": ("ab/x", f"../{DIGEST[3:]}", 1),
    "no size": ("ab/x", DIGEST, None),
    "an object": {"name": "ab/x"},
}


NAME = "2026-05-04T030000Z"


@pytest.fixture
def about(place: Place) -> About:
    """A backup of two rows, without files."""
    values = (NAME, "2026-05-04T03:00:00+00:00", "0.2.0", "sqlite", [("auth", "0001_initial")])
    about = About(*values, {"auth_user": 2}, "database.sqlite3", DIGEST, 7, "left out")
    about.files_digest = place.write_files(NAME, [])
    place.write_about(about)
    return about


def folder_of(place: Place) -> Path:
    assert place.folder
    return place.folder / NAME


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(NoBackup) as refused:
        call()
    return str(refused.value)


@each_row("entry", ENTRIES)
def test_each_wrong_entry_of_a_backup_is_named(entry, place, about):
    change, sentence = ENTRIES[entry]
    changed = json.dumps(change(dataclasses.asdict(about)))
    (folder_of(place) / ABOUT).write_text(changed)
    assert sentence in refusal(lambda: place.about(NAME))


def test_a_file_that_is_no_json_or_missing_is_damage(place, about):
    assert place.about(NAME) == about
    file = folder_of(place) / ABOUT
    file.write_text("[" * 100_000)
    assert "is damaged" in refusal(lambda: place.about(NAME))
    file.unlink()
    assert f"its {ABOUT} is missing" in refusal(lambda: place.about(NAME))


def with_files(place: Place, about: About, lines: list[Any], count: int) -> About:
    """Write another list of files, with the matching digest in the backup."""
    packed = gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    (folder_of(place) / FILES).write_bytes(packed)
    return dataclasses.replace(about, files=count, files_digest=hashlib.sha256(packed).hexdigest())


@each_row("name", NAMES)
def test_each_wrong_name_of_a_file_is_refused(name, place, about):
    other = with_files(place, about, [NAMES[name]], 1)
    assert f"{FILES} is damaged" in refusal(lambda: list(place.files(other)))


def test_a_list_of_files_is_whole_or_refused(place, about):
    whole = with_files(place, about, [("ab/x.png", DIGEST, 1)], 1)
    assert list(place.files(whole)) == [Content("ab/x.png", DIGEST, 1)]
    fewer = dataclasses.replace(whole, files=2)
    assert "it has 1 files, and" in refusal(lambda: list(place.files(fewer)))
    place.storage.delete(f"{NAME}/{FILES}")
    assert f"{FILES} is missing" in refusal(lambda: list(place.files(about)))


def test_no_name_of_a_backup_leads_out_of_its_place(place, about):
    for other in ("..", "../x", "/etc", f"{NAME}/", "x\0y", "x" * 300, "files"):
        assert f"the newest are: {NAME}" in refusal(partial(place.about, other))
    folder_of(place).rename(folder_of(place).with_name("of-may"))
    assert f"it is of {NAME}, so its folder was renamed" in refusal(partial(place.about, "of-may"))
