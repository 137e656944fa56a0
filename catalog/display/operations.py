"""The operations that the front page offers; each opens a prompt with good models for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catalog.filters import operations
from catalog.filters.operations import Operation

ANYTHING = Operation("tell-me-what-to-use", "Tell me what to use", file="image")  # may be absent
BY_SLUG = {ANYTHING.slug: ANYTHING, **operations.OPERATIONS}
ON_FRONT = [
    BY_SLUG[slug]
    for slug in (
        "make-a-picture",
        "change-a-picture",
        "upscale",
        "remove-a-background",
        "animate-a-picture",
        "film-from-words",
        "speak",
        "music-and-sound",
        "3d-from-a-picture",
        "transcribe",
        "write",
    )
]


class Tile(NamedTuple):
    """An operation on the page, with a picture of one of its category's models."""

    label: str
    address: str
    picture: str


def tiles(pictures: Mapping[str, Sequence[str]]) -> list[Tile]:
    """Return the operations that at least one model does.

    `pictures` maps each category to picture URLs of its models; each operation of a category shows
    a different one. One that only some models of a category do is left out without a picture.
    """
    queues = {category: iter(addresses) for category, addresses in pictures.items()}
    operation_tiles = [
        (operation, Tile(operation.label, operation.address, next(queues[operation.category], "")))
        for operation in ON_FRONT
        if operation.category in queues
    ]
    return [
        tile
        for operation, tile in operation_tiles
        if tile.picture or not (operation.models and pictures[operation.category])
    ]
