"""Copies left by killed processes are recognised by their names; running processes keep theirs."""

import tempfile
from pathlib import Path

import pytest

from house.operations.backup import leftovers


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_only_copies_of_processes_that_are_gone_are_left():
    ours = leftovers.suffix("proof")
    machine_pid, _, _ = ours.rpartition("_")
    gone, elsewhere = f"{machine_pid}_1", ours.replace(ours.split("_")[3], "abcdef")
    assert not leftovers.is_left(f"vitrine{ours}", "vitrine")
    assert leftovers.is_left(f"vitrine{gone}", "vitrine")
    assert leftovers.is_left(f"vitrine{gone}"[-40:], "vitrine", "", 40)
    assert leftovers.is_left(f"db{gone}.sqlite3", "db", ".sqlite3")
    assert not leftovers.is_left(f"vitrine2{gone}", "vitrine")
    assert not leftovers.is_left(f"vitrine{gone}_x", "vitrine")
    assert not leftovers.is_left(f"vitrine{elsewhere}", "vitrine")
    # a name as version 0.2.0 wrote it
    assert leftovers.is_left("vitrine_restore_20260101000000", "vitrine")
    assert leftovers.is_left("db.proof-20260101000000.sqlite3", "db", ".sqlite3")
    assert not leftovers.is_left("vitrine_before_20260101000000", "vitrine")


def test_a_folder_goes_and_takes_those_of_killed_ones_with_it(tmp_path):
    machine_pid, _, _ = leftovers.suffix("restore").rpartition("_")
    left = tmp_path / f"vitrine{machine_pid}_1_abc"
    left.mkdir()
    (tmp_path / "vitrine_of_others").mkdir()
    with leftovers.folder("proof") as folder:
        assert not left.exists()
        with leftovers.folder("backup"):
            assert folder.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["vitrine_of_others"]
