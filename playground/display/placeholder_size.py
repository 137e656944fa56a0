"""Predicts the size of a run's result from its input, to reserve its space on the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.db.json_field import small
from playground.form import form_state
from runs.files import input_shape
from runs.models import Run
from schemas import MISSING
from schemas.fields import hints

Size = tuple[int, int]  # width and height in pixels

DEFAULT: Size = (1024, 768)
WIDE: Size = (1280, 720)  # most videos
VISUAL = {"out:image", "out:video", "out:3d"}  # facts of models whose results need space
_SIZES = ("image_size", "size", "video_size")
_COUNTS = ("num_images", "num_outputs", "num_samples", "num_videos", "number_of_images", "n")
_USED_DEFAULTS = {*_SIZES, *_COUNTS, "width", "height", "aspect_ratio"}
_MAX_COUNT = 16  # placeholders; further ones would be below the visible part of any screen
_MAX_SIDE_PX = 20_000
_MIN_PX = 64  # smaller numbers are ratios, not pixels
_ENLARGED_TO_PX = 512  # at most, by a whole factor, so that every pixel stays a sharp square


def load_arguments(runs: Iterable[Run]) -> None:
    """Load the arguments of runs for `size_of`, in a list that has left them out.

    Large ones are not loaded: such a run gets the size of a run without settings.
    """
    without = {run.pk: run for run in runs if "arguments" in run.get_deferred_fields()}
    if without:
        rows = Run.objects.filter(pk__in=without).order_by().values_list("pk", small("arguments"))
        for pk, arguments in rows:
            without[pk].arguments = arguments or {}


def size_of(run: Run) -> Size | None:
    """Return the expected size of a run's result (needs its endpoint); None for text or audio."""
    makes = {fact for fact in run.endpoint.facts if fact.startswith("out:")}
    if makes and not makes & VISUAL:
        return None
    return (
        size_from_arguments(run.arguments)
        or size_from_arguments(_defaults(run))
        or input_shape.shape_of_input(run.arguments)
        or (WIDE if "out:video" in makes else DEFAULT)
    )


def enlargement(size: Size) -> int:
    """Return the factor by which a small picture is enlarged, as `media-placeholders.js` does."""
    return max(1, _ENLARGED_TO_PX // max(*size, 1))


def enlarged(size: Size) -> Size:
    """Return the size at which a picture is shown if there is enough room."""
    times = enlargement(size)
    return size[0] * times, size[1] * times


def sizes_of(run: Run) -> list[Size]:
    """Return a size for each picture or video expected; none for text or audio."""
    size = size_of(run)
    if size is None:
        return []
    return [size] * (output_count(run.arguments) or output_count(_defaults(run)) or 1)


def output_count(arguments: Any) -> int | None:
    """Return how many results the arguments request; None if they do not say."""
    values = [arguments.get(name) for name in _COUNTS] if isinstance(arguments, Mapping) else []
    return next((min(n, _MAX_COUNT) for n in values if type(n) is int and n > 0), None)


def _defaults(run: Run) -> dict[str, Any]:
    """Return the model's defaults of the arguments that determine size and count."""
    fields = form_state.version_of(run.endpoint).root.children
    defaults = {field.name: field.default for field in fields if field.name in _USED_DEFAULTS}
    return {name: default for name, default in defaults.items() if default is not MISSING}


def size_from_arguments(arguments: Any) -> Size | None:
    """Return the size in arguments; a ratio is scaled to the default's longer side."""
    if not isinstance(arguments, Mapping):
        return None
    values = [*map(arguments.get, _SIZES), arguments, arguments.get("aspect_ratio")]
    return next(filter(None, map(_size, values)), None)


def _size(value: Any) -> Size | None:
    """Parse `{"width": 640, "height": 480}`, "square_hd", "640x480" or "4:3"."""
    size: Any = hints.size(value) if isinstance(value, str) else None
    if isinstance(value, Mapping):
        size = value.get("width"), value.get("height")
    if not size or not all(type(side) is int and 0 < side < _MAX_SIDE_PX for side in size):
        return None
    scale = max(DEFAULT) / max(size) if max(size) < _MIN_PX else 1
    return round(size[0] * scale), round(size[1] * scale)
