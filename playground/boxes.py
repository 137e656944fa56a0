"""How large what a run makes will be shown, as far as its input tells: its place is kept while it is awaited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.form import filling
from playground.models import Run
from schemas import MISSING, hints

Size = tuple[int, int]  # width and height in pixels

USUAL: Size = (1024, 768)
SEEN = {"out:image", "out:video", "out:3d"}  # facts of what has a place before it has its pixels
_SIZES = ("image_size", "size", "video_size")
_COUNTS = ("num_images", "num_outputs", "num_samples", "num_videos", "number_of_images", "n")
_TELLING = {*_SIZES, *_COUNTS, "width", "height", "aspect_ratio"}
_MOST = 16  # places that are kept; more are below every screen
_LARGEST = 20_000
_RATIO = 64  # smaller numbers are no pixels


def of(run: Run) -> Size | None:
    """The size of a run's (with its endpoint) awaited result; None where words or sound will come."""
    makes = {fact for fact in run.endpoint.facts if fact.startswith("out:")}
    if makes and not makes & SEEN:
        return None
    return told(run.arguments) or told(_defaults(run)) or USUAL


def places(run: Run) -> list[Size]:
    """A size for each picture or film that is awaited; none where words or sound will come."""
    size = of(run)
    return [size] * (count(run.arguments) or count(_defaults(run)) or 1) if size else []


def count(arguments: Any) -> int | None:
    """How many results arguments ask for."""
    values = [arguments.get(name) for name in _COUNTS] if isinstance(arguments, Mapping) else []
    return next((min(n, _MOST) for n in values if type(n) is int and n > 0), None)


def _defaults(run: Run) -> dict[str, Any]:
    """What the model takes for what was left out of the arguments."""
    fields = filling.model(run.endpoint).root.children
    known = {one.name: one.default for one in fields if one.name in _TELLING}
    return {name: default for name, default in known.items() if default is not MISSING}


def told(arguments: Any) -> Size | None:
    """The size that arguments tell of; a ratio's longer side is as long as is usual."""
    if not isinstance(arguments, Mapping):
        return None
    values = [*map(arguments.get, _SIZES), arguments, arguments.get("aspect_ratio")]
    return next(filter(None, map(_size, values)), None)


def _size(value: Any) -> Size | None:
    """What `{"width": 640, "height": 480}`, "square_hd", "640x480" or "4:3" means."""
    found: Any = hints.size(value) if isinstance(value, str) else None
    if isinstance(value, Mapping):
        found = value.get("width"), value.get("height")
    if not found or not all(type(side) is int and 0 < side < _LARGEST for side in found):
        return None
    scale = max(USUAL) / max(found) if max(found) < _RATIO else 1
    return round(found[0] * scale), round(found[1] * scale)
