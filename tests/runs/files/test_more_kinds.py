"""Videos, sounds and pictures of older programs are recognised by first bytes, and measured."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from runs.files import content_types, uploads
from runs.files.content_types import content_type
from runs.files.media.probe_program import probe
from tests.documents import with_case

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
    b"v/1\x01\x02\0\0\0channels": "image/x-exr",
    b"#?RADIANCE\nFORMAT=": "image/vnd.radiance",
    b"\xff\x0a\xd8\xc1": "image/jxl",
    b"\0\0\0\x0cJXL \r\n\x87\n": "image/jxl",
    b"8BPS\0\1": "image/vnd.adobe.photoshop",
    b"MThd\0\0\0\6": "audio/midi",
    b"FLV\x01\5": "video/x-flv",
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


def avi(seconds: int) -> bytes:
    file = BytesIO()
    with av.open(file, "w", format="avi") as output:
        stream = output.add_stream("mpeg4", rate=5, width=32, height=32, pix_fmt="yuv420p")
        for number in range(5 * seconds):
            frame = av.VideoFrame(32, 32, "yuv420p")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def aiff(seconds: int) -> bytes:
    file = BytesIO()
    with av.open(file, "w", format="aiff") as output:
        stream = output.add_stream("pcm_s16be", rate=8000, layout="mono")
        silence = np.zeros((1, 8000 * seconds), np.int16)
        frame = av.AudioFrame.from_ndarray(silence, layout="mono")
        frame.sample_rate = 8000
        output.mux(stream.encode(frame))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "kind", "make", "seconds"),
    [("90a-60-seconds.avi", "video", avi, 60), ("90b-2-seconds.aiff", "audio", aiff, 2)],
)
def test_it_is_measured_like_others(
    name: str, kind: str, make: Callable[[int], bytes], seconds: int, tmp_path: Path
) -> None:
    for case in with_case(name, make(seconds)):
        path = tmp_path / "file"
        path.write_bytes(case)
        media_type = content_type(case[: content_types.HEAD_BYTES])
        assert content_types.kind(media_type) == kind
        assert probe(str(path), media_type)["duration_s"] == pytest.approx(seconds, abs=0.2)


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
