"""References whose pictures are in the storage."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from features.library.models import Reference
from features.library.references import pictures, saving
from features.library.references.saving import Values
from projects.models.project import private_project

MakeReference = Callable[..., Reference]


def png(number: int = 0) -> bytes:
    """Return a picture that no other number gives."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (number % 256, 80, 40)).save(file, "PNG")
    return file.getvalue()


def picture_file(number: int = 0) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"picture-{number}.png", png(number), "image/png")


@pytest.fixture
def make_reference(user: User) -> MakeReference:
    """`make_reference("bottle", 3)` → a reference of `user` with three pictures."""

    def make(name: str = "bottle", number: int = 3, **more: Any) -> Reference:
        owner = more.pop("user", user)
        project = more.pop("project", None) or private_project(owner)
        is_hidden = more.pop("is_hidden", False)
        values = Values(name, description=more.pop("description", "an amber bottle"), **more)
        # Each reference gets pictures of its own: equal contents in a project are one upload.
        first = sum(map(ord, name)) % 200
        files = [picture_file(first + place) for place in range(number)]
        added = pictures.add(owner, project, [], files)
        assert not added.refusals
        return saving.create(owner, project, values, added.addresses, is_hidden=is_hidden)

    return make
