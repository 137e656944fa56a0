"""The checks of data sets: numbers, kinds, pairs, masks, captions."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
from pathlib import Path

import pytest

from core.refusals import Refused
from features.training.data import archives
from features.training.data.checks import findings_of
from features.training.data.editing import has_trigger, prefixed
from features.training.data.items import Item, free_name
from schemas.uses.archives import Rules
from tests.growth.measuring import largest_memory
from tests.tables import each_row


def items(*names: str, caption: str = "") -> list[Item]:
    kinds = {"mp4": "video", "wav": "audio"}
    return [Item(n, f"/uploads/{n}/", kinds.get(n[-3:], "image"), 1, caption) for n in names]


RULES = Rules("data", "Data", has_captions=True)
PAIRS = Rules("data", "Data", is_of_pairs=True, needs_caption=True, default_caption="caption")


@each_row(
    ("rules", "data_items", "message", "is_blocking"),
    [
        (RULES, [], "is empty", True),
        (Rules("d", "D", fewest=2), items("a.png"), "at least 2 pictures; it has 1", True),
        (Rules("d", "D", most=1), items("a.png", "b.png"), "at most 1 picture; it has 2", True),
        (Rules("d", "D", advised=4), items("a.png"), "recommends at least 4 pictures", False),
        (RULES, items("a.png", "b.mp4"), "not from b.mp4", True),
        (PAIRS, items("a_start.png", caption="x"), "no _end picture for a_start.png", True),
        (PAIRS, items("a.png"), "a.png does not", True),
        (
            PAIRS,
            items("a_start.png", "a_end.png"),
            "1 of 1 pair of pictures have no caption",
            False,
        ),
        (
            Rules("d", "D", has_masks=True),
            items("a.png", "b_mask.png"),
            "the mask b_mask.png",
            True,
        ),
        (Rules("d", "D"), items("a.png", caption="x"), "may ignore", False),
    ],
    ids=[
        "empty",
        "few",
        "many",
        "advised",
        "kind",
        "half",
        "unpaired",
        "caption",
        "mask",
        "ignored",
    ],
)
def test_problems_of_a_data_set_are_reported(
    rules: Rules, data_items: list[Item], message: str, is_blocking: bool
) -> None:
    texts = [finding for finding in findings_of(data_items, rules) if message in finding.text]
    assert [finding.is_blocking for finding in texts] == [is_blocking]


def test_a_good_data_set_has_no_findings() -> None:
    assert not findings_of(items("a.png", "b.jpg"), Rules("d", "D", fewest=2, most=60))
    pair = items("a_start.png", "a_start2.png", "a_end.png", caption="x")
    assert not findings_of(pair, Rules("d", "D", is_of_pairs=True, has_captions=True))


def test_file_names_get_unique_stems_and_keep_their_suffixes() -> None:
    used_names: set[str] = set()
    names = ["cat.png", "cat.jpg", "CAT.png", "a_start.png", "a_start.png"]
    expected = ["cat.png", "cat-2.jpg", "CAT-3.png", "a_start.png", "a-2_start.png"]
    assert [free_name(name, used_names) for name in names] == expected


@each_row(
    ("text", "trigger", "expected"),
    [
        ("a token on a table", "TOK", False),
        ("a TOK on a table", "TOK", True),
        ("a tok-style photo", "TOK", True),
        ("TOK, a fox", "TOK", True),
        ("TOK_2 and STOKE", "TOK", False),
        ("a fox like TOK", "TOK", True),
        ("(TOK's hat)", "TOK", True),
        ("a TOKTOK and a TOK", "TOK", True),
        ("Füchse im Schnee", "Füchs", False),
        ("ein fuchs", "Fu\u0308chs", False),
        ("ein Füchs", "Fu\u0308chs", True),
        ("लोमड़ी", "लोमड़", False),
        ("एक लोमड़ी यहाँ", "लोमड़ी", True),
        ("photo of sks dog", "sks dog", True),
        ("photo of sks dogs", "sks dog", False),
        ("a <s0><s1> cat", "<s0>", True),
        ("<s0>cat", "<s0>", True),
        ("", "TOK", False),
    ],
)
@each_row("form", ["NFC", "NFD"])
def test_a_trigger_must_be_a_whole_word(text: str, trigger: str, expected: bool, form: str) -> None:
    assert has_trigger(unicodedata.normalize(form, text), trigger) is expected  # type: ignore[arg-type]


def test_a_caption_is_prefixed_once() -> None:
    once = prefixed("a token on a table", "TOK")
    assert once == "TOK, a token on a table"
    assert prefixed(once, "TOK") == once
    assert prefixed("", "TOK") == "TOK"


def zip_files(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    buffer.seek(0)
    return buffer


def test_folders_and_system_files_are_skipped() -> None:
    files = {
        "set/a.png": b"1",
        "set/deep/b.JPG": b"2",
        "__MACOSX/set/._a.png": b"x",
        ".DS_Store": b"x",
        "../../c.png": b"3",
        "set/a.txt": "für".encode("latin-1"),
        "set/run.exe": b"4",
    }
    entries, read = [], {}
    for entry in archives.entries(zip_files(files), "set.zip"):
        entries.append(entry)
        read[entry.name] = entry.file.read() if entry.file else b""
    assert [entry.name for entry in entries] == ["a.png", "b.JPG", "c.png", "a.txt", "run.exe"]
    assert entries[3].text == "für"
    assert "neither" in entries[4].trouble
    assert read["b.JPG"] == b"2"


def test_bombs_and_invalid_archives_are_refused() -> None:
    bomb = zip_files({"a.png": bytes(3 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb.getvalue()) < 10_000
    with pytest.raises(Refused, match="unpacks to more than"):
        list(archives.entries(bomb, "bomb.zip", max_bytes=1 << 20))
    with pytest.raises(Refused, match="not a ZIP"):
        list(archives.entries(io.BytesIO(b"PK\x03\x04 nothing"), "x.zip"))


def end_of(count: int, size_bytes: int) -> bytes:
    """Return an archive's end in the format for many entries (APPNOTE 4.3.14 to 4.3.16)."""
    whole = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size_bytes, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, size_bytes, 1)
    return whole + locator + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("declared_count", [None, 1], ids=["counted", "a-wrong-count"])
def test_an_archive_of_many_entries_is_refused_before_its_list_is_read(
    declared_count: int | None,
) -> None:
    count = 200_000
    listed = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a"
    archive = io.BytesIO(listed * count + end_of(declared_count or count, len(listed) * count))
    with largest_memory() as peak, pytest.raises(Refused, match="more than are read"):
        list(archives.entries(archive, "many.zip"))
    assert peak() < 1 << 20


def test_an_archive_that_is_too_large_is_refused_before_its_end_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large.zip").open("w+b") as file:
        file.truncate(archives.MAX_ARCHIVE_BYTES + 1)  # a sparse file, which takes no room
        with pytest.raises(Refused, match="larger than the 400 MB"):
            list(archives.entries(file, "large.zip"))


def test_a_broken_entry_is_named() -> None:
    data = zip_files({"a.png": b"a picture", "b.png": b"another"}).getvalue()
    broken = io.BytesIO(data.replace(b"a picture", b"b picture"))
    first, second = archives.entries(broken, "set.zip")
    assert (first.trouble, second.trouble) == ("is damaged in the archive", "")
