"""A result's type: as upstream declares it, and from the bytes once the file is copied."""

import io
import zipfile
from io import BytesIO
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from runs.files import content_types, uploads
from runs.files.content_types import content_type
from runs.worker import artifact_copies
from tests.runs import copying
from tests.runs.copying import copy, film, picture, sound
from tests.sampling import sample

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"


PAGE = b"<!-- -->\n<!doctype html><title>Just a moment\xe2\x80\xa6</title>"


GLB = b"glTF\x02\0\0\0" + bytes(40)


def small(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 6), "teal").save(out, kind)
    return out.getvalue()


def make_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.usdc", "")
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
@pytest.mark.system
@pytest.mark.any_database
@pytest.mark.parametrize(
    ("guess", "claimed", "data", "kind"),
    [
        ("file", "application/x-nonsense", small("PNG"), "image"),
        ("audio", "", film(0.2), "video"),
        ("video", "video/mp4", sound(), "audio"),
        ("file", "", GLB, "mesh"),
        # An MP4 may contain only sound, and a sound with a cover is no video.
        ("audio", "audio/mp4", copying.sound_in_mp4(), "audio"),
        ("audio", "audio/mpeg", copying.song(cover=small("PNG")), "audio"),
        # No signature at the beginning identifies these files, but a decoder can read them.
        ("image", "image/bmp", small("BMP"), "image"),
        # Neither picture, video nor sound, whatever upstream says.
        ("image", "", make_zip(), "file"),
        ("image", "", SVG, "file"),  # a browser shows it as the declared type, or not at all
        # These bytes do not contradict the guess.
        ("image", "image/svg+xml", SVG, "image"),
        ("mesh", "", make_zip(), "mesh"),
        ("file", "text/html", PAGE, "file"),
    ],
)
def test_the_content_type_follows_the_bytes(artifact, guess, claimed, data, kind):
    row = copy(artifact(guess, content_type=claimed), data)
    assert (row.state, row.kind) == ("stored", kind)


EXCUSES = [
    ("image", PAGE, "a web page instead of an image"),
    ("video", b'{"detail": "Not found"}', "JSON instead of a video"),
    ("image", b"Not found", "text instead of an image"),
    ("audio", bytes(5000), "bytes that nobody can read instead of a sound"),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.system
@pytest.mark.any_database
@pytest.mark.parametrize("claimed", sample(["image/png", "text/html"], 4, by_seed=2))
@pytest.mark.parametrize(("guess", "data", "reason"), EXCUSES)
def test_a_web_page_in_place_of_a_file_is_not_stored(artifact, guess, data, reason, claimed):
    """Retried; the real file is stored whenever it comes."""

    def give(_: Any) -> httpx.Response:
        return httpx.Response(200, content=data, headers={"content-type": claimed})

    row = copy(artifact(guess), give)
    assert (row.state, row.file, row.error) == ("remote", "", f"Upstream gave {reason}.")
    assert row.next_attempt_at
    row = copy(row, picture())
    assert (row.state, row.kind, row.error) == ("stored", "image", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.system
@pytest.mark.any_database
def test_a_file_that_mismatches_for_an_hour_is_stored_by_its_actual_type(artifact):
    """The pauses add up to more than an hour.

    Until then, the row keeps its address and its declared kind.
    """
    pauses = [
        min(artifact_copies.FIRST_PAUSE_S * 2 ** min(tries, 9), artifact_copies.LONGEST_PAUSE_S)
        for tries in range(artifact_copies.TRIES_FOR_NONE - 1)
    ]
    assert 3600 < sum(pauses) < 2 * 3600
    row = artifact("image")
    url = row.url
    for tries in range(artifact_copies.TRIES_FOR_NONE - 1):
        row.attempts = tries
        row = copy(row, b"Not found")
        assert (row.state, row.kind, row.url) == ("remote", "image", url)
    row.attempts = artifact_copies.TRIES_FOR_NONE - 1
    row = copy(row, b"Not found")
    assert (row.state, row.kind, row.url) == ("stored", "file", url)
    assert row.error == "Upstream gave text instead of an image."


HEADS = {
    b"RIFF\x10\x00\x00\x00AVI LIST": "video/x-msvideo",
    b"FORM\x00\x00\x00\x10AIFFCOMM": "audio/aiff",
    b"\x00\x00\x00\x08wide\x00\x00": "video/quicktime",
    b"II*\x00\x08\x00\x00\x00": "image/tiff",
    b"ply\r\nformat ascii 1.0": "model/ply",
    b"# made\r\n\r\nmtllib a.mtl\r\no cube\r\nv 0 -.5 1e-3\r\n": "model/obj",
    b"solid cube\nfacet normal 0 0 1": "model/stl",
    b"v/1\x01\x02\0\0\0channels": "image/x-exr",
    b"\xff\x0a\xd8\xc1": "image/jxl",
    b"v 1.2: what is new": "application/octet-stream",
    b"BM is how a text may begin": "application/octet-stream",
}


@pytest.mark.parametrize("head", HEADS)
def test_a_kind_is_known_by_its_first_bytes(head):
    assert content_type(head) == HEADS[head]


@pytest.mark.django_db
def test_equal_bytes_have_the_name_that_each_was_given(user):
    file = BytesIO()
    Image.new("RGB", (30, 20)).save(file, "PNG")
    first, second = (
        uploads.store(user.pk, SimpleUploadedFile(name, file.getvalue()))
        for name in ("bottle-front.png", "mug.png")
    )
    assert first.pk == second.pk
    assert first.get_absolute_url().endswith("/bottle-front.png")
    assert second.get_absolute_url().endswith("/mug.png")
    assert (second.width, second.height) == (30, 20)


def test_a_bitmap_is_known_by_its_second_header():
    file = BytesIO()
    Image.new("RGB", (3, 2)).save(file, "BMP")
    assert content_type(file.getvalue()[: content_types.HEAD_BYTES]) == "image/bmp"
