"""A run as a tile: its preview of each kind of result, and whether its page polls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from playground.display.renderers import changed_fragments
from playground.display.tiles import tile
from runs.models import Artifact, Run

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Make = Callable[..., Run]


def run_with_artifact(make_run: Make, kind: str, **more: Any) -> Run:
    run = make_run(state="succeeded", output={"file": {"url": "https://v3.fal.media/a"}})
    Artifact.objects.create(run=run, position=0, path="file", kind=kind, **more)
    return run


def test_a_waiting_run_is_watched(make_run: Make) -> None:
    shown = tile(make_run(state="queued"))
    assert json.loads(shown.watch)["view"] == "tile"
    assert (shown.text, shown.cost, shown.copies) == ("", "", "")


def test_a_video_is_watched_until_it_has_a_still(make_run: Make) -> None:
    run = run_with_artifact(
        make_run, "video", url="https://v3.fal.media/a.mp4", content_type="video/mp4"
    )
    assert json.loads(tile(run).copies)["view"] == "tile"
    assert 'data-watch="{&quot;view&quot;: &quot;tile&quot;' in changed_fragments(run, "tile")
    Artifact.objects.update(state="stored", file="a.mp4", thumbnail="a.webp")
    shown = tile(Run.objects.get())
    assert shown.copies == ""
    assert shown.row.still.endswith("/thumbnail/")


def test_a_picture_is_shown_from_upstream_and_not_watched(make_run: Make) -> None:
    run = run_with_artifact(make_run, "image", url="https://v3.fal.media/a.png")
    shown = tile(run)
    assert (shown.row.still, shown.copies) == ("https://v3.fal.media/a.png", "")


def test_a_tile_plays_sounds_and_quotes_texts(make_run: Make) -> None:
    sound = tile(run_with_artifact(make_run, "audio", url="https://v3.fal.media/a.mp3")).sound
    assert sound
    assert sound.src == "https://v3.fal.media/a.mp3"
    text = tile(make_run(state="succeeded", output={"text": "word " * 500})).text
    assert text.startswith("word word")
    assert len(text) <= 400


def test_a_tile_of_a_failed_run_shows_the_reason(make_run: Make) -> None:
    run = make_run(state="failed", error={"error": "RunFailed", "message": "Out of <memory>"})
    page = changed_fragments(run, "tile")
    assert "Out of &lt;memory&gt;" in page or "reason" in page
    assert "<memory>" not in page
