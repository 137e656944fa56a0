"""Fingerprints of pictures: the more alike two pictures look, the fewer bits differ.

Without Django: the probe's subprocess imports it.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi
from statistics import median

from PIL import Image, ImageStat

from core.pictures.browser_copy import browser_copy, opaque

_SIDE = 32  # of the grey picture that is transformed into frequencies
_LOWEST = 8  # frequencies in each direction
_WAVES = [[cos(pi * k * (2 * x + 1) / (2 * _SIDE)) for x in range(_SIDE)] for k in range(_LOWEST)]
_PATCHES = 4  # in each direction; their colours are compared
_GREYISH = 16  # of 128: a patch that is further from grey counts as coloured
_FLAT = 2.0  # of 255: a picture whose grey values deviate less has no shapes to compare


def fingerprint(picture: Image.Image) -> bytes:
    """Return the 128 bits by which pictures are compared; empty for a flat picture.

    The first 64 are Zauner's pHash (Implementation and Benchmarking of Perceptual Image Hash
    Functions, 2010, 3.2.1), as in the library ImageHash: each tells whether a low frequency of the
    grey picture is above the median. pHash is blind to colours, so the other 64 tell how blue and
    how red each of 16 patches is.
    """
    colours = opaque(browser_copy(picture))
    grey = colours.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    if ImageStat.Stat(grey).stddev[0] < _FLAT:
        return b""
    bits = "".join("01"[bit] for bit in (*_frequency_bits(grey), *_colour_bits(colours)))
    return int(bits, 2).to_bytes(len(bits) // 8)


def _frequency_bits(grey: Image.Image) -> Iterator[bool]:
    """Yield for each of the lowest cosine frequencies whether it is above their median."""
    values = grey.tobytes()
    rows = [values[start : start + _SIDE] for start in range(0, len(values), _SIDE)]
    across = [[_product(wave, row) for row in rows] for wave in _WAVES]
    frequencies = [_product(wave, column) for wave in _WAVES for column in across]
    middle = median(frequencies)
    return (frequency > middle for frequency in frequencies)


def _product(wave: list[float], values: bytes | list[float]) -> float:
    return sum(factor * value for factor, value in zip(wave, values, strict=True))


def _colour_bits(colours: Image.Image) -> Iterator[bool]:
    """Yield two bits per patch and colour difference: 00, 01 (grey), 11, so near stays near."""
    patches = colours.resize((_PATCHES, _PATCHES), Image.Resampling.BOX).convert("YCbCr")
    for channel in patches.split()[1:]:
        for value in channel.tobytes():
            yield value - 128 > _GREYISH
            yield value - 128 > -_GREYISH
