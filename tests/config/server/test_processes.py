"""Static files are collected again only when a source has changed."""

import os

from config.server.processes import folder_stamp


def test_the_stamp_depends_on_sources_and_not_on_compiled_files(tmp_path):
    (tmp_path / "a.css").write_text("a {}")
    other = tmp_path / "js"
    other.mkdir()
    (other / "b.js").write_text("1")
    stamps = [folder_stamp(tmp_path)]
    compiled = tmp_path / "__pycache__"
    compiled.mkdir()
    (compiled / "a.cpython-311.pyc").write_bytes(b"x")
    assert folder_stamp(tmp_path) == stamps[0]
    os.utime(tmp_path / "a.css", (1, 1))
    stamps.append(folder_stamp(tmp_path))
    (tmp_path / "a.css").unlink()
    stamps.append(folder_stamp(tmp_path))
    (other / "c.js").write_text("2")
    stamps.append(folder_stamp(tmp_path))
    assert len({*stamps}) == 4
