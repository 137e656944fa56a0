"""Packed files become the same upload as often as they are the same."""

from __future__ import annotations

import io
import zipfile

from runs.files import archive_uploads


def test_the_same_files_make_the_same_bytes() -> None:
    def archive_bytes() -> bytes:
        target = io.BytesIO()
        files = [("a.png", io.BytesIO(b"1")), ("b.png", io.BytesIO(b"2"))]
        archive_uploads.write(target, files, {"b.txt": "two", "a.txt": "één"})
        return target.getvalue()

    assert archive_bytes() == archive_bytes()
    with zipfile.ZipFile(io.BytesIO(archive_bytes())) as archive:
        assert archive.namelist() == ["a.png", "b.png", "a.txt", "b.txt"]
        assert archive.read("a.txt").decode() == "één"
