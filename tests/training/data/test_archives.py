"""ZIPs that people bring, and ours."""

from __future__ import annotations

import io
import zipfile

import pytest

from training.data import archives


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    made.seek(0)
    return made


def test_folders_and_rubbish_are_passed_over() -> None:
    files = {
        "set/a.png": b"1", "set/deep/b.JPG": b"2", "__MACOSX/set/._a.png": b"x", ".DS_Store": b"x",
        "../../c.png": b"3", "set/a.txt": "für".encode("latin-1"), "set/run.exe": b"4",
    }  # fmt: skip
    found, read = [], {}
    for entry in archives.entries(zipped(files), "set.zip"):
        found.append(entry)
        read[entry.name] = entry.file.read() if entry.file else b""
    assert [one.name for one in found] == ["a.png", "b.JPG", "c.png", "a.txt", "run.exe"]
    assert found[3].text == "für"
    assert "neither" in found[4].trouble
    assert read["b.JPG"] == b"2"


def test_a_bomb_and_no_archive_are_refused() -> None:
    bomb = zipped({"a.png": bytes(3 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb.getvalue()) < 10_000
    with pytest.raises(archives.Refused, match="unpacks to more than"):
        list(archives.entries(bomb, "bomb.zip", max_bytes=1 << 20))
    with pytest.raises(archives.Refused, match="no ZIP"):
        list(archives.entries(io.BytesIO(b"PK\x03\x04 nothing"), "x.zip"))


def test_a_broken_entry_is_named() -> None:
    data = zipped({"a.png": b"a picture", "b.png": b"another"}).getvalue()
    broken = io.BytesIO(data.replace(b"a picture", b"b picture"))
    first, second = archives.entries(broken, "set.zip")
    assert (first.trouble, second.trouble) == ("is broken in the archive", "")


def test_the_same_files_make_the_same_bytes() -> None:
    def made() -> bytes:
        target = io.BytesIO()
        files = [("a.png", io.BytesIO(b"1")), ("b.png", io.BytesIO(b"2"))]
        archives.write(target, files, {"b.txt": "two", "a.txt": "één"})
        return target.getvalue()

    assert made() == made()
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        assert archive.namelist() == ["a.png", "b.png", "a.txt", "b.txt"]
        assert archive.read("a.txt").decode() == "één"
