"""Series with a name for prompts, whose pictures are in the storage."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from features.library.models import Series
from features.library.series import items
from projects.models.project import private_project
from runs.files import uploads
from schemas.uses.mentions import key_of

MakeSeries = Callable[..., Series]


def png(number: int = 0) -> bytes:
    """Return a picture that no other number gives."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (number % 256, 80, 40)).save(file, "PNG")
    return file.getvalue()


def picture_file(number: int = 0, name: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(name or f"picture-{number}.png", png(number), "image/png")


def pictures_of(series: Series) -> list[str]:
    """Return the addresses of its uploads, in order."""
    rows = items.items_of(series).exclude(upload=None).select_related("upload")
    return [row.upload.get_absolute_url() for row in rows if row.upload]


@pytest.fixture
def make_series(user: User) -> MakeSeries:
    """`make_series("bottle", 3)` → a series of `user` that prompts mention, with three uploads."""

    def make(name: str = "bottle", number: int = 3, **more: Any) -> Series:
        owner = more.pop("user", user)
        project = more.pop("project", None) or private_project(owner)
        values = {"words": "an amber bottle", "mention": name} | more
        key = key_of(values["mention"])
        series = Series.objects.create(
            user=owner, project=project, name=name, mention_key=key, **values
        )
        # Each series gets pictures of its own: equal contents in a project are one upload.
        first = sum(map(ord, name)) % 200
        files = [picture_file(first + place) for place in range(number)]
        stored = [uploads.store(owner.pk, file, "image", project=project) for file in files]
        items.add_uploads(owner, series, stored)
        return series

    return make
