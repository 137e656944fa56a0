"""The size of a run's images, in megapixels (millions of pixels)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from typing import Any

from schemas.estimate.amounts import Amount, decimal, exactly, plain
from schemas.estimate.lengths import frames
from schemas.estimate.settings import RunInputs, Setting
from schemas.fields import MISSING, hints, quantities

_MILLION = Decimal(1_000_000)
_BILLED = Decimal(1024 * 1024)  # pixels of a billed megapixel
_LARGEST_SIDE = 65_536
_LINES = re.compile(r"(?i)\s*(?:(\d{3,4})p|([1248])k|(0\.5)k)\s*")
# stable-diffusion-v35-large has no default for `image_size`; its description says "Defaults to
# landscape_4_3 if …".
_STATED = re.compile(r"(?i)\bdefault(?:s to|:| is| value is| size is)\W{1,3}(\w+)")
_WIDE = Decimal(16) / 9
_FACTORS = {"factor", "upscale", "upscaling", "scale"}


def megapixels(run_inputs: RunInputs) -> Amount | None:
    """The size of one result; for a video, of all its frames together."""
    area = output_area(run_inputs)
    if area is None or "video" not in run_inputs.makes:
        return area
    count = frames(run_inputs)
    return area.times(count) if count else None


def whole(area: Decimal) -> Decimal:
    """The megapixels that are billed for a picture of this many million pixels.

    fal rounds up, and 1024 × 1024 is one: "a 1024x1024 image will cost $0.05, and a 1920x1080 image
    will cost $0.10" at $0.05 per megapixel (the page of flux-2-flex).
    """
    return (area * _MILLION / _BILLED).to_integral_value(ROUND_CEILING)


def billed(area: Amount) -> Amount:
    """The area in whole megapixels."""
    amount = whole(area.low)
    text = area.words.replace(f"{plain(area.low)} MP", f"{plain(amount)} MP", 1)
    return exactly(amount, text, *area.notes)


def output_area(run_inputs: RunInputs) -> Amount | None:
    """The size of one image, by the settings, else by the inputs; None if unknown."""
    return (
        _by_size(run_inputs.settings)
        or _by_sides(run_inputs.settings)
        or _by_area(run_inputs.settings)
        or _by_resolution(run_inputs)
        or _by_input(run_inputs)
    )


def input_area(run_inputs: RunInputs) -> Amount | None:
    """The size of all input images together; None if no size is known."""
    areas = [_pixels(file.width, file.height) for file in run_inputs.known_files()]
    total = sum((area for area in areas if area), Decimal())
    return exactly(total / _MILLION, f"{plain(total / _MILLION)} MP of input") if total else None


def _by_size(settings: Iterable[Setting]) -> Amount | None:
    """`image_size`: a preset, `1024x768`, or an object with width and height."""
    for setting in settings:
        if not quantities.is_sized(setting.field.name):
            continue
        if pair := _pair(setting.value) or _stated_default(setting):
            return _amount(*pair, setting)
    return None


def _stated_default(setting: Setting) -> tuple[Decimal, Decimal] | None:
    """The default that is stated only in the description: "Defaults to landscape_4_3 if …"."""
    text = f"{setting.field.help} {setting.field.more}"[:600]
    match = _STATED.search(text) if setting.value is MISSING else None
    return _pair(match[1]) if match else None


def _pair(value: Any) -> tuple[Decimal, Decimal] | None:
    if isinstance(value, dict):
        width, height = decimal(value.get("width")), decimal(value.get("height"))
        return (width, height) if width and height and _is_size(width, height) else None
    if not isinstance(value, str) or len(value) > 40:
        return None
    size = hints.PRESETS.get(value) or quantities.pixels(value)
    return (Decimal(size[0]), Decimal(size[1])) if size and min(size) >= 64 else None


def _by_sides(settings: Iterable[Setting]) -> Amount | None:
    """Two settings, `width` and `height`."""
    sides = {
        setting.field.name: setting
        for setting in settings
        if setting.field.name in {"width", "height"}
    }
    width, height = (decimal(sides[name].value) if name in sides else None for name in _SIDES)
    if not width or not height or not _is_size(width, height):
        return None
    return _amount(width, height, sides["width"])


_SIDES = ("width", "height")


def _by_area(settings: Iterable[Setting]) -> Amount | None:
    """A setting in megapixels: `4`, `0.25`, `1 MP`."""
    for setting in settings:
        if setting.name_words & {"megapixels", "megapixel"}:
            text = str(setting.value).lower().removesuffix("mp").strip()
            value = decimal(text)
            if value and value <= 1000:
                return exactly(value, f"{plain(value)} MP{setting.by_default}")
    return None


def _by_resolution(run_inputs: RunInputs) -> Amount | None:
    """`1080p` or `2K`, with the aspect ratio if there is one."""
    ratio = next(
        (own_ratio for setting in run_inputs.settings if (own_ratio := _ratio(setting))), None
    )
    for setting in run_inputs.settings:
        match = _LINES.fullmatch(str(setting.value)[:20])
        if not match or not quantities.is_sized(setting.field.name):
            continue
        is_video = "video" in run_inputs.makes
        if match[1] or is_video:
            # In videos 1080p is 1080 lines and 4K 2160; in images 2K is 2048 × 2048 (seedream/v4).
            side = Decimal(match[1] or {"1": 1080, "2": 1440, "4": 2160}.get(match[2], 540))
            wide = max(ratio, 1 / ratio) if ratio else _WIDE if is_video else Decimal(1)
            pixels = side * (side * wide).to_integral_value()
        else:
            pixels = (Decimal(match[2] or match[3]) * 1024) ** 2
        area = pixels / _MILLION
        return exactly(area, f"{plain(area)} MP{setting.within(str(setting.value))}")
    if ratio:
        # A ratio without a size: most image models then make about one megapixel.
        note = "The size is assumed: the settings say only its shape."
        return exactly(Decimal("1.048576"), "1.049 MP", note)
    return None


def _ratio(setting: Setting) -> Decimal | None:
    if not setting.name_words & {"ratio", "aspect"} or not isinstance(setting.value, str):
        return None
    pair = hints.size(setting.value[:40])
    return Decimal(pair[0]) / pair[1] if pair else None


def _by_input(run_inputs: RunInputs) -> Amount | None:
    """The size of the largest input image, multiplied by the upscaling factor if one is set."""
    areas = [_pixels(file.width, file.height) or Decimal() for file in run_inputs.known_files()]
    largest = max(areas, default=Decimal())
    if not largest:
        return None
    factor = _factor(run_inputs.settings)
    area = largest * factor**2 / _MILLION
    text = f"{plain(area)} MP ({'the input' if factor == 1 else f'the input × {plain(factor)}'})"
    return exactly(area, text)


def _factor(settings: Iterable[Setting]) -> Decimal:
    for setting in settings:
        # Only a plain `scale` is an upscaler's factor; `guidance_scale` and `lora_scale` are not.
        is_factor = "upscale" in setting.field.name.lower() or setting.name_words == {"scale"}
        value = quantities.figure(_without_x(setting.value))
        if is_factor and setting.name_words & _FACTORS and value and value <= 32:
            return Decimal(str(value))
    return Decimal(1)


def _without_x(value: Any) -> Any:
    return value.strip().lower().strip("x") if isinstance(value, str) else value


def _amount(width: Decimal, height: Decimal, setting: Setting) -> Amount:
    area = width * height / _MILLION
    return exactly(area, f"{plain(area)} MP{setting.within(f'{width:f} × {height:f}')}")


def _is_size(width: Decimal, height: Decimal) -> bool:
    return min(width, height) >= 1 and max(width, height) <= _LARGEST_SIDE


def _pixels(width: int | None, height: int | None) -> Decimal | None:
    return Decimal(width) * Decimal(height) if width and height else None
