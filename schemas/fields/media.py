"""Which fields take an image, video, audio or other file, and its limits (protocol 4.3, 4.4)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from schemas.document.openapi import Schema, as_dict
from schemas.fields.field import Field
from schemas.numbers import is_number
from schemas.vocabulary import KINDS, KINDS_OF_ADDRESSES, WORDS
from schemas.wording.labels import number, one_line, span

MEDIA = ("image", "video", "audio", "file")
# A name may say nothing (`input`), while its description begins "URL of the image …".
_IN_PROSE = re.compile(
    r"(?i)\W*(?:(?:the|an?|optional|public|direct|list|of) ){0,4}ur[li]s? "
    r"(?:of|to|for|pointing to|containing) "
    r"(?:\w+ ){0,3}?(image|picture|photo|video|audio|mask)s?\b"
)
_ARCHIVE_IN_PROSE = re.compile(
    r"(?i)\W*(?:(?:the|an?|optional|public|direct) ){0,4}ur[li] (?:of|to|for|pointing to) "
    r"(?:[\w.]+ ){0,4}?(?:zip|archive)\b"
)
_MOST_PROSE = 300  # characters of a description that are read
_WEIGHTS = WORDS["lora"] | {"controlnet", "controlnets"}
_RANGES = ("width", "height", "area", "aspect_ratio", "duration", "fps", "frames")
_UNITS = {
    "width": "px wide",
    "height": "px high",
    "duration": "s",
    "fps": "fps",
    "frames": "frames",
}
_LIMITS = (
    *(f"{side}_{measure}" for measure in _RANGES for side in ("min", "max")),
    "max_file_size",
    "multiple_of",
)
_LIMITED = {*_LIMITS, "max_pixels"}


def media_hint(flat: Schema) -> str:
    """The media kind in fal's keywords; `""` if there is none."""
    hint = as_dict(flat.get("ui")).get("field") or flat.get("_fal_ui_field")
    return hint if hint in MEDIA else ""


def media_of(name: str, flat: Schema, is_text: bool) -> str:
    """The media kind of a text that is a URL, by hint, name or description; else `""`."""
    if hint := media_hint(flat):
        return hint
    words = words_in(name)
    if not is_text or not words or {"webhook", "callback"} & set(words):
        return ""
    if is_archive_in_prose(flat.get("description")):
        return "file"
    # `path` is an address only among weights: that of a LoRA. The IP-Adapter of
    # stable-diffusion-v35-large has an `image_encoder_path`, a repository's name.
    if words[-1] == "path" and not _WEIGHTS.isdisjoint(words):
        return "file"
    kind = _kind_in(words)
    if WORDS["address"] & set(words) or flat.get("format") in ("uri", "url"):
        return _by_address(set(words), kind) or _by_description(words, flat)
    # Without `url` in its name the medium has to come last: `mask_image` is a file,
    # `image_encoder_weight_name` and `video_style` are texts.
    if kind == _kind_in(words[-1:]) and not WORDS["between"] & set(words[-2:-1]) and kind:
        return kind
    return _by_description(words, flat)


def file_kind(name: str, flat: Schema) -> str:
    """The kind of file that an object represents, by hint, title, name or metadata; else `""`."""
    properties = as_dict(flat.get("properties"))
    if "url" not in properties:
        return ""
    title = flat.get("title")
    words = [*words_in(name), *(words_in(title) if isinstance(title, str) else ())]
    # fal's File, Image, Video and Audio share these members (protocol 13); a web page with a `url`
    # has none.
    is_file = not {"content_type", "file_name", "file_size"}.isdisjoint(properties)
    return (
        media_hint(flat)
        or _kind_in(words)
        or ("file" if is_file or {"file", "files"} & set(words) else "")
        or kind_in_prose(as_dict(properties["url"]).get("description"))
        or kind_in_prose(flat.get("description"))
    )


def kind_in_prose(description: Any) -> str:
    """The only kind that a description names, `file` for several or "media file"; else `""`.

    ffmpeg's keyframes have a `url` "where this keyframe's media file can be accessed".
    """
    text = description[:_MOST_PROSE] if isinstance(description, str) else ""
    words = set(re.findall("[a-z]+", text.lower()))
    if not WORDS["no-file"].isdisjoint(words):
        return ""
    kinds = {kind for kind, kind_words in KINDS.items() if kind_words & words}
    if len(kinds) == 1:
        return kinds.pop()
    return "file" if kinds or words & {"media", "file", "files"} else ""


def is_archive_in_prose(description: Any) -> bool:
    """Whether a description begins like "URL to zip archive with images"."""
    is_text = isinstance(description, str)
    return is_text and bool(_ARCHIVE_IN_PROSE.match(description[:_MOST_PROSE]))


def accept_files(field: Field, kind: str, outer: dict[str, Any]) -> Field:
    """The field with its URL fields accepting files of this kind, within the given limits."""
    if field.kind == "string":
        merged = {**outer["file_limits"], **field.file_limits}
        # The `url` of `image: {url}` has no kind of its own. If it has one, that one wins.
        kind = kind if field.media in {"", "file"} else field.media
        return replace(
            field,
            media=kind,
            label="Address" if field.label == "URL" else field.label,
            is_long=False,
            is_mask=outer["is_mask"] and kind == "image",
            file_limits=merged,
            limits=_limits_text(merged) if field.file_limits else field.limits or outer["limits"],
        )
    if field.kind == "object":
        children = (accept_files(c, kind, outer) if c.name == "url" else c for c in field.children)
        # `file_data` is in the schema of kling/v2.1's File and is never sent (protocol 13).
        return replace(field, children=tuple(c for c in children if c.name != "file_data"))
    if field.kind == "union":
        return replace(field, branches=tuple(accept_files(b, kind, outer) for b in field.branches))
    return field


def accept_weights(item: Field) -> Field:
    """An object that names weights, such as a LoRA, with a `path` that takes a file."""
    if item.kind != "object":
        return item
    return replace(
        item,
        children=tuple(
            replace(child, media="file", is_long=False)
            if child.name == "path" and child.kind == "string"
            else child
            for child in item.children
        ),
    )


def is_of_weights(name: str) -> bool:
    """Whether a field's name refers to LoRAs or other weights."""
    return not _WEIGHTS.isdisjoint(words_in(name))


def file_limits(flat: Schema) -> dict[str, float]:
    """The advisory limits of a media field by fal's names, `x-fal` before flat keys.

    `max_file_size` in bytes; `min_`/`max_` of `width`, `height`, `area` (pixels), `aspect_ratio`
    (width ÷ height), `duration` (seconds), `fps`, `frames`; `multiple_of` of width and height.
    The alias `max_pixels` becomes `max_area`. Ignores values that are not finite and positive.
    """
    if "x-fal" not in flat and _LIMITED.isdisjoint(flat):
        return {}
    stated = flat | as_dict(flat.get("x-fal"))
    # fal has two names for it: `x-fal.max_area` and the older flat `max_pixels`.
    if "max_pixels" in stated:
        stated = {"max_area": stated["max_pixels"]} | stated
    return {key: stated[key] for key in _LIMITS if _is_limit(stated.get(key))}


def limits(flat: Schema, numbers: dict[str, float]) -> str:
    """The limits of a media field as text: the schema's own, else made from the numbers."""
    text = as_dict(flat.get("x-fal")).get("limit_description") or flat.get("limit_description")
    return one_line(text, 200) or _limits_text(numbers)


def _limits_text(numbers: dict[str, float]) -> str:
    parts: list[str] = []
    for measure in _RANGES if numbers else ():
        low, high = numbers.get(f"min_{measure}"), numbers.get(f"max_{measure}")
        if low is None and high is None:
            continue
        if measure == "area":
            parts.append(_area(low, high))
        elif measure == "aspect_ratio":
            parts.append(f"width ÷ height {span(low, high)}")
        else:
            parts.append(f"{span(low, high)} {_UNITS[measure]}")
    if "multiple_of" in numbers:
        parts.append(f"sides in steps of {number(numbers['multiple_of'])} px")
    if size := numbers.get("max_file_size"):
        parts.append(f"up to {_bytes(size)}")
    return ", ".join(parts)


def _area(low: float | None, high: float | None) -> str:
    if max(low or 0, high or 0) < 1e5:
        return f"{span(low, high)} pixels"
    rounded = (edge and round(edge / 1e6, 2 if edge < 1e6 else 1) for edge in (low, high))
    return f"{span(*rounded)} megapixels"


def _bytes(size: float) -> str:
    return f"{number(round(size / 1e6, 1))} MB" if size >= 1e5 else f"{number(size)} bytes"


def _is_limit(value: Any) -> bool:
    return is_number(value) and 0 < value < 10**30 and math.isfinite(value)


def words_in(name: str) -> tuple[str, ...]:
    """`firstImageUrl2`, `first_image_url_2` → first, image, url."""
    return _words_in(name[:100])


@lru_cache(2048)  # each price reads the names of all fields of its model
def _words_in(name: str) -> tuple[str, ...]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    words = re.split(r"[\W_]+", spaced.lower())
    return tuple(word for word in words if word and not word.isdecimal())


def _kind_in(words: Iterable[str]) -> str:
    """The media kind of the last word that implies one."""
    kinds = [kind for word in words for kind, kind_words in KINDS.items() if word in kind_words]
    return kinds[-1] if kinds else ""


def _by_address(words: set[str], kind: str) -> str:
    if KINDS_OF_ADDRESSES["file"] & words:
        return "file"
    if kind or WORDS["no-file"] & words:
        return kind
    implied = next(
        (kind for kind, kind_words in KINDS_OF_ADDRESSES.items() if kind_words & words), ""
    )
    return implied or ("file" if WORDS["file"] & words else "")


def _by_description(words: Iterable[str], flat: Schema) -> str:
    text = flat.get("description")
    if not isinstance(text, str) or not WORDS["no-file"].isdisjoint(words):
        return ""
    match = _IN_PROSE.match(text[:200])
    return _kind_in([match[1].lower()]) if match else ""
