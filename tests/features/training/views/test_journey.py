"""From dropped files through the trainer's form to weights in another model's form."""

from __future__ import annotations

import gzip
import io
import re
import uuid
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from catalog.models import Endpoint
from features.training.data.items import Item
from features.training.models import Dataset
from runs.models import Upload
from tests.features.training.conftest import picture

pytestmark = pytest.mark.django_db


def png(name: str, colour: str = "red") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture(colour), "image/png")


def make(member: Client, trainer: Endpoint, files: list[SimpleUploadedFile]) -> Dataset:
    posted = {"model": trainer.endpoint_id, "name": "Foxes", "trigger_word": "vtrnfox"}
    response = member.post(reverse("training:new"), {**posted, "files": files})
    dataset = Dataset.objects.get()
    assert response.headers["Location"] == dataset.get_absolute_url()
    return dataset


def test_files_become_a_zip_in_the_form_of_a_trainer(
    member: Client, user: User, trainer: Endpoint
) -> None:
    start = f"{reverse('training:new')}?model={trainer.endpoint_id}"
    assert "Create data set" in member.get(start).content.decode()
    caption = SimpleUploadedFile("a.txt", "a für fox".encode("cp1252"))
    dataset = make(member, trainer, [png("a.png"), png("b.png", "blue"), caption])
    page = member.get(dataset.get_absolute_url()).content.decode()
    assert "2 pictures" in page
    assert "a für fox" in page
    assert "recommends at least 4 pictures" in page
    posted = {"name": "Foxes", "trigger_word": "vtrnfox", "caption:b.png": "a blue one"}
    member.post(dataset.get_absolute_url(), {**posted, "do": "trigger"})
    response = member.post(dataset.get_absolute_url(), {**posted, "do": "form"})
    form = member.get(response.headers["Location"]).content.decode()
    upload = Upload.objects.get(content_type="application/zip")
    assert upload.get_absolute_url() in form
    assert "now holds the data set “Foxes”" in form
    assert 'value="vtrnfox"' in form
    with default_storage.open(upload.file) as file, zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["a.png", "b.png", "a.txt", "b.txt"]
        assert archive.read("a.txt").decode() == "vtrnfox, a für fox"
    again = member.post(reverse("training:dataset-form", args=[dataset.pk]))
    assert again.headers["Location"] == response.headers["Location"]


def test_unacceptable_files_are_named_and_the_others_added(
    member: Client, trainer: Endpoint
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("deep/er/c.png", picture("green"))
        archive.writestr("deep/c.png", picture("pink"))
        archive.writestr("__MACOSX/deep/._c.png", b"rubbish")
        archive.writestr("deep/broken.png", picture()[:20])
        archive.writestr("deep/tool.exe", b"MZ")
    files = [
        png("a.png"), png("again.png"), SimpleUploadedFile("set.zip", packed.getvalue()),
        SimpleUploadedFile("no.zip", b"no archive"), SimpleUploadedFile("loose.txt", b"words"),
    ]  # fmt: skip
    dataset = make(member, trainer, files)
    page = member.get(dataset.get_absolute_url()).content.decode()
    names = [file["name"] for file in dataset.files]
    assert names == ["a.png", "c.png", "c-2.png"]
    for message in ("again.png is in the data set already", "broken.png is a damaged picture",
                  "tool.exe is neither", "no.zip is not a ZIP", "loose.txt belongs"):  # fmt: skip
        assert message in page
    member.post(dataset.get_absolute_url(), {"name": "x\0y", "do": "remove:c-2.png"})
    member.post(dataset.get_absolute_url(), {"do": "remove:c.png"})
    member.post(dataset.get_absolute_url(), {"do": "restore:c.png", "rename:a.png": "é/ü.png"})
    dataset.refresh_from_db()
    remaining = [file["name"] for file in dataset.files if not file["is_removed"]]
    assert remaining == ["ü.png", "c.png"]


def test_past_results_are_added_without_a_copy(
    member: Client, trainer: Endpoint, make_run: Any, stranger: User
) -> None:
    stored = Upload.objects  # store the artifact's file as an upload's would be
    dataset = make(member, trainer, [])
    member.post(reverse("training:dataset-files", args=[dataset.pk]), {"files": [png("z.png")]})
    stored_artifact = stored.get()
    run = make_run(title="a fox", state="succeeded")
    theirs = make_run(user=stranger, state="succeeded")
    for source_run in (run, theirs):
        source_run.artifacts.create(
            position=0, path="/images/0", kind="image", url="https://v3.fal.media/a.png",
            state="stored", file=stored_artifact.file, digest="d" * 64, content_type="image/png",
            size_bytes=9,
        )  # fmt: skip
    address = reverse("training:dataset-results", args=[dataset.pk])
    assert f"/runs/{run.pk}/artifacts/0/" in member.get(address).content.decode()
    chosen = [f"/runs/{source_run.pk}/artifacts/0/" for source_run in (run, theirs)]
    member.post(address, {"result": [*chosen, "/runs/x/"]})
    dataset.refresh_from_db()
    assert [file["caption"] for file in dataset.files] == ["", "a fox"]


def many(user: User, trainer: Endpoint, count: int) -> Dataset:
    """Return a data set of many small files that are stored already."""
    files = [
        Item(f"{number:04}.png", f"/uploads/{uuid.uuid4()}/", "image", 900, f"caption {number}")
        for number in range(count)
    ]
    stored = [file.as_json() for file in files]
    return Dataset.objects.create(user=user, endpoint=trainer, name="Many", files=stored)


def test_two_thousand_files_are_loaded_as_they_come_into_view(
    member: Client, user: User, trainer: Endpoint, django_assert_max_num_queries: Any
) -> None:
    few, dataset = many(user, trainer, 3), many(user, trainer, 2000)
    member.get(few.get_absolute_url())
    with django_assert_max_num_queries(5) as queries:
        member.get(few.get_absolute_url())
    with django_assert_max_num_queries(len(queries)):
        page = member.get(dataset.get_absolute_url()).content
    assert len(gzip.compress(page)) <= 32 * 1024
    assert "2000 pictures" in page.decode()
    address, count = "", 0
    for _ in range(3):
        page = member.get(f"{dataset.get_absolute_url()}{address}").content
        count += page.count(b'name="caption:')
        (address,) = re.findall(r'hx-get="(\?page=\d+)"', page.decode())
    assert count == 3 * 48
    response = member.post(dataset.get_absolute_url(), {"caption:1999.png": "the last"})
    dataset.refresh_from_db()
    assert (response.status_code, dataset.files[-1]["caption"]) == (302, "the last")


def test_names_that_are_too_long_are_refused_beside_their_field(
    member: Client, user: User, trainer: Endpoint
) -> None:
    long, new = "n" * 201, f"{reverse('training:new')}?model={trainer.endpoint_id}"
    response = member.post(new, {"name": long, "trigger_word": "TOK"})
    page = response.content.decode()
    assert (response.status_code, Dataset.objects.count()) == (422, 0)
    assert "Keep it to 200 characters: this has 201." in page
    assert long in page
    assert 'value="TOK"' in page
    dataset = many(user, trainer, 1)
    typed = {"name": long, "trigger_word": "vtrnfox", "caption:0000.png": "a vixen"}
    response = member.post(dataset.get_absolute_url(), typed | {"do": "trigger"})
    assert response.status_code == 422
    assert long in response.content.decode()
    dataset.refresh_from_db()
    assert (dataset.name, dataset.files[0]["caption"]) == ("Many", "a vixen")


def test_a_new_data_set_is_called_by_its_word_or_by_its_model(
    member: Client, trainer: Endpoint
) -> None:
    for typed in (
        {"trigger_word": "TOK"},
        {"name": " "},
        {"name": "A\x00  fox", "trigger_word": ""},
    ):
        member.post(reverse("training:new"), {"model": trainer.endpoint_id, **typed})
    names = Dataset.objects.order_by("created_at").values_list("name", flat=True)
    assert [*names] == ["TOK", f"Data set for {trainer.name}", "A fox"]
