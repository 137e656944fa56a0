"""Captions stay with their files, whatever the folders, names, archives and encodings."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from catalog.models import Endpoint
from features.training.models import Dataset
from tests.documents import with_case
from tests.features.training.conftest import picture

pytestmark = pytest.mark.django_db
COLOURS = iter(f"#{number:06x}" for number in range(1, 0xFFFFFF, 257))


@pytest.fixture
def dataset(user: Any, trainer: Endpoint) -> Dataset:
    return Dataset.objects.create(user=user, endpoint=trainer, name="Foxes", trigger_word="TOK")


def png(name: str) -> tuple[str, bytes]:
    return name, picture(next(COLOURS))


def caption_file(name: str, caption: str) -> tuple[str, bytes]:
    return name, caption.encode()


def zip_set(*files: tuple[str, bytes]) -> tuple[str, bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        for name, content in files:
            target.writestr(name, content)
    return "set.zip", archive.getvalue()


def drop(member: Client, dataset: Dataset, *files: tuple[str, bytes]) -> str:
    """Post files; return the messages of the next page."""
    posted = [SimpleUploadedFile(name, content) for name, content in files]
    address = reverse("training:dataset-files", args=[dataset.pk])
    page = member.post(address, {"files": posted}, follow=True)
    dataset.refresh_from_db()
    return " ".join(str(message) for message in page.context["messages"])


def captions(dataset: Dataset) -> list[tuple[str, str]]:
    return [(file["name"], file["caption"]) for file in dataset.files]


DECOMPOSED = unicodedata.normalize("NFD", "Füchse é")
RED, BLUE = ("my photo (1)", "a red fox"), ("img#2", "a blue fox")
# The names and bytes in an archive, and the captions that its files get.
ARCHIVES: dict[str, tuple[dict[str, bytes], list[tuple[str, str]]]] = {
    "32a-folders": (
        {"10_cat/1": b"a cat", "5_dog/1": b"a dog"},
        [("1.png", "a cat"), ("1-2.png", "a dog")],
    ),
    "31a-spaces": (
        {name: caption.encode() for name, caption in (RED, BLUE, ("plain", "a plain fox"))},
        [("my photo (1).png", RED[1]), ("img#2.png", BLUE[1]), ("plain.png", "a plain fox")],
    ),
    "16-nfd": ({DECOMPOSED: b"a fox"}, [("Füchse é.png", "a fox")]),
    "31b-utf16": (
        {"u": "a fox, Füchse".encode("utf-16"), "v": "Füchse".encode("latin-1")},
        [("u.png", "a fox, Füchse"), ("v.png", "Füchse")],
    ),
    "33-macosx": ({"a": b"cap", "__MACOSX/._a": b"\0\5\x16\7"}, [("a.png", "cap")]),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_each_file_of_an_archive_gets_its_own_caption(
    member: Client, dataset: Dataset, case: str
) -> None:
    texts, expected = ARCHIVES[case]
    own = [png(f"{name}.png") for name in texts if "MACOSX" not in name]
    own += [(f"{name}.txt", caption) for name, caption in texts.items()]
    for archive in with_case(f"{case}.zip", zip_set(*own)[1]):
        Dataset.objects.update(files=[])
        report = drop(member, dataset, (f"{case}.zip", archive))
        assert captions(dataset) == expected
        assert "no file" not in report


def test_two_drops_with_the_same_names_keep_their_captions(
    member: Client, dataset: Dataset
) -> None:
    drop(member, dataset, png("1.png"), caption_file("1.txt", "a cat"))
    drop(member, dataset, caption_file("1.txt", "a dog"), png("1.png"))
    report = drop(member, dataset, zip_set(png("1.png"), caption_file("1.txt", "a fox")))
    assert captions(dataset) == [("1.png", "a cat"), ("1-2.png", "a dog"), ("1-3.png", "a fox")]
    assert report == "1 file and 1 caption added."


def test_captions_in_a_separate_archive_are_paired_by_path(
    member: Client, dataset: Dataset
) -> None:
    pictures = zip_set(png("a/1.png"), png("b/1.png"))
    drop(
        member,
        dataset,
        pictures,
        zip_set(caption_file("b/1.txt", "a dog"), caption_file("a/1.txt", "a cat")),
    )
    assert [caption for _, caption in captions(dataset)] == ["a cat", "a dog"]


def test_an_ambiguous_caption_is_reported(member: Client, dataset: Dataset) -> None:
    report = drop(member, dataset, png("1.png"), png("1.png"), caption_file("1.txt", "a cat"))
    assert [caption for _, caption in captions(dataset)] == ["", ""]
    assert "1.txt was not used: several files have its name" in report


def test_a_caption_in_another_folder_is_reported_with_its_path(
    member: Client, dataset: Dataset
) -> None:
    report = drop(member, dataset, zip_set(png("a/1.png"), caption_file("b/1.txt", "a dog")))
    assert captions(dataset) == [("1.png", "")]
    assert "b/1.txt belongs to no file" in report


def test_files_with_equal_cleaned_names_keep_their_captions(
    member: Client, dataset: Dataset
) -> None:
    long = "a very long name " * 20
    files = [png(f"{long}{end}.png") for end in "xy"]
    drop(member, dataset, zip_set(*files, *(caption_file(f"{long}{end}.txt", end) for end in "yx")))
    assert [caption for _, caption in captions(dataset)] == ["x", "y"]


@pytest.mark.parametrize(
    ("first_form", "second_form"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")]
)
def test_names_are_compared_in_normalised_unicode(
    member: Client, dataset: Dataset, first_form: Any, second_form: Any
) -> None:
    name = "Füchse é"
    drop(
        member,
        dataset,
        png(f"{unicodedata.normalize(first_form, name)}.png"),
        caption_file(f"{unicodedata.normalize(second_form, name)}.txt", "a fox"),
    )
    assert captions(dataset) == [("Füchse é.png", "a fox")]


def test_utf_8_names_of_an_archive_that_does_not_say_so_are_read(
    member: Client, dataset: Dataset
) -> None:
    name, content = zip_set(png("Fuechse.png"), caption_file("Fuechse.txt", "a fox"))
    drop(member, dataset, (name, content.replace(b"Fuechse", "Füchse".encode())))
    assert captions(dataset) == [("Füchse.png", "a fox")]


def test_a_pair_has_one_caption_by_its_common_name(member: Client, dataset: Dataset) -> None:
    report = drop(
        member,
        dataset,
        zip_set(
            png("x/a_start.png"), png("x/a_end.png"), caption_file("x/a.txt", "x"),
            png("y/a_start.png"), png("y/a_end.png"), caption_file("y/a.txt", "y"),
            caption_file("y/a_end.txt", "z"),
        ),
    )  # fmt: skip
    assert captions(dataset) == [
        ("a_start.png", "x"), ("a_end.png", ""), ("a-2_start.png", "y"), ("a-2_end.png", ""),
    ]  # fmt: skip
    assert "y/a_end.txt belongs to no file" in report


def test_a_later_caption_fills_a_gap_and_replaces_nothing(member: Client, dataset: Dataset) -> None:
    drop(member, dataset, png("a.png"), png("b.png"), caption_file("b.txt", "written by hand"))
    report = drop(member, dataset, caption_file("a.txt", "late"), caption_file("b.txt", "other"))
    assert captions(dataset) == [("a.png", "late"), ("b.png", "written by hand")]
    assert "b.txt belongs to no file in this upload" in report


def test_the_caption_of_a_refused_file_is_not_given_to_another(
    member: Client, dataset: Dataset
) -> None:
    drop(member, dataset, png("a.png"))
    report = drop(member, dataset, ("a.png", picture()[:20]), caption_file("a.txt", "a broken one"))
    assert captions(dataset) == [("a.png", "")]
    assert "a.png is a damaged picture" in report


def test_the_trigger_word_is_prefixed_to_captions_that_only_contain_it_in_another_word(
    member: Client, dataset: Dataset
) -> None:
    drop(member, dataset, png("a.png"), caption_file("a.txt", "a token on a table"))
    member.post(dataset.get_absolute_url(), {"trigger_word": "TOK", "do": "trigger"})
    dataset.refresh_from_db()
    assert captions(dataset) == [("a.png", "TOK, a token on a table")]


def test_the_caption_of_a_duplicate_file_is_kept(member: Client, dataset: Dataset) -> None:
    first, second = png("a.png"), png("b.png")
    drop(member, dataset, first, second, caption_file("b.txt", "mine"))
    again = zip_set(
        ("c.png", first[1]),
        caption_file("c.txt", "late"),
        ("b.png", second[1]),
        caption_file("b.txt", "other"),
    )
    report = drop(member, dataset, again)
    assert captions(dataset) == [("a.png", "late"), ("b.png", "mine")]
    assert "c.png is in the data set already, as a.png; the caption was added to it." in report
    assert "b.png is in the data set already. The caption stays as it is" in report
