"""The fields of a model that a result can fill: their paths, kinds and roles.

Total and bounded, like `schemas/facts/capabilities.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from schemas.fields import Field
from schemas.form.decode import segment
from schemas.meanings import file_kind, is_main_prompt, role_of
from schemas.wording.labels import media_label

MOST_INPUTS = 60  # of one document
ROW = "*"  # in a path: a row of a list
_MAX_PARTS = 1500
_MAX_LABEL = 80
_MAX_PATH = 300


class Input(NamedTuple):
    """A field that takes a file or a text.

    `path` joins percent-encoded names and `*` for a list's rows by dots: `loras.*.path`. `kind` is
    image, video, audio, mesh, weights, archive, file or text.
    """

    path: str
    kind: str
    role: str
    label: str
    is_required: bool

    @classmethod
    def from_json(cls, stored_values: Any) -> Input | None:
        """Parse a stored `list(input)`; None if it is something else."""
        if not isinstance(stored_values, list) or len(stored_values) != len(cls._fields):
            return None
        path, kind, role, label, is_required = stored_values
        if not all(isinstance(text, str) for text in (path, kind, role, label)):
            return None
        return cls(path, kind, role, label, is_required is True)


def inputs_of(root: Field) -> list[Input]:
    """The fields that take files, and the main prompts, in the schema's order."""
    inputs: dict[str, Input] = {}
    for place in _places(root):
        kind = _kind(place)
        path = ".".join(place.path)
        if not kind or len(path) > _MAX_PATH:
            continue
        label = place.label if kind == "text" else media_label(place.label)
        taker = Input(
            path,
            kind,
            role_of(place.names, place.field, kind),
            label[:_MAX_LABEL],
            place.is_required,
        )
        inputs.setdefault(path.removesuffix(f".{ROW}"), taker)
        if len(inputs) >= MOST_INPUTS:
            break
    return list(inputs.values())


def names_in(path: str) -> list[str]:
    """The property names and `*`s of a path."""
    return [
        part if part == ROW else unquote(part, errors="surrogatepass") for part in path.split(".")
    ]


class _Place(NamedTuple):
    path: tuple[str, ...]
    names: tuple[str, ...]
    field: Field
    label: str
    is_required: bool


def _places(root: Field) -> Iterator[_Place]:
    """Every field below the root that has a path of names and rows, breadth first."""
    to_visit = [_Place((), (), root, "", True)]
    for count, place in enumerate(to_visit):
        if count:
            yield place
        if len(to_visit) > _MAX_PARTS:
            continue
        field = place.field
        if field.kind == "object":
            to_visit += [_child(place, child) for child in field.children if _is_offered(child)]
        elif field.kind == "list" and field.item:
            row = field.item
            to_visit.append(place._replace(path=(*place.path, ROW), field=row))
        # `image_size` has a preset or one object. Among several objects a path would not say which
        # one.
        elif field.kind == "union" and sum(b.kind == "object" for b in field.branches) < 2:
            to_visit += [place._replace(field=branch) for branch in field.branches]


def _is_offered(field: Field) -> bool:
    return not field.is_hidden and not field.is_deprecated


def _child(place: _Place, child: Field) -> _Place:
    # `loras[].path` is the LoRA's file: its own label "Path" would name nothing in the menu.
    is_inner = bool(place.label) and child.name in {"url", "path"}
    return _Place(
        (*place.path, segment(child.name)),
        (*place.names, child.name),
        child,
        place.label if is_inner else child.label,
        place.is_required and child.is_required,
    )


def _kind(place: _Place) -> str:
    if place.field.kind != "string" or not place.names:
        return ""
    is_text = len(place.path) == 1 and is_main_prompt(place.names, place.field)
    return file_kind(place.names, place.field) or ("text" if is_text else "")
