"""Display hints of a field, from fal's keywords, its name and its limits (protocol 4.3, 4.4)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from schemas.document.openapi import Schema, as_dict, as_list
from schemas.fields.media import file_limits, limits, media_hint
from schemas.numbers import is_number
from schemas.vocabulary import ROLES, WHOLE_NAMES

TIMES = "\u00d7"
_LONG = re.compile(
    r"prompt|text|lyric|script|caption|instruction|description|content|message|query|question|story|speech|tags"
)
# `sync_mode` of flux/dev returns a data URI instead of a file. Lip-sync models use the same name
# for the handling of durations (protocol 6), so the description decides.
_INLINE = re.compile(r"(?i)data[ -]?ur[il]|base64|without going through the CDN")
_SEED = re.compile(r"(?:^|_)seed$")
PRESETS = {  # fal's own sizes (protocol 4.4)
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}


def flags(name: str, flat: Schema) -> dict[str, Any]:
    """The hints that every kind of field may have."""
    ui = as_dict(flat.get("ui"))
    numbers = file_limits(flat)
    prose = flat.get("description")
    is_sync = name == "sync_mode" and isinstance(prose, str) and bool(_INLINE.search(prose))
    is_important = ui.get("important") is True
    is_deprecated = flat.get("deprecated") is True
    return {
        "media": media_hint(flat),
        "is_mask": not ROLES["mask"].isdisjoint(name.lower().split("_")),
        "is_important": is_important or (name in WHOLE_NAMES["common"] and not is_deprecated),
        "is_advanced": is_sync or is_deprecated,
        "is_hidden": ui.get("hidden") is True,
        "is_deprecated": is_deprecated,
        "file_limits": numbers,
        "limits": limits(flat, numbers),
    }


def is_seed(name: str, kind: str) -> bool:
    """Whether a number is a random seed."""
    return kind == "integer" and bool(_SEED.search(name.lower()))


def is_long(name: str, flat: Schema) -> bool:
    """Whether a text needs several lines."""
    most = flat.get("maxLength")
    samples = [*as_list(flat.get("examples"))[:3], flat.get("default")]
    lowered = name.lower()
    # Names such as `style_id` (recraft-v3) and `output_format` (speech-02-hd) are never for prose.
    if re.search(r"(?:^|_)(?:id|ids|url|path|name|format|language|model|type|key)$", lowered):
        return False
    return (
        bool(_LONG.search(lowered))
        # kling/v2.1 allows 2,500 characters in its prompt.
        or (isinstance(most, int) and most > 255)
        or any(
            isinstance(sample, str) and (len(sample) > 80 or "\n" in sample) for sample in samples
        )
    )


def bounds(flat: Schema) -> dict[str, Any]:
    """The limits of a number; `exclusiveMinimum` may be 3.1's number or 3.0's boolean."""
    attributes: dict[str, Any] = {"step": _positive(flat.get("multipleOf"))}
    for side, other in (("minimum", max), ("maximum", min)):
        limit, open_limit = _number(flat.get(side)), flat.get(f"exclusive{side.title()}")
        # flux/dev's ImageSize has `exclusiveMinimum: 0`, the number of JSON Schema 2020, in a
        # document of OpenAPI 3.0.4, where it is a boolean (protocol 4.3). Both are read.
        is_open = open_limit is True and limit is not None
        edge = None if isinstance(open_limit, bool) else _number(open_limit)
        if edge is not None and (limit is None or other(edge, limit) == edge):
            limit, is_open = edge, True
        attributes |= {side: limit, f"is_{side}_open": is_open}
    return attributes


def count(value: Any) -> int | None:
    """`value` if it is a valid length limit, else None."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_count else None


def sizes(values: Iterable[Any]) -> dict[str, tuple[int, int]]:
    """The sizes that a choice's texts mean; empty unless at least half of them are sizes."""
    texts = [value for value in values if isinstance(value, str)]
    by_text = {text: pair for text in texts if (pair := size(text))}
    # One text such as "1:1" is not a list of sizes; several sizes with an `auto` among them are.
    return by_text if len(by_text) * 2 >= len(texts) and len(by_text) >= 2 else {}


def drawn(value: Any, sizes: dict[str, tuple[int, int]]) -> tuple[tuple[int, int] | None, str]:
    """A choice's proportions, and its pixels where they are known."""
    pair = sizes.get(value) if isinstance(value, str) else None
    if pair is None:
        return None, ""
    return pair, f"{pair[0]} {TIMES} {pair[1]}" if value in PRESETS else ""


def size(text: str) -> tuple[int, int] | None:
    """The width and height of a fal preset, "640x480", or a ratio such as "4:3"; else None."""
    if text in PRESETS:
        return PRESETS[text]
    match = re.fullmatch(r"(?:[a-z]+_)?(\d{1,5})\s*[:x_*\u00d7]\s*(\d{1,5})", text)
    # `landscape_16_9`, `1024x768`, `16:9`. Beyond 10 : 1 it is something else, such as a time.
    if not match or "0" in {match[1], match[2]} or not 0.1 <= int(match[1]) / int(match[2]) <= 10:
        return None
    pair = int(match[1]), int(match[2])
    # fal's `portrait_16_9` is 9 wide and 16 high.
    return (pair[1], pair[0]) if text.startswith("portrait_") and pair[0] > pair[1] else pair


def _number(value: Any) -> float | None:
    is_usable = is_number(value) and abs(value) < 10**30 and math.isfinite(value)
    return value if is_usable else None


def _positive(value: Any) -> float | None:
    finite = _number(value)
    return finite if finite is not None and finite > 0 else None
