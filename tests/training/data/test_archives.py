"""ZIPs that people bring, and ours."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from tests.growth.measuring import largest_memory
from training.data import archives
from training.data.items import MAX_CAPTION_CHARS


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    buffer.seek(0)
    return buffer


def test_folders_and_system_files_are_skipped() -> None:
    files = {
        "set/a.png": b"1", "set/deep/b.JPG": b"2", "__MACOSX/set/._a.png": b"x", ".DS_Store": b"x",
        "../../c.png": b"3", "set/a.txt": "für".encode("latin-1"), "set/run.exe": b"4",
    }  # fmt: skip
    entries, read = [], {}
    for entry in archives.entries(zipped(files), "set.zip"):
        entries.append(entry)
        read[entry.name] = entry.file.read() if entry.file else b""
    assert [entry.name for entry in entries] == ["a.png", "b.JPG", "c.png", "a.txt", "run.exe"]
    assert entries[3].text == "für"
    assert "neither" in entries[4].trouble
    assert read["b.JPG"] == b"2"


def test_bombs_and_invalid_archives_are_refused() -> None:
    bomb = zipped({"a.png": bytes(3 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb.getvalue()) < 10_000
    with pytest.raises(archives.Refused, match="unpacks to more than"):
        list(archives.entries(bomb, "bomb.zip", max_bytes=1 << 20))
    with pytest.raises(archives.Refused, match="not a ZIP"):
        list(archives.entries(io.BytesIO(b"PK\x03\x04 nothing"), "x.zip"))


def end_of(count: int, size_bytes: int) -> bytes:
    """The end of an archive in the form for many entries (APPNOTE 4.3.14 to 4.3.16)."""
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
    with largest_memory() as peak, pytest.raises(archives.Refused, match="more than are read"):
        list(archives.entries(archive, "many.zip"))
    assert peak() < 1 << 20


def test_an_archive_that_is_too_large_is_refused_before_its_end_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large.zip").open("w+b") as file:
        file.truncate(archives.MAX_ARCHIVE_BYTES + 1)  # sparse: it takes no room
        with pytest.raises(archives.Refused, match="larger than the 400 MB"):
            list(archives.entries(file, "large.zip"))


def test_reading_captions_takes_bounded_memory() -> None:
    assert len(archives.decode_caption(b"x" * archives.MAX_TEXT_BYTES)) == MAX_CAPTION_CHARS


def test_a_broken_entry_is_named() -> None:
    data = zipped({"a.png": b"a picture", "b.png": b"another"}).getvalue()
    broken = io.BytesIO(data.replace(b"a picture", b"b picture"))
    first, second = archives.entries(broken, "set.zip")
    assert (first.trouble, second.trouble) == ("is broken in the archive", "")


def test_the_same_files_make_the_same_bytes() -> None:
    def archive_bytes() -> bytes:
        target = io.BytesIO()
        files = [("a.png", io.BytesIO(b"1")), ("b.png", io.BytesIO(b"2"))]
        archives.write(target, files, {"b.txt": "two", "a.txt": "één"})
        return target.getvalue()

    assert archive_bytes() == archive_bytes()
    with zipfile.ZipFile(io.BytesIO(archive_bytes())) as archive:
        assert archive.namelist() == ["a.png", "b.png", "a.txt", "b.txt"]
        assert archive.read("a.txt").decode() == "één"
