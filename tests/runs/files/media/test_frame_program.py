"""The frame of a film at a moment is the one that players show, however frames are spaced."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from runs.files.media.frame_program import write_frame
from tests.runs.copying import sound_in_mp4

TIMES_MS = (0, 40, 50, 200, 260, 700, 720, 1000, 1500, 1510, 1600)
DARKEST, STEP = 20, 20  # of the grey of each frame, by which it is known again


def varying(
    container: str = "mp4", begin_ms: int = 0, size: tuple[int, int] = (96, 72), colour: Any = None
) -> bytes:
    """Return a film whose frames, each of its own grey, begin at `TIMES_MS`; a keyframe in four."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream: Any = file.add_stream(CODECS[container], rate=1000)
        (stream.width, stream.height), stream.pix_fmt = size, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.gop_size = 4
        for number, at_ms in enumerate(TIMES_MS):
            grey = DARKEST + STEP * number
            pixels = np.full((size[1], size[0], 3), colour or grey, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = begin_ms + at_ms, Fraction(1, 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return out.getvalue()


CODECS = {"mp4": "libx264", "webm": "libvpx-vp9", "matroska": "libx264"}


def frame_at(folder: Path, film: bytes, at: str) -> tuple[float, int]:
    """Return when the frame that is shown begins, and its number by its grey."""
    (folder / "film").write_bytes(film)
    answer = write_frame(str(folder / "film"), str(folder / "frame.png"), at)
    with Image.open(folder / "frame.png") as picture:
        assert picture.size == (96, 72)
        grey = sum(picture.getpixel((48, 36))) / 3  # type: ignore[arg-type]
    return answer["at"], round((grey - DARKEST) / STEP)


@pytest.mark.parametrize("container", CODECS)
def test_the_frame_shown_is_the_last_that_has_begun(tmp_path, container):
    film = varying(container)
    for number, at_ms in enumerate(TIMES_MS):
        until_ms = ([*TIMES_MS, 1700])[number + 1]
        for moment_s in (at_ms / 1000, at_ms / 1000 + 0.005, until_ms / 1000 - 0.005):
            assert frame_at(tmp_path, film, str(moment_s)) == (at_ms / 1000, number), moment_s


def test_a_film_may_begin_later_than_its_container(tmp_path):
    film = varying(begin_ms=500)
    assert frame_at(tmp_path, film, "0") == (0.5, 0)
    assert frame_at(tmp_path, film, "0.75") == (0.7, 3)


def test_the_last_frame_is_the_last_that_can_be_decoded(tmp_path):
    film = varying("matroska")
    assert frame_at(tmp_path, film, "") == (1.6, len(TIMES_MS) - 1)
    at_s, number = frame_at(tmp_path, film[: len(film) * 9 // 10], "")
    assert 0 < number < len(TIMES_MS) - 1
    assert at_s == TIMES_MS[number] / 1000


def test_a_moment_after_the_end_is_said(tmp_path):
    path, target = tmp_path / "film", tmp_path / "frame.png"
    path.write_bytes(varying())
    assert frame_at(tmp_path, varying(), "2.0") == (1.6, len(TIMES_MS) - 1)  # players stop late
    target.unlink()
    assert write_frame(str(path), str(target), "2.2") == {"ends_at": 1.6}
    assert not target.exists()


@pytest.mark.parametrize("content", [b"", b"no film", varying()[:300], sound_in_mp4()])
def test_what_has_no_frame_is_refused(tmp_path, content):
    (tmp_path / "film").write_bytes(content)
    with pytest.raises((ValueError, av.FFmpegError)):
        write_frame(str(tmp_path / "film"), str(tmp_path / "frame.png"), "")
    assert not (tmp_path / "frame.png").exists()
