"""Waveforms: loud parts are high, and neither a long nor a broken sound takes long."""

import io
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from runs.files.media import waveform
from tests.runs.copying import sound

pytestmark = pytest.mark.any_database


def encode_sound(loudness: NDArray[Any], kind: str = "wav", codec: str = "pcm_s16le") -> io.BytesIO:
    """Return a sound of 8 kHz with a tone of this loudness in each second."""
    out = io.BytesIO()
    tone = np.sin(np.arange(8000) * 0.4, dtype=np.float32)
    with av.open(out, "w", format=kind) as file:
        stream: Any = file.add_stream(codec, rate=8000)
        stream.layout = "mono"
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=8000)
        for second, gain in enumerate(loudness.astype(np.float32)):
            frame = av.AudioFrame.from_ndarray((tone * gain)[None, :], "fltp", "mono")
            frame.sample_rate, frame.pts = 8000, second * 8000
            for converted in resampler.resample(frame):
                file.mux(stream.encode(converted))
        file.mux(stream.encode())
    out.seek(0)
    return out


def heights(file: io.BytesIO) -> NDArray[Any]:
    """Return the height of each bar of the file's waveform, in pixels."""
    with av.open(file, "r") as container:
        picture = waveform.waveform(container, (container.duration or 0) / av.time_base)
    alpha = np.asarray(picture)[:, 1::4, 3]
    bars: NDArray[Any] = (alpha > 0).sum(axis=0)
    return bars


def test_bars_follow_the_loudness():
    bars = heights(encode_sound(np.array([1.0, 0.25, 0.0])))
    loud, quiet, silent = bars[5:35], bars[45:75], bars[85:115]
    assert (loud >= waveform.HEIGHT - 6).all()
    assert abs(int(quiet.max()) - waveform.HEIGHT // 2) <= 4
    assert (silent == 2).all()


def test_a_sound_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(waveform, "_MOST_S", -1.0)
    with pytest.raises(TimeoutError):
        heights(io.BytesIO(sound()))


def test_a_sound_shorter_than_a_bar_is_drawn():
    bars = heights(io.BytesIO(sound(0.001)))
    assert len(bars) == 120


def test_a_sound_without_samples_has_no_waveform():
    with pytest.raises((ValueError, av.error.FFmpegError)):
        heights(io.BytesIO(sound(0.0)))
