"""Durations, sizes and counts of a model's results, derived from its input fields."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from schemas.fields import Field, hints
from schemas.fields.media import words_in
from schemas.fields.quantities import (
    LONGEST_S,
    MOST_FPS,
    bounds,
    duration_scale,
    figure,
    is_count,
    is_frame_count,
    is_rate,
    is_sized,
    pixels,
    values,
)
from schemas.vocabulary import RATIOS
from schemas.wording.labels import number
from schemas.wording.languages import language

_MAX_VALUES = 24  # values of one key; more become a range or are omitted
_MAX_SIDE_PX = 8192  # larger limits are not realistic and are ignored

_LINES = re.compile(r"(\d{3,4})p|([1248])k", re.IGNORECASE)
_LINES_SAID, _SECONDS_SAID = (
    r"(?P<lines>\d{3,4}p|[248]k)\b",
    r"(?P<seconds>\d{1,3})\s*+-?+\s*+(?:s\b|sec)",
)
# pixverse/v5.6: "1080p videos are limited to 5 or 8 seconds". Without it, a search for ten seconds
# of 1080p would find a model that refuses the run.
_LIMITED_TO = re.compile(
    _LINES_SAID
    + r"[^.;]{0,60}?\b(?:limited to|only|up to|max(?:imum)?(?: of)?)\b[^.;]{0,40}?"
    + r"(?:\d++\s*+(?:or|and|,|/)\s*+)?"
    + _SECONDS_SAID,
    re.IGNORECASE,
)
_NO = r"[^.;]{0,60}?\b(?:not|unsupported|unavailable)\b[^.;]{0,50}?"
# The other way round: "10 s is not available at 1080p".
_EXCLUDED = [
    re.compile(parts, re.IGNORECASE)
    for parts in (_SECONDS_SAID + _NO + _LINES_SAID, _LINES_SAID + _NO + _SECONDS_SAID)
]
_STANDARD = {480: (854, 480), 720: (1280, 720), 1080: (1920, 1080), 2160: (3840, 2160)}


def durations(fields: Iterable[Field]) -> list[str]:
    """The possible durations of video or audio in seconds, and the default."""
    all_fields = list(fields)
    stated = next((facts for field in all_fields if (facts := _duration(field))), None)
    return stated or _by_frames(all_fields)


def rates(fields: Iterable[Field]) -> list[str]:
    """The possible frame rates."""
    for field in fields:
        if not is_rate(field.name):
            continue
        if figures := _figures(values(field)):
            return [f"fps:{number(value)}" for value in figures[:_MAX_VALUES]]
        low, high = bounds(field)
        if low is not None and high is not None and 0 <= low <= high <= MOST_FPS:
            return [f"fps:{_span(max(low, 1), high)}"]
        if (usual := figure(field.default)) and usual <= MOST_FPS:
            return [f"fps:{number(usual)}"]
    return []


def outputs(fields: Iterable[Field]) -> list[str]:
    """The possible numbers of results per run."""
    for field in fields:
        if not is_count(field.name):
            continue
        low, high = bounds(field)
        figures = _figures(values(field))
        if figures:
            # A choice of numbers has no limits of its own.
            low, high = min(figures), max(figures)
        if high is not None and 1 < high <= 1000:
            return [f"outputs:{_span(max(low or 1, 1), high)}", "can:batch"]
        # Without a maximum it is only known that there may be several.
        if high is None and field.kind == "integer":
            return ["can:batch"]
    return []


def voices(fields: Iterable[Field]) -> list[str]:
    """The number of voices to choose from."""
    names = {"voice", "voices", "speaker", "speakers", "narrator"}
    counts = [len(values(f)) for f in fields if names & set(words_in(f.name)) and not f.media]
    return [f"voices:{most}"] if (most := max(counts, default=0)) > 1 else []


def languages(fields: Iterable[Field]) -> list[str]:
    """The languages to choose from, and their number."""
    names: dict[str, None] = {}
    for field in fields:
        if not {"language", "languages", "lang", "locale"} & set(words_in(field.name)):
            continue
        for value in values(field)[:200]:
            if isinstance(value, str) and (name := language(value)):
                names[name] = None
    facts = [f"language:{name}" for name in list(names)[:120]]
    return [*facts, f"languages:{len(facts)}"] if len(facts) > 1 else facts


def shapes(fields: Iterable[Field]) -> list[str]:
    """Aspect ratios, sizes in pixels and megapixels of images and videos."""
    ratios: dict[str, None] = {}
    sizes: dict[str, None] = {}
    areas: list[float] = []
    for field in fields:
        if is_sized(field.name):
            for text, pair in _pairs(field):
                if ratio := _ratio(*pair):
                    ratios[ratio] = None
                # A ratio such as 16:9 has no pixels; flux/dev's presets have (protocol 4.4).
                if text in hints.PRESETS or pixels(text):
                    sizes[f"{pair[0]}x{pair[1]}"] = None
                    areas.append(pair[0] * pair[1] / 1e6)
    areas += [area for area in _areas(fields) if area]
    facts = [f"ratio:{ratio}" for ratio in list(ratios)[:_MAX_VALUES]]
    facts += [f"size:{size}" for size in list(sizes)[:_MAX_VALUES]]
    if areas:
        facts.append(f"megapixels:{_span(round(min(areas), 2), round(max(areas), 2))}")
    return facts


def resolutions(fields: Iterable[Field], *, is_video: bool) -> list[str]:
    """Resolutions such as `1080p` or `4k`; `1080p@8` if it is limited to 8 seconds."""
    names: dict[str, None] = {}
    all_fields = list(fields)
    for field in all_fields:
        words = set(words_in(field.name))
        for value in values(field)[:200]:
            for name in _lines(value, words, is_video=is_video):
                names[name] = None
    if is_video and not names:
        for name in _fitting(all_fields):
            names[name] = None
    limits = _longest(all_fields) if is_video else {}
    return [
        f"resolution:{name}" + (f"@{_short(limits[name])}" if name in limits else "")
        for name in list(names)[:_MAX_VALUES]
    ]


def _longest(fields: list[Field]) -> dict[str, float]:
    """Resolution → the longest duration that the fields' descriptions allow for it."""
    # Only a shorter length than the offered ones is a limit: "up to 10 seconds" of ten is not.
    lengths = [
        fact.removeprefix("duration:") for fact in durations(fields) if fact.startswith("duration:")
    ]
    offered = [float(end) for length in lengths for end in length.split("-")]
    limits: dict[str, float] = {}
    for field in fields:
        if not {"resolution", "duration"} & set(words_in(field.name)):
            continue
        prose = f"{field.help} {field.more}"[:1000]
        for match in _LIMITED_TO.finditer(prose):
            limits[match["lines"].lower()] = float(match["seconds"])
        for match in (match for form in _EXCLUDED for match in form.finditer(prose)):
            shorter = [seconds for seconds in offered if seconds < float(match["seconds"])]
            if shorter:
                limits[match["lines"].lower()] = max(shorter)
    return {name: most for name, most in limits.items() if most < max(offered, default=0)}


def _duration(field: Field) -> list[str]:
    scale = duration_scale(field)
    if scale is None:
        return []
    usual = figure(field.default)
    facts = _seconds_of(field, scale, usual)
    if facts and usual and 0 < usual * scale <= LONGEST_S:
        facts.append(f"default-duration:{_short(usual * scale)}")
    return facts


def _seconds_of(field: Field, scale: float, usual: float | None) -> list[str]:
    seconds = [v * scale for v in _figures(values(field)) if 0 < v * scale <= LONGEST_S]
    low, high = bounds(field)
    if low is not None and high is not None and 0 < high * scale <= LONGEST_S and low <= high:
        return [f"duration:{_span(max(low, 0) * scale, high * scale)}"]
    if len(seconds) > _MAX_VALUES:
        return [f"duration:{_span(min(seconds), max(seconds))}"]
    if seconds:
        return [f"duration:{_short(value)}" for value in seconds]
    return [f"duration:{_short(usual * scale)}"] if usual and 0 < usual * scale <= LONGEST_S else []


def _by_frames(fields: list[Field]) -> list[str]:
    """Durations computed from frame counts and the default frame rate."""
    rate = next((figure(f.default) for f in fields if is_rate(f.name)), None)
    for field in fields:
        if not is_frame_count(field.name) or not rate or rate > MOST_FPS:
            continue
        usual = figure(field.default)
        low, high = bounds(field)
        figures = _figures(values(field))
        if figures:
            facts = [f"duration:{_short(value / rate)}" for value in figures[:_MAX_VALUES]]
        elif low is not None and high is not None and 0 < high / rate <= LONGEST_S:
            facts = [f"duration:{_span(max(low, 1) / rate, high / rate)}"]
        elif usual:
            facts = [f"duration:{_short(usual / rate)}"]
        else:
            continue
        return [*facts, f"default-duration:{_short(usual / rate)}"] if usual else facts
    return []


def _pairs(field: Field) -> Iterator[tuple[str, tuple[int, int]]]:
    size_texts = [value for value in values(field)[:200] if isinstance(value, str)]
    sizes = hints.sizes(size_texts)
    if not sizes and len(size_texts) == 1 and (pair := pixels(size_texts[0])):
        sizes = {size_texts[0]: pair}
    yield from sizes.items()
    # A free text with a size as default (`1024x1024`) still tells the usual size.
    usual = field.default if isinstance(field.default, str) else ""
    if not sizes and (pair := pixels(usual)):
        yield usual, pair


def _ratio(width: int, height: int) -> str:
    """The nearest common aspect ratio; without one, empty for pixels and the ratio for ratios."""
    if not width or not height:
        return ""
    # 1344 × 768 is called 16:9: sides are rounded to multiples. A ratio itself has to be exact.
    ratio, is_pixels = width / height, max(width, height) >= 64
    nearest = min(RATIOS, key=lambda name: abs(math.log(_quotient(name) / ratio)))
    if abs(_quotient(nearest) / ratio - 1) <= (0.035 if is_pixels else 0.001):
        return nearest
    if is_pixels:
        return ""
    divisor = math.gcd(width, height)
    return f"{width // divisor}:{height // divisor}"


def _quotient(name: str) -> float:
    width, _, height = name.partition(":")
    return int(width) / int(height)


def _areas(fields: Iterable[Field]) -> Iterator[float]:
    """Yield the least and the most megapixels that width and height allow, if these are limited."""
    for group in _sides(fields):
        (least_w, most_w), (least_h, most_h) = (bounds(group[name]) for name in ("width", "height"))
        # The sides of flux/dev's ImageSize go up to 14142: a formal limit, not what the model
        # makes. The 4096 of seedream/v4 is a real one.
        if most_w and most_h and max(most_w, most_h) <= _MAX_SIDE_PX:
            yield max(least_w or 0, 1) * max(least_h or 0, 1) / 1e6
            yield most_w * most_h / 1e6


def _sides(fields: Iterable[Field]) -> Iterator[dict[str, Field]]:
    """Yield the fields that include a width and a height: those of the form, or of a size."""
    all_fields = list(fields)
    yield from _both(all_fields)
    for field in all_fields:
        if is_sized(field.name):
            for alternative in (field, *field.branches):
                yield from _both(alternative.children)


def _both(fields: Iterable[Field]) -> Iterator[dict[str, Field]]:
    by_name = {field.name: field for field in fields}
    if {"width", "height"} <= by_name.keys():
        yield by_name


def _fitting(fields: list[Field]) -> Iterator[str]:
    """The standard resolutions that width and height allow."""
    for group in _sides(fields):
        wide, high = bounds(group["width"]), bounds(group["height"])
        # Without a list of resolutions, the sides of a video tell them.
        if not wide.high or not high.high or max(wide.high, high.high) > 4096:
            continue
        for lines, (x, y) in _STANDARD.items():
            if (wide.low or 0) <= x <= wide.high and (high.low or 0) <= y <= high.high:
                yield "4k" if lines == 2160 else f"{lines}p"


def _lines(value: Any, words: set[str], *, is_video: bool) -> Iterator[str]:
    is_resolution = bool(words & {"resolution", "size", "quality", "dimensions"})
    if isinstance(value, str):
        match = _LINES.fullmatch(value.strip())
        # `1080p` is always a resolution; `2k` only in such a field: it may be a number of tokens.
        if match and (match[1] or is_resolution):
            yield "4k" if match[1] == "2160" else value.strip().lower()
        elif is_video and is_resolution and (pair := pixels(value)):
            side = min(pair)
            if side in _STANDARD and max(pair) > side:
                yield "4k" if side == 2160 else f"{side}p"
    plain = (
        value
        if isinstance(value, int)
        else int(value)
        if str(value).isdecimal() and len(str(value)) < 5
        else 0
    )
    if is_video and "resolution" in words and plain in {360, 480, 540, 580, 720, 1080, 1440, 2160}:
        yield "4k" if plain == 2160 else f"{plain}p"


def _figures(texts: Iterable[Any]) -> list[float]:
    numbers = (figure(value) for value in texts)
    return [value for value in numbers if value is not None]


def _short(value: float) -> str:
    return number(round(value, 1) if value >= 1 else round(value, 3))


def _span(low: float, high: float) -> str:
    return _short(low) if low >= high else f"{_short(low)}-{_short(high)}"
