"""Pictures to share, and shares of them."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from PIL import Image

from features.library.selection import ResultKey
from features.sharing import items
from features.sharing.models import Share
from runs.files import stored_files
from runs.models import Artifact, Run
from tests.copies import copies_are_ready

__all__ = ["copies_are_ready"]

PROMPT = "a mill by the river"


def store_file(
    run: Run, position: int, content: bytes, content_type: str, **values: Any
) -> Artifact:
    """Store a file of a run."""
    file = stored_files.store(ContentFile(content, "x"), content_type)
    made: Artifact = Artifact.objects.create(
        run=run,
        position=position,
        kind=content_type.partition("/")[0],
        content_type=content_type,
        path=f"images[{position}]",
        url="https://v3.fal.media/x",
        state=Artifact.State.STORED,
        file=file.name,
        digest=file.digest,
        size_bytes=file.size_bytes,
        **values,
    )
    return made


def picture_bytes(shade: int = 0, size: tuple[int, int] = (32, 24)) -> bytes:
    """Return a small PNG of one grey."""
    file = io.BytesIO()
    Image.new("RGB", size, (shade % 256,) * 3).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def make_picture(make_run: Any) -> Callable[..., Run]:
    """`make_picture(count=2, user=…)` → a run with this number of stored pictures."""
    made = 0

    def make(count: int = 1, **values: Any) -> Run:
        nonlocal made
        arguments = {"prompt": PROMPT, "seed": 424242}
        run: Run = make_run(
            **{"state": "succeeded", "title": PROMPT, "arguments": arguments} | values
        )
        for position in range(count):
            made += 1
            content = picture_bytes(made)
            store_file(run, position, content, "image/png", width=32, height=24)
        return run

    return make


@pytest.fixture
def share(make_share: Callable[..., Share], make_picture: Callable[..., Run]) -> Share:
    """A share in the private project of `user`."""
    made: Share = make_share(make_picture())
    return made


@pytest.fixture
def make_share(user: User) -> Callable[..., Share]:
    """`make_share(run, …, title="Posters")` → a share of all files of these runs."""

    def make(*runs: Run, **values: Any) -> Share:
        share = Share.objects.create(**{"user": user, "title": "Posters"} | values)
        keys = [
            ResultKey(run.pk, position)
            for run in runs
            for position in run.artifacts.values_list("position", flat=True)
        ]
        items.keep_in_step(share, keys)
        return share

    return make
