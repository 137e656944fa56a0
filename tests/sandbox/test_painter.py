"""The sandbox's server paints nothing itself: a process does, which ends when nobody asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.config import Config
from sandbox.state import Sandbox
from tests.processes import until

pytestmark = pytest.mark.system  # takes long


def test_thumbnails_and_examples_are_made_by_a_process_that_ends(tmp_path: Path) -> None:
    config = Config(tmp_path)
    made = Sandbox(config).gallery
    made.paint_elsewhere(config, idle_s=0.5)
    name = "thumbs/sandbox/ridgeline.webp"
    try:
        path = made.make(name)
        assert path
        assert path.read_bytes()[8:12] == b"WEBP"
        process = made._painters["thumbs"]._process
        assert process
        until(lambda: process.poll() is not None)
        path.unlink()
        assert made.make(name) == path
        assert made._painters["thumbs"]._process not in (None, process)  # by another one
    finally:
        made.close()


def test_what_cannot_be_made_starts_no_process(tmp_path: Path) -> None:
    config = Config(tmp_path)
    made = Sandbox(config).gallery
    made.paint_elsewhere(config)
    for name in ("thumbs/no/model.webp", "thumbs/sandbox/ridgeline.exe", "examples/a\nb", "b/x"):
        assert made.make(name) is None
    assert all(one._process is None for one in made._painters.values())


def test_a_painter_that_is_killed_is_replaced(tmp_path: Path) -> None:
    config = Config(tmp_path)
    made = Sandbox(config).gallery
    made.paint_elsewhere(config)
    try:
        assert made.make("thumbs/sandbox/ridgeline.webp")
        process = made._painters["thumbs"]._process
        assert process
        process.kill()
        process.wait()
        assert made.make("thumbs/mischief/slow.webp")
    finally:
        made.close()
