"""A data set knows files by their content, and pairs them with captions in any case of letters."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from features.training.data import adding
from features.training.data.items import Item, items_of
from features.training.data.pairing import Contents, pair, place
from features.training.models import Dataset
from tests.documents import with_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(user: Any, make_endpoint: Any) -> Dataset:
    trainer = make_endpoint("acme/trainer")
    row: Dataset = Dataset.objects.create(user=user, endpoint=trainer, name="Faces")
    return row


def test_a_picture_with_another_suffix_is_taken_with_its_caption(
    dataset: Dataset, user: Any
) -> None:
    own = BytesIO()
    with ZipFile(own, "w") as target:
        for name, kind, caption in (("a.jfif", "JPEG", "a fox"), ("b.png", "PNG", "a mill")):
            target.writestr(name, picture(kind))
            target.writestr(f"{name[0]}.txt", caption)
    for archive in with_case("83a-jfif.zip", own.getvalue()):
        Dataset.objects.update(files=[])
        dataset.refresh_from_db()
        added = adding.add_files(dataset, [SimpleUploadedFile("a.zip", archive)], user)
        assert not added.skipped
        dataset.refresh_from_db()
        items = items_of(dataset.files)
        assert [item.name for item in items] == ["a.jpg", "b.png"]
        assert all(item.caption for item in items)


def test_captions_are_paired_in_any_case_of_letters(dataset: Dataset, user: Any) -> None:
    files = [
        SimpleUploadedFile("IMG_1.PNG", picture("PNG")),
        SimpleUploadedFile("img_1.TXT", b"a fox"),
    ]
    added = adding.add_files(dataset, files, user)
    assert [item.caption for item in added.files] == ["a fox"]


def test_an_exact_name_comes_before_one_in_another_case() -> None:
    contents = Contents(
        files=[(place(0, name), item(name)) for name in ("a.png", "A.png")],
        texts=[(place(0, "A.txt"), "large"), (place(0, "a.txt"), "small")],
    )
    assert [file.caption for file in pair(contents).files] == ["small", "large"]


def picture(kind: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind)
    return file.getvalue()


def item(name: str) -> Item:
    return Item(name=name, address=f"/uploads/{name}", kind="image", size_bytes=1)
