"""References in a definition: `$node.images.0.url` (fal-protocol.md, 15.4).

A reference is a whole text that starts with `$`. Node ids may contain dots and slashes, so the node
is the longest known id at the beginning of the text that is followed by its end or a dot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

MOST_DEPTH = 60  # of nested lists and objects in a node's input


@dataclass(frozen=True)
class Reference:
    """A reference; `node` is empty if no known node matches, `place` is where it occurs."""

    text: str
    node: str
    path: tuple[str, ...]
    place: tuple[str | int, ...] = ()


class TooDeep(ValueError):
    """A value is nested too deeply."""


def is_reference(value: Any) -> bool:
    """Whether a value is a reference: `"a photo of $input.x"` is ordinary text."""
    return isinstance(value, str) and value.startswith("$")


def parse(text: str, nodes: Collection[str]) -> Reference:
    """Parse a reference; `nodes` are the known ids; `input` is always known."""
    parts = text[1:].split(".")
    for count in range(len(parts), 0, -1):
        if (node := ".".join(parts[:count])) == "input" or node in nodes:
            return Reference(text, node, tuple(parts[count:]))
    return Reference(text, "", tuple(parts))


def references(value: Any, nodes: Collection[str]) -> list[Reference]:
    """Return all references inside a value, with their places; raises TooDeep."""
    return [
        Reference(one.text, one.node, one.path, place)
        for place, text in _texts(value, ())
        for one in [parse(text, nodes)]
    ]


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


class Unresolved(LookupError):
    """A reference does not resolve; the message says where it stops."""


def value_at(value: Any, path: tuple[str, ...]) -> Any:
    """Return the value at a path; digits index lists. Raises Unresolved."""
    for part in path:
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            raise Unresolved(part)
    return value


def resolve(value: Any, results: dict[str, Any], nodes: Collection[str]) -> Any:
    """Return a value with each reference replaced by its value in `results` (node → output).

    The type is kept. Raises Unresolved with the reference as its message.
    """
    if is_reference(value):
        one = parse(value, nodes)
        try:
            return value_at(results[one.node], one.path)
        except (Unresolved, KeyError):
            raise Unresolved(value) from None
    if isinstance(value, dict):
        return {key: resolve(item, results, nodes) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, results, nodes) for item in value]
    return value
