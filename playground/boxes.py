"""How large what a run makes will be shown, as far as its input tells: its place is kept while it is awaited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from playground.form import filling
from playground.models import Run
from schemas import MISSING

Size = tuple[int, int]  # width and height in pixels

USUAL: Size = (1024, 768)
NAMED = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
SEEN = {"out:image", "out:video", "out:3d"}  # facts of what has a place before it has its pixels
_SIZES = ("image_size", "size", "video_size")
_TELLING = {*_SIZES, "width", "height", "aspect_ratio"}
_LARGEST = 20_000


def of(run: Run) -> Size | None:
    """The size of a run's (with its endpoint) awaited result; None where words or sound will come."""
    makes = {fact for fact in run.endpoint.facts if fact.startswith("out:")}
    if makes and not makes & SEEN:
        return None
    return told(run.arguments) or told(_defaults(run)) or USUAL


def _defaults(run: Run) -> dict[str, Any]:
    """What the model takes for what was left out of the arguments."""
    fields = filling.model(run.endpoint).root.children
    known = {one.name: one.default for one in fields if one.name in _TELLING}
    return {name: default for name, default in known.items() if default is not MISSING}


def told(arguments: Any) -> Size | None:
    """The size that arguments tell of; a ratio's longer side is as long as is usual."""
    if not isinstance(arguments, Mapping):
        return None
    size = next(filter(None, map(arguments.get, _SIZES)), None)
    if isinstance(size, str) and size in NAMED:
        return NAMED[size]
    pair = size if isinstance(size, Mapping) else arguments
    width, height = pair.get("width"), pair.get("height")
    if _is_side(width) and _is_side(height):
        return width, height
    across, _, down = str(arguments.get("aspect_ratio", "")).partition(":")
    if across.isdecimal() and down.isdecimal() and 0 < int(across) < 100 and 0 < int(down) < 100:
        scale = max(USUAL) / max(int(across), int(down))
        return round(int(across) * scale), round(int(down) * scale)
    return None


def _is_side(value: Any) -> TypeGuard[int]:
    return type(value) is int and 0 < value < _LARGEST
