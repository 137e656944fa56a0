"""Places files in a model that takes one file, a list, or a first and a last frame.

Two pictures in a list become the first and the last frame of a film, and the reverse. Unused files
are reported: a user who compares models has to know that one of them received fewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from schemas.fields import Field
from schemas.meanings import END, media_of
from schemas.uses.placing import as_many_as_fit
from schemas.wording import counted_files
from schemas.wording.counted_files import NOUNS, number


class Mapping(Protocol):
    """The part of `carry`'s mapping that is used here."""

    given: dict[str, Any]
    meant: dict[str, Field]  # fields of the source, by meaning
    wanted: dict[str, Field]  # and of the target
    made: dict[str, Any]
    places: dict[str, tuple[str, ...]]
    reasons: dict[str, str]
    unused: dict[str, str]

    def place(self, name: str, to: str, value: Any) -> None:
        """Write a value of the argument `name` to the field `to`."""

    def fits(self, name: str, value: Any) -> bool:
        """Whether the field `name` is still free and accepts a value."""


def place_files(mapping: Mapping) -> None:
    """Place the files of each kind that were not placed by name."""
    _place_last_frame(mapping)
    for kind in NOUNS:
        name = _name_of(mapping, kind)
        to = mapping.wanted.get(kind)
        if name and to and name not in mapping.places and to.name not in mapping.made:
            _place_first(mapping, kind, name, to)


def _name_of(mapping: Mapping, meaning: str) -> str:
    """Return the name of the argument with a meaning; empty if there is none."""
    field = mapping.meant.get(meaning)
    return field.name if field and field.name in mapping.given else ""


def _place_first(mapping: Mapping, kind: str, name: str, to: Field) -> None:
    """Place one or more files; a second picture may become the last frame. Note the unused ones."""
    value = mapping.given[name]
    files = value if isinstance(value, list) else [value]
    if not files or not media_of(to):
        return
    if to.kind == "list":
        count, accepted = as_many_as_fit(
            len(files),
            to.max_length,
            lambda number: files[:number] if mapping.fits(to.name, files[:number]) else None,
        )
        # Files of which the model accepts no number are left to the validation.
        mapping.place(name, to.name, accepted or files)
        _note_unused(mapping, kind, name, count or len(files), len(files))
        return
    mapping.place(name, to.name, files[0])
    last = mapping.wanted.get(END) if kind == "image" else None
    has_last = len(files) > 1 and last is not None and last.name not in mapping.made
    if last and has_last:
        mapping.place(name, last.name, files[1])
    _note_unused(mapping, kind, name, 1 + has_last, len(files))


def _place_last_frame(mapping: Mapping) -> None:
    """Append the last frame to the picture list of a model without one, or note why it cannot."""
    name, first = _name_of(mapping, END), _name_of(mapping, "image")
    if not name or name in mapping.places or END in mapping.wanted:
        return
    to = mapping.wanted.get("image")
    if to is None:
        return
    if to.kind != "list":
        mapping.reasons[name] = "this model takes one picture" if first else "it has no last frame"
        return
    files = [*_placed(mapping, first, to), mapping.given[name]]
    before = mapping.made.pop(to.name, None)
    if not mapping.fits(to.name, files):
        mapping.reasons[name] = f"this model takes {number(len(files) - 1)}"
        mapping.made |= {to.name: before} if before is not None else {}
        return
    for source in filter(None, (first, name)):
        if source == name or source not in mapping.places:
            mapping.place(source, to.name, files)
    mapping.made[to.name] = files


def _placed(mapping: Mapping, first: str, to: Field) -> Iterator[Any]:
    """Yield the pictures that stand before the last frame in the target's list."""
    if not first:
        return
    if first in mapping.places:
        yield from mapping.made.get(to.name, [])
        return
    value = mapping.given[first]
    yield from value if isinstance(value, list) else [value]


def _note_unused(mapping: Mapping, kind: str, name: str, used_count: int, count: int) -> None:
    if used_count < count:
        mapping.unused[name] = counted_files.unused(NOUNS[kind], used_count, count)
