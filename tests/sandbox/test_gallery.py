"""Thumbnails: one of its own for every model, moving for those that make films."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from sandbox.models import MODELS
from tests.sandbox.server import start_sandbox
from tests.schemas.laws import sample

pytestmark = pytest.mark.system  # takes long
PAINTED_WITHIN_S = 60


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[str]:
    """The address of a sandbox's thumbnails, which it paints when they are asked for."""
    running = start_sandbox(tmp_path)
    yield f"{running.addresses['files']}/thumbs"
    assert running.stop() == 0


def test_every_model_has_a_thumbnail_of_its_own(gallery: str) -> None:
    pictures, models = set(), sample(MODELS, 4)
    for model in models:
        answer = httpx.get(f"{gallery}/{model.endpoint_id}.webp", timeout=PAINTED_WITHIN_S)
        assert answer.headers["content-type"] == "image/webp"
        image = Image.open(io.BytesIO(answer.content))
        assert image.size == (480, 360)
        assert len(answer.content) < 120_000
        pictures.add(answer.content)
    assert len(pictures) == len(models)


def test_models_of_films_have_a_thumbnail_that_moves(gallery: str) -> None:
    moving = {model.endpoint_id for model in MODELS if model.makes_films}
    assert len(moving) == 8
    answer = httpx.get(f"{gallery}/{min(moving)}.mp4", timeout=PAINTED_WITHIN_S)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.content[4:8] == b"ftyp"
    assert httpx.get(f"{gallery}/sandbox/aurora.mp4").status_code == 404
