"""Draws a sound as a picture: its loudness from beginning to end, as bars.

Without Django: the probe's subprocess imports it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 480, 120
_BAR_PX, _STEP_PX = 3, 4
_BARS = WIDTH // _STEP_PX
# One ink for both themes: contrast of 4 : 1 or more on the light and the dark mat.
_INK = (122, 122, 122, 255)
_BLOCK = 64  # samples, of which only the loudest is kept
# Of a longer sound only a sample per bar is read: two hours take about as long as ten minutes.
_WHOLE_S = 600
_SAMPLED_S = 0.5
_MOST_S = 8.0  # of work; the probe is killed after 20 s, and then even the duration would be lost

Peaks = NDArray[np.float32]


def waveform(container: Any, duration_s: float) -> Image.Image:
    """Return the waveform of an opened file's first sound, transparent around its bars.

    Raises TimeoutError if it takes too long, ValueError without samples, and decoders' errors.
    """
    sound = container.streams.audio[0]
    until = time.monotonic() + _MOST_S
    if duration_s <= _WHOLE_S:
        peaks = np.concatenate([*_peaks(container.decode(sound), until), np.zeros(0, np.float32)])
        if not len(peaks):
            raise ValueError("the sound has no samples")
        return _drawn(_of_bars(peaks))
    return _drawn(_sampled(container, sound, duration_s, until))


def _peaks(frames: Iterator[Any], until: float) -> Iterator[Peaks]:
    """Yield for each frame the loudness of its blocks; 1 is the most that a file can hold."""
    plain = av.AudioResampler(format="fltp")
    for frame in frames:
        if time.monotonic() > until:
            raise TimeoutError("the sound takes too long to be drawn")
        for converted in plain.resample(frame):
            loudest = np.nan_to_num(np.abs(converted.to_ndarray())).max(axis=0)
            if len(loudest):
                yield np.maximum.reduceat(loudest, np.arange(0, len(loudest), _BLOCK))


def _of_bars(peaks: Peaks) -> Peaks:
    """Return the loudest peak of each bar."""
    starts = np.linspace(0, len(peaks), _BARS, endpoint=False).astype(int)
    bars: Peaks = np.maximum.reduceat(peaks, starts)
    return bars


def _sampled(container: Any, sound: Any, duration_s: float, until: float) -> Peaks:
    """Return for each bar the loudness of half a second at its position."""
    bars = np.zeros(_BARS, np.float32)
    for bar in range(_BARS):
        start_s = duration_s * bar / _BARS
        container.seek(int(start_s * av.time_base))
        near = _until(container.decode(sound), start_s + _SAMPLED_S)
        bars[bar] = max((peaks.max() for peaks in _peaks(near, until)), default=0.0)
    return bars


def _until(frames: Iterator[Any], end_s: float) -> Iterator[Any]:
    return takewhile(lambda frame: frame.time is None or frame.time < end_s, frames)


def _drawn(bars: Peaks) -> Image.Image:
    """Return the bars as a picture.

    Heights follow the square root, so that a quiet sound is visible, but lower than a loud one.
    """
    picture = Image.new("RGBA", (WIDTH, HEIGHT), (*_INK[:3], 0))
    pen = ImageDraw.Draw(picture)
    for bar, height in enumerate(np.sqrt(bars.clip(0, 1)) * (HEIGHT // 2 - 1)):
        left_px, reach = bar * _STEP_PX, max(int(height), 1)
        box = left_px, HEIGHT // 2 - reach, left_px + _BAR_PX - 1, HEIGHT // 2 + reach - 1
        pen.rounded_rectangle(box, radius=1, fill=_INK)
    return picture
