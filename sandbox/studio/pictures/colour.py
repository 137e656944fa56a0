"""Palettes from words: a few curated families, shifted so that no two prompts look the same."""

import colorsys
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sandbox.execution.context import digest

Array = NDArray[Any]

# A family's name, its colours from dark to light, and the words that select it.
_TABLE = """
dusk    161632 3d2247 7d3450 c65f57 eda36f fbe3bd  sun sunset dusk evening sunrise dawn warm ember
ocean   071f33 0e4557 22778a 68b0b5 bfdcd4 f5f0e2  ocean sea water blue lake river rain harbour wind
forest  0e1d18 1d3a2d 3c6848 7c9e69 c5c796 f4efda  forest green moss garden leaf spring jungle tree
desert  331b19 70362b ae5f3b da9859 eecb96 fbf1dd  desert sand clay canyon dune copper earth
night   090d21 171e4a 36397f 6d62b0 b3a2d8 f1e7f3  night star moon space dream violet purple
rose    28172a 632a4a a24c69 d68691 efc0b9 fcefe7  rose pink flower love blossom cherry soft petal
ink     18181b 3a3b40 75767a b3b1a9 e1ddd1 f8f5ed  ink paper black white monochrome noir fog stone
autumn  24160f 5b301c 9c5128 d18436 e8ba6c f9edd2  autumn gold amber honey tea wheat harvest
arctic  0f1c29 2a455b 5f829c 9eb8c9 d3e0e5 f7f8f5  ice snow winter arctic cold mist frost north
meadow  17271f 2f5d50 67a079 b9cf7f f2dd8c fdf6dc  summer meadow lemon fresh morning hill field
coral   14213d 1f6f78 40a798 f2836b f9b384 fdebd3  coral reef tropical carnival festival market neon
"""
_ROWS = [row.split() for row in _TABLE.strip().splitlines()]
FAMILIES = {row[0]: (row[7:], row[1:7]) for row in _ROWS}

QUIET = "calm quiet minimal still soft gentle simple sparse silent slow empty"
WILD = "wild storm busy dense rich loud crowded chaos fast intricate lush festival"


def f32(values: Any) -> Array:
    """The values as 32-bit floats."""
    return np.asarray(values, np.float32)


@dataclass(frozen=True)
class Palette:
    """Colours from dark to light, each channel 0 to 1, and one complementary accent."""

    name: str
    colours: Array
    accent: Array

    def at(self, positions: Array) -> Array:
        """Colours along the palette: 0 is the darkest, 1 the lightest; shape (…, 3)."""
        stops = np.linspace(0, 1, len(self.colours), dtype=np.float32)
        channels = [np.interp(positions, stops, self.colours[:, i]) for i in range(3)]
        return np.stack(channels, axis=-1).astype(np.float32)

    def one(self, position: float) -> Array:
        """One colour along the palette."""
        return self.at(np.asarray(position, np.float32))


def words_of(prompt: str) -> list[str]:
    """The words of a prompt in lower case."""
    return re.findall(r"[^\W_]+", prompt.lower())


def palette(prompt: str, seed: int = 0) -> Palette:
    """The palette that a prompt's words select, else one derived from the words themselves."""
    words = words_of(prompt)
    scores = {
        name: sum(2 if word in keywords else word.rstrip("s") in keywords for word in words)
        for name, (keywords, _) in FAMILIES.items()
    }
    best = max(scores.values())
    names = [name for name, score in scores.items() if score == best]
    name = names[digest("palette", sorted(words), seed if best == 0 else 0) % len(names)]
    colours = np.array([_rgb(text) for text in FAMILIES[name][1]], np.float32)
    colours = turned(colours[None], (digest("turn", sorted(words)) % 1000 / 1000 - 0.5) * 0.06)
    accent = vivid(turned(colours, 0.42)[0, 3])
    return Palette(name, colours[0], accent)


def density(prompt: str) -> float:
    """The density of detail: calm words lower it, wild ones raise it."""
    words = set(words_of(prompt))
    return 1 - 0.3 * bool(words & {*QUIET.split()}) + 0.45 * bool(words & {*WILD.split()})


def vivid(colour: Array) -> Array:
    """The colour as a light source: bright and saturated, of the same hue."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*map(float, colour))
    return f32(colorsys.hsv_to_rgb(hue, max(0.65, saturation), 0.95))


def turned(colours: Array, turn: float) -> Array:
    """Colours of shape (height, width, 3) with their hues turned, by a share of the circle."""
    hsv = np.array(Image.fromarray((colours * 255 + 0.5).astype(np.uint8)).convert("HSV"))
    hsv[..., 0] += np.uint8(round(turn * 256) % 256)  # which wraps around, as hues do
    return f32(Image.fromarray(hsv, "HSV").convert("RGB")) / 255


def _rgb(text: str) -> list[float]:
    return [int(text[i : i + 2], 16) / 255 for i in (0, 2, 4)]
