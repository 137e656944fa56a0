"""Which fields take a picture, a video, a sound or a file, and what such a file may be (protocol 4.3, 4.4)."""

from __future__ import annotations

import math
import re
from typing import Any

from schemas.openapi import Schema, as_dict
from schemas.words import number, span

MEDIA = ("image", "video", "audio", "file")
_WORDS_OF = {
    "video": {"video", "videos", "clip", "movie", "footage"},
    "audio": {"audio", "audios", "voice", "speech", "song", "music", "sound", "wav", "mp3", "instrumental", "vocal", "vocals"},
    "image": {"image", "images", "img", "photo", "photos", "picture", "pictures", "mask", "masks", "frame", "frames", "face",
              "faces", "garment", "pose", "depth", "portrait", "logo", "thumbnail", "person", "human", "texture"},
    "file": {"file", "files", "zip", "archive", "data", "dataset", "mesh", "model", "glb", "document", "pdf", "subtitle", "captions"},
}  # fmt: skip
_BARE = {"image", "images", "mask", "audio", "video", "videos", "img", "photo", "picture"}
_RANGES = ("width", "height", "area", "aspect_ratio", "duration", "fps", "frames")
_UNITS = {"width": "px wide", "height": "px high", "duration": "s", "fps": "fps", "frames": "frames"}  # fmt: skip
_LIMITS = (*(f"{side}_{thing}" for thing in _RANGES for side in ("min", "max")), "max_file_size", "multiple_of")  # fmt: skip


def media_hint(flat: Schema) -> str:
    """The media kind that the schema itself names; `""` when it names none."""
    hint = as_dict(flat.get("ui")).get("field") or flat.get("_fal_ui_field")
    return hint if hint in MEDIA else ""


def media_of(name: str, flat: Schema, is_text: bool) -> str:
    """The media kind of a text that is an address, after the hint or its name."""
    if hint := media_hint(flat):
        return hint
    lowered = name.lower()
    parts = [part for part in re.split(r"[_\W]+", lowered) if part]
    is_address = bool(re.search(r"(?:^|_)urls?$", lowered))
    if not is_text or not parts or not (is_address or lowered in _BARE):
        return ""
    for kind, known in _WORDS_OF.items():
        if any(part in known for part in reversed(parts)) and not (
            kind == "image" and "data" in parts
        ):
            return kind
    return ""


def file_limits(flat: Schema) -> dict[str, float]:
    """The advisory limits of a media field by fal's names, `x-fal` before flat keys beside the field.

    `max_file_size` in bytes; `min_`/`max_` of `width`, `height`, `area` (pixels), `aspect_ratio`
    (width ÷ height), `duration` (seconds), `fps`, `frames`; `multiple_of` of width and height.
    `max_pixels`, another name for it, comes as `max_area`. Finite numbers above zero only.
    """
    known = flat | as_dict(flat.get("x-fal"))
    if "max_pixels" in known:
        known = {"max_area": known["max_pixels"]} | known
    return {key: known[key] for key in _LIMITS if _is_limit(known.get(key))}


def limits(flat: Schema, known: dict[str, float]) -> str:
    """The limits of a media field in words: the schema's own, else made from the figures."""
    text = as_dict(flat.get("x-fal")).get("limit_description") or flat.get("limit_description")
    return " ".join(text.split())[:200] if isinstance(text, str) else _in_words(known)


def _in_words(known: dict[str, float]) -> str:
    parts = []
    for thing in _RANGES:
        low, high = known.get(f"min_{thing}"), known.get(f"max_{thing}")
        if low is None and high is None:
            continue
        if thing == "area":
            parts.append(_area(low, high))
        elif thing == "aspect_ratio":
            parts.append(f"width ÷ height {span(low, high)}")
        else:
            parts.append(f"{span(low, high)} {_UNITS[thing]}")
    if "multiple_of" in known:
        parts.append(f"sides in steps of {number(known['multiple_of'])} px")
    if size := known.get("max_file_size"):
        parts.append(f"up to {_bytes(size)}")
    return ", ".join(parts)


def _area(low: float | None, high: float | None) -> str:
    if max(low or 0, high or 0) < 1e5:
        return f"{span(low, high)} pixels"
    return f"{span(*(edge and round(edge / 1e6, 2 if edge < 1e6 else 1) for edge in (low, high)))} megapixels"


def _bytes(size: float) -> str:
    return f"{number(round(size / 1e6, 1))} MB" if size >= 1e5 else f"{number(size)} bytes"


def _is_limit(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 < value < 10**30 and math.isfinite(value)
