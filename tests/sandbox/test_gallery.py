"""Thumbnails: a different one for every model, animated for models that make videos."""

import io
from pathlib import Path

import httpx
import pytest
from PIL import Image

from sandbox.models import MODELS
from sandbox.state import RECORDED
from tests.sandbox.server import start_sandbox

FILMS = {model.endpoint_id for model in MODELS if model.makes_films}


def test_every_model_has_exactly_one_thumbnail_of_its_own() -> None:
    stills = {path.relative_to(RECORDED).as_posix() for path in RECORDED.rglob("*.webp")}
    assert stills == {f"{model.endpoint_id}.webp" for model in MODELS if model.is_listed}
    films = {path.relative_to(RECORDED).as_posix() for path in RECORDED.rglob("*.mp4")}
    assert films == {f"{endpoint_id}.mp4" for endpoint_id in FILMS}
    contents = [(RECORDED / still).read_bytes() for still in stills]
    assert len({*contents}) == len(contents)
    for content in contents:
        with Image.open(io.BytesIO(content)) as picture:
            assert (picture.format, picture.size) == ("WEBP", (480, 360))
        assert len(content) < 120_000


@pytest.mark.exhaustive
@pytest.mark.system  # this test starts a sandbox
def test_thumbnails_and_examples_are_served(tmp_path: Path) -> None:
    running = start_sandbox(tmp_path)
    files = running.addresses["files"]
    still = httpx.get(f"{files}/thumbs/sandbox/aurora.webp", timeout=60)
    assert still.headers["content-type"] == "image/webp"
    film = httpx.get(f"{files}/thumbs/{min(FILMS)}.mp4", headers={"Range": "bytes=4-7"}, timeout=60)
    assert (film.status_code, film.headers["content-type"]) == (206, "video/mp4")
    assert film.content == b"ftyp"
    for name in ("thumbs/sandbox/aurora.mp4", "thumbs/no/model.webp", "thumbs/../gallery.py",
                 "thumbs/sandbox/aurora.exe", "examples/none.png", "examples/a%0Ab"):  # fmt: skip
        assert httpx.get(f"{files}/{name}", timeout=60).status_code == 404
    example = httpx.get(f"{files}/examples/harbour.png", timeout=60)
    assert Image.open(io.BytesIO(example.content)).size == (768, 576)
    assert running.stop() == 0
