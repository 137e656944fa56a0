"""What fal's schema hints, names and limits say about how a field is to be drawn (protocol 4.3, 4.4)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from schemas.openapi import Schema, as_dict, as_list
from schemas.words import number

DASH, TIMES = "\u2013", "\u00d7"
MEDIA = ("image", "video", "audio", "file")
_WORDS_OF = {
    "video": {"video", "videos", "clip", "movie", "footage"},
    "audio": {"audio", "audios", "voice", "speech", "song", "music", "sound", "wav", "mp3", "instrumental", "vocal", "vocals"},
    "image": {"image", "images", "img", "photo", "photos", "picture", "pictures", "mask", "masks", "frame", "frames", "face",
              "faces", "garment", "pose", "depth", "portrait", "logo", "thumbnail", "person", "human", "texture"},
    "file": {"file", "files", "zip", "archive", "data", "dataset", "mesh", "model", "glb", "document", "pdf", "subtitle", "captions"},
}  # fmt: skip
_BARE = {"image", "images", "mask", "audio", "video", "videos", "img", "photo", "picture"}
_COMMON = {
    "prompt", "text", "image_size", "aspect_ratio", "resolution", "duration", "num_images", "style", "voice",
    "voice_id", "size", "seed", "num_frames", "language", "lyrics", "input", "messages", "loras", "scale",
}  # fmt: skip
_LONG = re.compile(
    r"prompt|text|lyric|script|caption|instruction|description|content|message|query|question|story|speech|tags"
)
_SEED = re.compile(r"(?:^|_)seed$")
PRESETS = {  # fal's own sizes (protocol 4.4)
    "square_hd": (1024, 1024), "square": (512, 512), "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024), "landscape_4_3": (1024, 768), "landscape_16_9": (1024, 576),
}  # fmt: skip


def flags(name: str, flat: Schema) -> dict[str, Any]:
    """The drawing hints every kind of field may carry."""
    ui = as_dict(flat.get("ui"))
    media = media_hint(flat)
    is_sync = name == "sync_mode" and "data uri" in str(flat.get("description", "")).lower()
    is_important = ui.get("important") is True
    is_deprecated = flat.get("deprecated") is True
    return {
        "media": media,
        "is_mask": "mask" in name.lower().split("_"),
        "is_important": is_important or (name in _COMMON and not is_deprecated),
        "is_advanced": is_sync or is_deprecated,
        "is_hidden": ui.get("hidden") is True,
        "is_deprecated": is_deprecated,
        "limits": limits(flat),
    }


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


def is_seed(name: str, kind: str) -> bool:
    """Whether a number chooses the randomness."""
    return kind == "integer" and bool(_SEED.search(name.lower()))


def is_long(name: str, flat: Schema) -> bool:
    """Whether a text deserves several lines."""
    most = flat.get("maxLength")
    samples = [*as_list(flat.get("examples"))[:3], flat.get("default")]
    lowered = name.lower()
    if re.search(r"(?:^|_)(?:id|ids|url|path|name|format|language|model|type|key)$", lowered):
        return False
    return (
        bool(_LONG.search(lowered))
        or (isinstance(most, int) and most > 255)
        or any(
            isinstance(sample, str) and (len(sample) > 80 or "\n" in sample) for sample in samples
        )
    )


def bounds(flat: Schema) -> dict[str, Any]:
    """The limits of a number; `exclusiveMinimum` may be 3.1's number or 3.0's boolean."""
    found: dict[str, Any] = {"step": _positive(flat.get("multipleOf"))}
    for side, other in (("minimum", max), ("maximum", min)):
        limit, open_limit = _number(flat.get(side)), flat.get(f"exclusive{side.title()}")
        is_open = open_limit is True and limit is not None
        edge = None if isinstance(open_limit, bool) else _number(open_limit)
        if edge is not None and (limit is None or other(edge, limit) == edge):
            limit, is_open = edge, True
        found |= {side: limit, f"is_{side}_open": is_open}
    return found


def count(value: Any) -> int | None:
    """A length limit, if it is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def limits(flat: Schema) -> str:
    """The advisory limits of a media field in words; `x-fal` first, then flat keys beside the field."""
    known = flat | as_dict(flat.get("x-fal"))
    if isinstance(text := known.get("limit_description"), str):
        return " ".join(text.split())[:200]
    parts = []
    for thing, unit in (
        ("width", " px wide"),
        ("height", " px high"),
        ("duration", " s"),
        ("fps", " fps"),
        ("frames", " frames"),
    ):
        low, high = _number(known.get(f"min_{thing}")), _number(known.get(f"max_{thing}"))
        if low is not None or high is not None:
            parts.append(span(low, high) + unit)
    ratio = _number(known.get("min_aspect_ratio")), _number(known.get("max_aspect_ratio"))
    if any(side is not None for side in ratio):
        parts.append(f"width ÷ height {span(*ratio)}")
    if (size := _number(known.get("max_file_size"))) is not None:
        parts.append(
            f"up to {number(round(size / 1e6, 1)) if size >= 1e5 else number(size) + ' bytes or'} MB".replace(
                "bytes or MB", "bytes"
            )
        )
    return ", ".join(parts)


def span(low: float | None, high: float | None) -> str:
    """`1 to 50`, `at least 1`, `up to 50`."""
    if low is not None and high is not None:
        return f"{number(low)}{DASH}{number(high)}"
    if low is not None:
        return f"at least {number(low)}"
    return f"up to {number(high)}" if high is not None else ""


def sizes(values: Iterable[Any]) -> dict[str, tuple[int, int]]:
    """The sizes that a choice's texts mean; nothing unless most of them do."""
    texts = [value for value in values if isinstance(value, str)]
    found = {text: pair for text in texts if (pair := _size(text))}
    return found if len(found) * 2 >= len(texts) and len(found) >= 2 else {}


def drawn(value: Any, known: dict[str, tuple[int, int]]) -> tuple[tuple[int, int] | None, str]:
    """A choice's proportions, and its pixels where they are known."""
    pair = known.get(value) if isinstance(value, str) else None
    if pair is None:
        return None, ""
    return pair, f"{pair[0]} {TIMES} {pair[1]}" if value in PRESETS else ""


def _size(text: str) -> tuple[int, int] | None:
    if text in PRESETS:
        return PRESETS[text]
    match = re.fullmatch(r"(?:[a-z]+_)?(\d{1,5})\s*[:x_*\u00d7]\s*(\d{1,5})", text)
    if not match or "0" in {match[1], match[2]} or not 0.1 <= int(match[1]) / int(match[2]) <= 10:
        return None
    pair = int(match[1]), int(match[2])
    return (pair[1], pair[0]) if text.startswith("portrait_") and pair[0] > pair[1] else pair


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < 10**30 and math.isfinite(value) else None


def _positive(value: Any) -> float | None:
    known = _number(value)
    return known if known is not None and known > 0 else None
