"""Stripped copies of media look and sound the same, without any metadata."""

import io
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageChops

from runs.files.media.strip_program import strip
from tests.runs.files import telling_media
from tests.runs.files.telling_media import (
    ALL,
    FILMS,
    MOVING,
    SOUNDS,
    STILL,
    TOLD,
    encode_picture,
    jpeg,
    media,
    mp4,
    png_chunk,
    svg,
)

Stripped = Callable[[bytes], bytes]


@pytest.fixture
def stripped(tmp_path: Path) -> Stripped:
    """`stripped(content)`: the copy of a file with this content."""

    def make(content: bytes) -> bytes:
        path, target = tmp_path / "file", tmp_path / "copy"
        path.write_bytes(content)
        strip(str(path), str(target))
        return target.read_bytes()

    return make


def open_image(content: bytes) -> Any:
    return Image.open(io.BytesIO(content))


def assert_alike(picture: Image.Image, copied_picture: Image.Image) -> None:
    difference = ImageChops.difference(picture.convert("RGB"), copied_picture.convert("RGB"))
    assert difference.point(lambda value: value > 16 and 255).getbbox() is None


@pytest.mark.parametrize("name", ALL)
def test_a_stripped_copy_has_no_trace_of_its_origin(name: str, stripped: Stripped) -> None:
    content = ALL[name]()
    copy = stripped(content)
    assert TOLD in content
    assert TOLD not in copy
    assert b"x264" not in copy  # encoders write this into the streams themselves
    assert b"x265" not in copy


@pytest.mark.parametrize("name", STILL)
def test_a_still_picture_looks_the_same(name: str, stripped: Stripped) -> None:
    content = STILL[name]()
    copy = stripped(content)
    with open_image(content) as before, open_image(copy) as after:
        assert after.format == ("JPEG" if before.format == "MPO" else before.format)
        assert after.size == before.size
        assert "icc_profile" not in after.info
        assert not after.getexif().get(0x0131)
        assert_alike(before, after)


@pytest.mark.parametrize("name", MOVING)
def test_an_animation_keeps_its_frames_and_timing(name: str, stripped: Stripped) -> None:
    content = MOVING[name]()
    with open_image(content) as before, open_image(stripped(content)) as after:
        assert (after.format, after.n_frames) == (before.format, 3)
        assert after.info.get("loop") == before.info.get("loop")
        for number in range(3):
            before.seek(number)
            after.seek(number)
            before.load()
            after.load()
            assert after.info["duration"] == before.info["duration"]
            assert_alike(before, after)


def test_a_picture_is_rotated_by_its_exif_orientation(stripped: Stripped) -> None:
    with open_image(stripped(jpeg(orientation=6))) as after:
        assert after.size == (48, 64)
        assert not after.getexif()


def decode_media(content: bytes, kind: str) -> list[tuple[Any, ...]]:
    """Return everything in a file that can be seen or heard, with its times."""
    with av.open(io.BytesIO(content), "r") as container:
        frames: Iterable[Any] = container.decode(**{kind: 0})
        return [
            (frame.time, getattr(frame, "rotation", 0), frame.to_ndarray().tobytes())
            for frame in frames
        ]


@pytest.mark.parametrize("name", FILMS)
def test_every_frame_of_a_video_is_unchanged(name: str, stripped: Stripped) -> None:
    content = FILMS[name]()
    assert len(decode_media(content, "video")) == 10
    assert decode_media(stripped(content), "video") == decode_media(content, "video")


@pytest.mark.parametrize("name", sorted((FILMS | SOUNDS).keys() - {"mp3", "mov of prores"}))
def test_every_sample_of_a_sound_is_unchanged(name: str, stripped: Stripped) -> None:
    content = ALL[name]()
    assert decode_media(stripped(content), "audio") == decode_media(content, "audio")


def test_a_sounds_cover_is_left_out(stripped: Stripped) -> None:
    content = media("mp3", audio="libmp3lame")
    picture = b"\0image/png\0\3\0" + encode_picture(Image.new("RGB", (4, 4)), "PNG")
    size = len(picture)
    frame = b"APIC" + size.to_bytes(4) + b"\0\0" + picture
    head = bytes((len(frame) >> 7 * place) & 0x7F for place in (3, 2, 1, 0))
    copy = stripped(b"ID3\3\0\0" + head + frame + content)
    assert b"PNG" not in copy
    with av.open(io.BytesIO(copy), "r") as container:
        assert [stream.type for stream in container.streams] == ["audio"]


def test_an_svg_keeps_its_shapes(stripped: Stripped) -> None:
    copy = stripped(svg()).decode()
    for part in ('<circle id="c" r="4"', 'xlink:href="#c"', "beforeafter", "fill: teal", "<image"):
        assert part in copy
    assert "data:image/png;base64," in copy
    assert "http" not in copy.replace("http://www.w3.org/", "")


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("words.txt", TOLD)
    return out.getvalue()


def huge() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + png_chunk(
        b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(content, id=name)
        for name, content in {
            "nothing": b"",
            "text": b"words " + TOLD,
            "archive": archive(),
            "mesh": b"glTF\2\0\0\0\x14\0\0\0\0\0\0\0JSON",
            "page": b"<!doctype html><p>" + TOLD,
            "broken drawing": b"<svg>" + b"<title>" * 9,
            "entities without end": b'<!DOCTYPE svg [<!ENTITY a "%b">]><svg>' % (b"&a;" * 9),
            "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + telling_media.box(b"meta", TOLD),
            "huge": huge(),
            "cut film": mp4()[:300],
            "film whose stream has texts": media("mp4", "mpeg4"),
            "header with texts": media("webm", audio="vorbis"),
            "subtitles": b"1\n00:00:01,000 --> 00:00:02,000\nwords " + TOLD,
        }.items()
    ],
)
def test_a_file_that_cannot_be_stripped_is_refused(content: bytes, stripped: Stripped) -> None:
    with pytest.raises((ValueError, OSError, SyntaxError, Image.DecompressionBombError)):
        stripped(content)


def test_a_playlist_opens_no_other_file(tmp_path: Path, stripped: Stripped) -> None:
    other = tmp_path / "other.aac"
    other.write_bytes(telling_media.aac())
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{other}\n#EXT-X-ENDLIST\n"
    with pytest.raises((ValueError, OSError)):
        stripped(playlist.encode())
