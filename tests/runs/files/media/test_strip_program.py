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
    frames,
    jpeg,
    media,
    mp4,
    png_chunk,
    profile,
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
def test_a_stripped_copy_has_no_trace_of_its_origin(name, stripped):
    content = ALL[name]()
    copy = stripped(content)
    assert TOLD in content
    assert TOLD not in copy
    assert b"x264" not in copy  # encoders write this into the streams themselves
    assert b"x265" not in copy


@pytest.mark.parametrize("name", STILL)
def test_a_still_picture_looks_the_same(name, stripped):
    content = STILL[name]()
    copy = stripped(content)
    with open_image(content) as before, open_image(copy) as after:
        assert after.format == ("JPEG" if before.format == "MPO" else before.format)
        assert after.size == before.size
        assert "icc_profile" not in after.info
        assert not after.getexif().get(0x0131)
        assert_alike(before, after)


def test_a_16_bit_picture_keeps_every_value(stripped):
    depths = Image.linear_gradient("L").convert("I").point(lambda value: value * 257 + 3)
    content = encode_picture(depths.convert("I;16"), "PNG")
    with open_image(content) as before, open_image(stripped(content)) as after:
        assert after.mode == before.mode
        assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize("name", MOVING)
def test_an_animation_keeps_its_frames_and_timing(name, stripped):
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


def test_the_hidden_picture_of_an_animation_is_not_shown(stripped):
    hidden = Image.new("RGB", (64, 48), "red")
    content = encode_picture(
        hidden, "PNG", save_all=True, default_image=True, append_images=frames()
    )
    with open_image(stripped(content)) as after:
        assert after.n_frames == 3
        assert_alike(after, frames()[0])


def test_an_animation_that_plays_once_still_plays_once(stripped):
    first, *others = frames()
    content = encode_picture(first, "GIF", save_all=True, append_images=others)
    with open_image(stripped(content)) as after:
        assert "loop" not in after.info


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("is_moving", [False, True])
def test_transparency_is_preserved(format_, is_moving, stripped):
    clear, half = Image.new("RGBA", (16, 16), (255, 0, 0, 0)), Image.new("RGBA", (16, 16))
    half.paste((0, 0, 255, 255), (0, 0, 8, 16))
    more = {"save_all": True, "append_images": [half], "duration": 100} if is_moving else {}
    content = encode_picture(clear, format_, **more)
    with open_image(stripped(content)) as after:
        assert after.convert("RGBA").getpixel((12, 8))[3] < 5
        if is_moving:
            after.seek(1)
            alpha = [after.convert("RGBA").getpixel((x, 8))[3] for x in (3, 12)]
            assert (alpha[0] > 250, alpha[1] < 5) == (True, True)


def test_a_picture_is_rotated_by_its_exif_orientation(stripped):
    with open_image(stripped(jpeg(orientation=6))) as after:
        assert after.size == (48, 64)
        assert not after.getexif()


def test_colours_are_converted_by_the_colour_profile(stripped):
    swapped = (
        profile().replace(b"rXYZ", b"tXYZ").replace(b"gXYZ", b"rXYZ").replace(b"tXYZ", b"gXYZ")
    )
    content = encode_picture(Image.new("RGBA", (8, 8), (255, 0, 0, 90)), "PNG", icc_profile=swapped)
    with open_image(stripped(content)) as after:
        red, green, blue, alpha = after.getpixel((0, 0))
    assert (red < 10, green > 245, blue < 10, alpha) == (True, True, True, 90)


def decode_media(content: bytes, kind: str) -> list[tuple[Any, ...]]:
    """Return everything in a file that can be seen or heard, with its times."""
    with av.open(io.BytesIO(content), "r") as container:
        frames: Iterable[Any] = container.decode(**{kind: 0})
        return [
            (frame.time, getattr(frame, "rotation", 0), frame.to_ndarray().tobytes())
            for frame in frames
        ]


@pytest.mark.parametrize("name", FILMS)
def test_every_frame_of_a_video_is_unchanged(name, stripped):
    content = FILMS[name]()
    assert len(decode_media(content, "video")) == 10
    assert decode_media(stripped(content), "video") == decode_media(content, "video")


@pytest.mark.parametrize("name", sorted((FILMS | SOUNDS).keys() - {"mp3", "mov of prores"}))
def test_every_sample_of_a_sound_is_unchanged(name, stripped):
    content = ALL[name]()
    assert decode_media(stripped(content), "audio") == decode_media(content, "audio")


def test_every_packet_of_an_mp3_is_unchanged(stripped):
    # Its header contains the encoder's name and delay, so a copy begins 12 ms later.
    content = SOUNDS["mp3"]()

    def packets(content: bytes) -> list[bytes]:
        with av.open(io.BytesIO(content), "r") as container:
            return [bytes(packet) for packet in container.demux(audio=0)]

    assert packets(stripped(content)) == packets(content)


def test_a_video_keeps_its_rotation(stripped):
    content = mp4(rotation=90)
    assert {turn for _, turn, _ in decode_media(content, "video")} == {90}
    assert {turn for _, turn, _ in decode_media(stripped(content), "video")} == {90}


def test_a_video_keeps_its_transparency(stripped):
    copy = stripped(media("webm", "libvpx-vp9", has_alpha=True))
    decoder = av.CodecContext.create("libvpx-vp9", "r")  # ffmpeg's own decoder ignores transparency
    with av.open(io.BytesIO(copy), "r") as container:
        stream = container.streams.video[0]
        assert stream.metadata["ALPHA_MODE"] == "1"
        frames = [frame for packet in container.demux(stream) for frame in decoder.decode(packet)]
    assert {frame.format.name for frame in frames} == {"yuva420p"}


def test_a_sounds_cover_is_left_out(stripped):
    content = media("mp3", audio="libmp3lame")
    picture = b"\0image/png\0\3\0" + encode_picture(Image.new("RGB", (4, 4)), "PNG")
    size = len(picture)
    frame = b"APIC" + size.to_bytes(4) + b"\0\0" + picture
    head = bytes((len(frame) >> 7 * place) & 0x7F for place in (3, 2, 1, 0))
    copy = stripped(b"ID3\3\0\0" + head + frame + content)
    assert b"PNG" not in copy
    with av.open(io.BytesIO(copy), "r") as container:
        assert [stream.type for stream in container.streams] == ["audio"]


def test_an_svg_keeps_its_shapes(stripped):
    copy = stripped(svg()).decode()
    for part in ('<circle id="c" r="4"', 'xlink:href="#c"', "beforeafter", "fill: teal", "<image"):
        assert part in copy
    assert "data:image/png;base64," in copy
    assert "http" not in copy.replace("http://www.w3.org/", "")


def test_an_svg_without_a_namespace_is_an_svg(stripped):
    assert b"<circle" in stripped(b"<svg><title>x</title><circle r='4'/></svg>")


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
def test_a_file_that_cannot_be_stripped_is_refused(content, stripped):
    with pytest.raises((ValueError, OSError, SyntaxError, Image.DecompressionBombError)):
        stripped(content)


def test_a_playlist_opens_no_other_file(tmp_path, stripped):
    other = tmp_path / "other.aac"
    other.write_bytes(telling_media.aac())
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{other}\n#EXT-X-ENDLIST\n"
    with pytest.raises((ValueError, OSError)):
        stripped(playlist.encode())
