"""GIF, FLAC, Ogg and WebM keep their media and lose what they say about their origin."""

from __future__ import annotations

import io
from collections.abc import Callable

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from boards.votes import container_metadata
from boards.votes.metadata import BlankedFile, patches

pytestmark = pytest.mark.any_database
SECRET = "lab-flux-secret"


def gif() -> bytes:
    out = io.BytesIO()
    frames = [Image.linear_gradient("L").resize((20, 20)).rotate(turn) for turn in (0, 90)]
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], comment=SECRET.encode() * 30, loop=0
    )
    return out.getvalue()


def sound(format_: str, codec: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=format_) as container:
        container.metadata.update({"title": SECRET, "comment": SECRET * 40})
        stream = container.add_stream(codec, rate=48000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        stream.metadata["encoder"] = SECRET
        samples = np.zeros((1, 9600), np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 48000
        resampler = av.AudioResampler(stream.format.name, "mono", 48000, stream.frame_size or None)
        for one in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(one))
        container.mux(stream.encode(None))
    return out.getvalue()


def webm() -> bytes:
    return sound("webm", "libopus")


def flac() -> bytes:
    return sound("flac", "flac")


def ogg() -> bytes:
    return sound("ogg", "libopus")


def packets(content: bytes) -> list[bytes]:
    with av.open(io.BytesIO(content), "r") as container:
        return [bytes(packet) for packet in container.demux(audio=0)]


def blanked(content: bytes) -> bytes:
    return BlankedFile(io.BytesIO(content)).read()


@pytest.mark.parametrize("make", [pytest.param(one, id=one.__name__) for one in (flac, ogg, webm)])
def test_sounds_stay_and_their_texts_go(make: Callable[[], bytes]) -> None:
    told = make()
    assert SECRET.encode() in told
    plain = blanked(told)
    assert len(plain) == len(told)
    assert SECRET.encode() not in plain
    assert packets(plain) == packets(told)


def test_a_gif_keeps_its_frames_and_its_loop() -> None:
    told = gif()
    assert SECRET.encode() in told
    plain = blanked(told)
    assert SECRET.encode() not in plain
    before, after = Image.open(io.BytesIO(told)), Image.open(io.BytesIO(plain))
    assert isinstance(before, GifImageFile)
    assert isinstance(after, GifImageFile)
    assert (after.n_frames, after.info["loop"]) == (before.n_frames, before.info["loop"])
    for number in range(before.n_frames):
        before.seek(number)
        after.seek(number)
        assert before.tobytes() == after.tobytes()


@given(
    st.sampled_from([b"GIF89a", b"fLaC", b"OggS\0\2", b"\x1aE\xdf\xa3"]), st.binary(max_size=400)
)
def test_whatever_is_malformed_ends(head: bytes, rest: bytes) -> None:
    content = head + rest
    for patch in patches(io.BytesIO(content)):
        assert patch.offset >= 0
    assert len(blanked(content)) == len(content)


def test_the_check_sum_is_oggs() -> None:
    page = ogg()[: 27 + 1 + 19]
    known = int.from_bytes(page[22:26], "little")
    assert container_metadata.ogg_crc(page[:22] + bytes(4) + page[26:]) == known
