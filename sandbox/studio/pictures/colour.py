"""Palettes from words: a few curated families, shifted so that no two prompts look the same."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.execution.context import digest

Array = NDArray[Any]

FAMILIES = {  # name → (words that select it, colours from dark to light)
    "dusk": (
        "sun sunset dusk evening sunrise dawn warm fire ember",
        "161632 3d2247 7d3450 c65f57 eda36f fbe3bd",
    ),
    "ocean": (
        "ocean sea water blue lake river rain harbour wave wind",
        "071f33 0e4557 22778a 68b0b5 bfdcd4 f5f0e2",
    ),
    "forest": (
        "forest green moss garden leaf spring jungle tree",
        "0e1d18 1d3a2d 3c6848 7c9e69 c5c796 f4efda",
    ),
    "desert": (
        "desert sand clay canyon dune copper earth terracotta",
        "331b19 70362b ae5f3b da9859 eecb96 fbf1dd",
    ),
    "night": (
        "night star moon space cosmic dream violet purple nebula",
        "090d21 171e4a 36397f 6d62b0 b3a2d8 f1e7f3",
    ),
    "rose": (
        "rose pink flower love blossom cherry soft petal",
        "28172a 632a4a a24c69 d68691 efc0b9 fcefe7",
    ),
    "ink": (
        "ink paper black white monochrome noir fog silent stone",
        "18181b 3a3b40 75767a b3b1a9 e1ddd1 f8f5ed",
    ),
    "autumn": (
        "autumn gold amber honey tea wheat harvest october",
        "24160f 5b301c 9c5128 d18436 e8ba6c f9edd2",
    ),
    "arctic": (
        "ice snow winter arctic cold glass mist frost north",
        "0f1c29 2a455b 5f829c 9eb8c9 d3e0e5 f7f8f5",
    ),
    "meadow": (
        "summer meadow lemon fresh morning hill field sunny",
        "17271f 2f5d50 67a079 b9cf7f f2dd8c fdf6dc",
    ),
    "coral": (
        "coral reef tropical carnival festival market city neon",
        "14213d 1f6f78 40a798 f2836b f9b384 fdebd3",
    ),
}


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

    def bytes_at(self, position: float) -> tuple[int, int, int]:
        """One colour as the tuple that Pillow expects."""
        red, green, blue = (round(float(v) * 255) for v in self.one(position))
        return red, green, blue


def words_of(prompt: str) -> list[str]:
    """The words of a prompt in lower case."""
    return re.findall(r"[^\W_]+", prompt.lower())


def palette(prompt: str, seed: int = 0) -> Palette:
    """The palette that a prompt's words select, else one derived from the words themselves."""
    words = words_of(prompt)
    scores = {
        name: sum(
            2 if word in keywords.split() else word.rstrip("s") in keywords.split()
            for word in words
        )
        for name, (keywords, _) in FAMILIES.items()
    }
    best = max(scores.values())
    names = [name for name, score in scores.items() if score == best]
    name = names[digest("palette", sorted(words), seed if best == 0 else 0) % len(names)]
    colours = np.array([_rgb(text) for text in FAMILIES[name][1].split()], np.float32)
    turn = (digest("turn", sorted(words)) % 1000 / 1000 - 0.5) * 0.35
    lch = to_lch(colours)
    lch[:, 2] += turn
    accent = lch[3].copy()
    accent[0], accent[1], accent[2] = 0.66, max(0.13, accent[1]), accent[2] + 2.6
    return Palette(name, from_lch(lch), from_lch(accent[None])[0])


def density(prompt: str) -> float:
    """The density of detail: calm words lower it, wild ones raise it."""
    words = set(words_of(prompt))
    return 1 - 0.3 * bool(words & {*QUIET.split()}) + 0.45 * bool(words & {*WILD.split()})


def vivid(colour: Array) -> Array:
    """The colour as a light source: bright and saturated, of the same hue."""
    lch = to_lch(colour[None])[0]
    return f32(from_lch(f32([[0.8, max(0.15, float(lch[1])), lch[2]]]))[0])


def to_lch(rgb: Array) -> Array:
    """sRGB 0 to 1 to OKLCh with the hue in radians."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lms = np.cbrt(linear @ _TO_LMS.T)
    lab = lms @ _TO_LAB.T
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    hue = np.arctan2(lab[..., 2], lab[..., 1])
    return np.stack([lab[..., 0], chroma, hue], axis=-1).astype(np.float32)


def from_lch(lch: Array) -> Array:
    """OKLCh to sRGB 0 to 1, clipped into gamut."""
    a, b = lch[..., 1] * np.cos(lch[..., 2]), lch[..., 1] * np.sin(lch[..., 2])
    lab = np.stack([lch[..., 0], a, b], axis=-1)
    lms = (lab @ np.linalg.inv(_TO_LAB).T) ** 3
    linear = np.clip(lms @ np.linalg.inv(_TO_LMS).T, 0, 1)
    rgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return f32(rgb)


_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _rgb(text: str) -> list[float]:
    return [int(text[i : i + 2], 16) / 255 for i in (0, 2, 4)]
