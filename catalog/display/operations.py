"""The operations that the front page offers; each opens a prompt with good models for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.text import slugify


@dataclass(frozen=True)
class Operation:
    """Something to do; `query` finds its models if their category has other models too."""

    label: str
    category: str
    query: str = ""
    file: str = ""  # the kind of file that it needs: image, video or audio
    has_prompt: bool = True

    @property
    def slug(self) -> str:
        """Its name in addresses: `make-a-picture`."""
        return slugify(self.label)

    @property
    def address(self) -> str:
        """The URL of the page that starts it."""
        return f"{reverse('boards:plan')}?{urlencode({'operation': self.slug})}"

    @property
    def list_address(self) -> str:
        """The URL of all its models."""
        if self.query:
            return f"{reverse('catalog:models')}?{urlencode({'q': self.query})}"
        return reverse("catalog:category", args=[self.category])


class Tile(NamedTuple):
    """An operation on the page, with a picture of one of its category's models."""

    label: str
    address: str
    picture: str


OPERATIONS = (
    Operation("Make a picture", "text-to-image"),
    Operation("Change a picture", "image-to-image", file="image"),
    Operation("Upscale", "image-to-image", "upscale a picture", "image", has_prompt=False),
    Operation("Remove a background", "image-to-image", "remove background", "image", False),
    Operation("Animate a picture", "image-to-video", file="image"),
    Operation("Film from words", "text-to-video"),
    Operation("Speak", "text-to-speech"),
    Operation("Music and sound", "text-to-audio"),
    Operation("3D from a picture", "image-to-3d", file="image", has_prompt=False),
    Operation("Transcribe", "speech-to-text", file="audio", has_prompt=False),
    Operation("Write", "llm"),
)
ANYTHING = Operation("Tell me what to use", "", file="image")  # its file may be absent
BY_SLUG = {operation.slug: operation for operation in (ANYTHING, *OPERATIONS)}


def tiles(pictures: Mapping[str, Sequence[str]]) -> list[Tile]:
    """Return the operations that at least one model does.

    `pictures` maps each category to picture URLs of its models; each operation of a category shows
    a different one. An operation with a `query` is left out if no picture is left for it.
    """
    queues = {category: iter(addresses) for category, addresses in pictures.items()}
    operation_tiles = [
        (operation, Tile(operation.label, operation.address, next(queues[operation.category], "")))
        for operation in OPERATIONS
        if operation.category in queues
    ]
    return [
        tile
        for operation, tile in operation_tiles
        if tile.picture or not (operation.query and pictures[operation.category])
    ]
