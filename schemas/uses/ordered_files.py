"""Places files that were given in an order, without the names of fields, into a model's inputs.

The first picture goes into the first input for pictures, the second into the next one, such as a
first and a last frame; a list takes as many as it accepts. The same holds for films and sounds.
Unused files are reported: a user who compares models has to know that one of them received fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from schemas.fields import Field
from schemas.uses.inputs import Input, inputs_of, names_in
from schemas.uses.placing import as_many_as_fit, most_values, place_all
from schemas.validation import Version
from schemas.wording import counted_files
from schemas.wording.counted_files import NOUNS, ordinal

# Files fill the inputs in the order of these roles: a last frame comes before pictures that only
# guide. A mask is drawn for a picture, so it is never placed.
_ROLES = ("main", "start", "end", "garment", "reference", "voice", "control")


class GivenFile(NamedTuple):
    """A file: image, video or audio, and its address or the `@name` of a reference."""

    kind: str
    address: str


class PlacedFiles(NamedTuple):
    """The arguments with the files in them; where each went, and which ones have no place."""

    arguments: dict[str, Any]
    used: tuple[str, ...] = ()  # sentences: `First picture → Start image`
    unused: tuple[str, ...] = ()  # `The second picture is not used: this model takes one`


def place_in_order(
    version: Version, arguments: dict[str, Any], files: Sequence[GivenFile]
) -> PlacedFiles:
    """Return the arguments with the files in the model's inputs, replacing the values there.

    Nothing invalid is written: an input that does not accept a file is skipped.
    """
    sentences: list[str] = []
    unused: list[str] = []
    for kind, noun in NOUNS.items():
        addresses = [file.address for file in files if file.kind == kind]
        count = 0
        for taker in takers(version.root, kind) if addresses else ():
            candidate, number = _filled(version, arguments, taker, addresses[count:])
            if number:
                arguments = candidate
                sentences.append(f"{_which(noun, count, number, len(addresses))} → {taker.label}")
                count += number
            if count == len(addresses):
                break
        if count < len(addresses):
            unused.append(counted_files.unused(noun, count, len(addresses)))
    return PlacedFiles(arguments, tuple(sentences), tuple(unused))


def takers(root: Field, kind: str) -> list[Input]:
    """Return the inputs for a kind of file in the order in which files go into them."""
    listed_takers = [
        taker
        for taker in inputs_of(root)
        if taker.kind == kind and taker.role in _ROLES and len(names_in(taker.path)) <= 2
    ]

    def rank(taker: Input) -> tuple[bool, int]:
        return not taker.is_required, _ROLES.index(taker.role)

    by_rank = sorted(listed_takers, key=rank)
    # A required last frame is still the last one: it follows the first frame, required or not.
    first = next((taker for taker in by_rank if taker.role != "end"), None)
    if first is None:
        return by_rank
    other_takers = [taker for taker in by_rank if taker is not first]
    return [first, *sorted(other_takers, key=lambda taker: taker.role != "end")]


def _filled(
    version: Version, arguments: dict[str, Any], taker: Input, addresses: Sequence[str]
) -> tuple[dict[str, Any], int]:
    """Return the arguments with as many files as an input accepts, and how many these are."""
    name = names_in(taker.path)[0]
    bare = {key: value for key, value in arguments.items() if key != name}

    def attempt(number: int) -> dict[str, Any] | None:
        candidate = place_all(version.root, bare, taker.path, addresses[:number])
        return candidate if version.accepts(name, candidate[name]) else None

    room = most_values(version.root, taker.path)
    number, candidate = as_many_as_fit(len(addresses), room, attempt)
    return candidate or arguments, number


def _which(noun: str, start: int, number: int, count: int) -> str:
    """Return the words for files from `start`: `Picture`, `Second picture`, `Pictures 2 to 4`."""
    if number == count:
        return noun.capitalize() if count == 1 else f"{number} {noun}s"
    if number == 1:
        return f"{ordinal(start)} {noun}".capitalize()
    return f"{noun.capitalize()}s {start + 1} to {start + number}"
