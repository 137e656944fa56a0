"""Size and cost of thumbnails.

Measures a page of 24 cards against the same page with originals, and the thumbnails of a whole
catalogue.

The originals imitate photographs by noise: detail at every scale, decreasing with the scale, with
grain, in JPEG of the size that fal's gallery has.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from bench.figures import KB, Goal, at_most, at_most_ratio, median, table, without_goal
from bench.stage.stage import Stage

T = TypeVar("T")
SIZE = (1536, 1152)
CARDS, CATALOGUE = 24, 1200


def measure_goals(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """Return bytes per page, and time and disk space for a catalogue.

    The reference is Pillow's own thumbnail.
    """
    from base64 import b64decode

    from catalog.pictures import drawing

    with tempfile.TemporaryDirectory() as folder:
        originals = [Path(folder) / f"{number}.jpg" for number in range(rounds)]
        for number, file in enumerate(originals):
            file.write_bytes(photograph(number))
        drawn, ours_s = timed(lambda file: drawing.render(str(file), ""), originals)
        plain, plain_s = timed(bare, originals)
        original = median(file.stat().st_size for file in originals)
    small = median(len(b64decode(picture["small"])) for picture in drawn)
    large = median(len(b64decode(picture["large"])) for picture in drawn)
    rows = [
        ["original", f"{original / KB:,.0f}", f"{CARDS * original / KB:,.0f}", "", ""],
        row("small, plain screens", small, ours_s),
        row("large, dense screens", large, ours_s),
        row("Pillow alone, one size", median(map(len, plain)), plain_s),
    ]
    print("\nThumbnails")
    print(table(["", "KB each", f"KB of {CARDS}", "ms each", f"s of {CATALOGUE:,}"], rows))
    disk_mb = CATALOGUE * (small + large) / 1e6
    return [
        at_most("G6", f"{CARDS} cards' pictures", CARDS * small / KB, original / KB, "KB"),
        at_most_ratio(
            "G6", "drawing both sizes", ours_s * 1e3, plain_s * 1e3, 4, "ms", "Pillow, one size"
        ),
        without_goal("G6", f"{CATALOGUE:,} thumbnails on disk", f"{disk_mb:.0f} MB"),
    ]


def row(name: str, size_bytes: float, seconds: float) -> list[str]:
    """Return a row of the table."""
    return [
        name,
        f"{size_bytes / KB:,.1f}",
        f"{CARDS * size_bytes / KB:,.0f}",
        f"{seconds * 1e3:.0f}",
        f"{CATALOGUE * seconds:.0f}",
    ]


def timed(work: Callable[[Path], T], files: list[Path]) -> tuple[list[T], float]:
    """Return the results of `work` for the files, and the median CPU seconds that it takes."""
    results, seconds = [], []
    for file in files:
        began = time.process_time()
        results.append(work(file))
        seconds.append(time.process_time() - began)
    return results, median(seconds)


def bare(file: Path) -> bytes:
    """Make one thumbnail with three lines of Pillow."""
    with Image.open(file) as picture:
        picture.thumbnail((320, 240))
        out = io.BytesIO()
        picture.save(out, "WEBP")
    return out.getvalue()


def photograph(number: int) -> bytes:
    """Return a JPEG with detail at every scale, determined by its number."""
    dice = np.random.default_rng(number)
    wide, high = SIZE
    across, down = np.fft.rfftfreq(wide), np.fft.fftfreq(high)[:, None]
    fineness = np.maximum(np.hypot(across, down), 1 / wide)
    layers = []
    for _ in range(3):
        noise = np.fft.rfft2(dice.standard_normal((high, wide))) / fineness**1.2
        layer = np.fft.irfft2(noise, (high, wide))
        layers.append(layer / layer.std())
    light = layers[0]
    colours = [light + 0.35 * layer for layer in (layers[1], layers[2], -layers[1])]
    pixels = np.stack(colours, axis=-1) * 45 + 120 + dice.standard_normal((high, wide, 1)) * 5
    out = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=92)
    return out.getvalue()
