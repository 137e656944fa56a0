"""Films, sounds and pictures of older programs are known by their first bytes, and measured."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from runs.files import content_types, uploads
from runs.files.content_types import content_type
from runs.files.media.probe_program import probe
from tests.conftest import CASES

HEADS = {
    b"RIFF\x10\x00\x00\x00AVI LIST": "video/x-msvideo",
    b"FORM\x00\x00\x00\x10AIFFCOMM": "audio/aiff",
    b"FORM\x00\x00\x00\x10AIFCFVER": "audio/aiff",
    b"caff\x00\x01\x00\x00desc": "audio/x-caf",
    b"\xff\xf1\x50\x80\x02\x1f\xfc": "audio/aac",
    b"\x00\x00\x00\x08wide\x00\x00": "video/quicktime",
    b"\x00\x00\x12\x34moov\x00\x00": "video/quicktime",
    b"II*\x00\x08\x00\x00\x00": "image/tiff",
    b"MM\x00*\x00\x00\x00\x08": "image/tiff",
    b"ply\r\nformat ascii 1.0": "model/ply",
    b"# made\r\n\r\nmtllib a.mtl\r\no cube\r\nv 0 -.5 1e-3\r\n": "model/obj",
    b"solid cube\nfacet normal 0 0 1": "model/stl",
    b"v 1.2: what is new": "application/octet-stream",
    b"BM is how a text may begin": "application/octet-stream",
}


@pytest.mark.parametrize("head", HEADS)
def test_a_kind_is_known_by_its_first_bytes(head: bytes) -> None:
    assert content_type(head) == HEADS[head]


def test_a_bitmap_is_known_by_its_second_header() -> None:
    file = BytesIO()
    Image.new("RGB", (3, 2)).save(file, "BMP")
    assert content_type(file.getvalue()[: content_types.HEAD_BYTES]) == "image/bmp"


@pytest.mark.parametrize(
    ("name", "kind", "seconds"),
    [("90a-60-seconds.avi", "video", 60), ("90b-2-seconds.aiff", "audio", 2)],
)
def test_it_is_measured_like_others(name: str, kind: str, seconds: int) -> None:
    path = CASES / name
    with path.open("rb") as file:
        found = content_type(file.read(content_types.HEAD_BYTES))
    assert content_types.kind(found) == kind
    assert probe(str(path), found)["duration_s"] == pytest.approx(seconds, abs=0.2)


@pytest.mark.django_db
def test_equal_bytes_have_the_name_that_each_was_given(user: object) -> None:
    file = BytesIO()
    Image.new("RGB", (30, 20)).save(file, "PNG")
    first, second = (
        uploads.store(user.pk, SimpleUploadedFile(name, file.getvalue()))  # type: ignore[attr-defined]
        for name in ("bottle-front.png", "mug.png")
    )
    assert first.pk == second.pk
    assert first.get_absolute_url().endswith("/bottle-front.png")
    assert second.get_absolute_url().endswith("/mug.png")
    assert (second.width, second.height) == (30, 20)
