"""References in a definition: `$node.images.0.url` (protocol, 15.4).

A reference is a whole text that starts with `$`. Node ids may contain dots and slashes, so the node
is the longest known id at the start of the text, followed by a dot or the end. Ids and references
have limited lengths: a text of 80,000 dots has as many possible ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

MOST_DEPTH = 60  # of nested lists and objects in a node's input
ID_CHARS = 255  # of a node
REFERENCE_CHARS = 1000


@dataclass(frozen=True)
class Reference:
    """A reference; `node` is empty if no known node matches, `place` is where it occurs."""

    text: str
    node: str
    path: tuple[str, ...]
    place: tuple[str | int, ...] = ()


class TooDeep(ValueError):
    """A value is nested too deeply."""


class TooLong(ValueError):
    """A text that starts with `$` is too long for a reference."""


def is_reference(value: Any) -> bool:
    """Whether a value is a reference: `"a photo of $input.x"` is ordinary text."""
    return isinstance(value, str) and value.startswith("$")


def parse(text: str, nodes: Collection[str]) -> Reference:
    """Parse a reference; `nodes` are the known ids; `input` is always known."""
    if len(text) > REFERENCE_CHARS:
        raise TooLong
    name = text[1:]
    end = len(name) if len(name) <= ID_CHARS else name.rfind(".", 0, ID_CHARS + 1)
    while end >= 0:
        if (node := name[:end]) == "input" or node in nodes:
            output_path = name[end + 1 :]
            return Reference(text, node, tuple(output_path.split(".")) if end < len(name) else ())
        end = name.rfind(".", 0, end)
    return Reference(text, "", tuple(name.split(".")))


def references(value: Any, nodes: Collection[str]) -> list[Reference]:
    """Return all references inside a value, with their places; raises TooDeep or TooLong."""
    return [
        Reference(reference.text, reference.node, reference.path, place)
        for place, text in _texts(value, ())
        for reference in [parse(text, nodes)]
    ]


def count_up_to(most: int, values: Iterable[Any]) -> int:
    """Return the number of references in values, at most `most`; raises TooDeep."""
    texts = (text for value in values for text in _texts(value, ()))
    return sum(1 for _ in islice(texts, most))


def _texts(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if len(place) > MOST_DEPTH:
        raise TooDeep
    if is_reference(value):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*place, key))
    elif isinstance(value, list):
        for key, item in enumerate(value):
            yield from _texts(item, (*place, key))
