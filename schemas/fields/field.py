"""The Field tree: an input schema with `$ref`, `allOf` and `anyOf` resolved, for forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from enum import Enum
from typing import Any, Final, Literal

Kind = Literal[
    "object",
    "map",
    "list",
    "tuple",
    "union",
    "choice",
    "boolean",
    "integer",
    "number",
    "string",
    "json",
]


class Missing(Enum):
    """The type of MISSING, which means "no value" (`None` is JSON's null)."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One entry of a choice: the control posts `key`, which means `value`."""

    key: str
    label: str
    value: Any = MISSING
    branch: int = 0  # number of a union's alternative from 1; 0: a plain value
    size: tuple[int, int] | None = None  # width : height, drawn to scale
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, weakref_slot=True)
class Field:
    """One node of the input form.

    `children` are an object's properties in display order, or a tuple's places, named "0", "1" …;
    `item` is the repeated field of a list or map; `branches` are a union's alternatives and
    `options` its plain choices; `rest` is the map of an object's undefined keys.
    """

    kind: Kind
    name: str = ""
    label: str = ""
    help: str = ""
    more: str = ""  # the rest of a long description
    is_required: bool = False
    is_nullable: bool = False
    default: Any = MISSING
    examples: tuple[Any, ...] = ()

    minimum: float | None = None
    maximum: float | None = None
    is_minimum_open: bool = False  # the limit itself is not allowed
    is_maximum_open: bool = False
    step: float | None = None
    min_length: int | None = None  # of texts, or rows of a list
    max_length: int | None = None
    pattern: str = ""
    file_limits: Mapping[str, float] = attribute(default_factory=dict)  # media.py: advisory
    limits: str = ""  # the same in words

    options: tuple[Option, ...] = ()
    children: tuple[Field, ...] = ()
    item: Field | None = None
    branches: tuple[Field, ...] = ()
    rest: Field | None = None
    is_open: bool = True  # a map or list: rows may be added
    suggestions: tuple[str, ...] = ()  # of an open enum

    media: str = ""  # image, video, audio or file: the text is an address
    is_mask: bool = False
    is_long: bool = False  # a text of several lines
    is_seed: bool = False
    is_size: bool = False  # its options are sizes or ratios
    is_unique: bool = False
    is_important: bool = False
    is_advanced: bool = False
    is_hidden: bool = False
    is_deprecated: bool = False

    @property
    def has_default(self) -> bool:
        """Whether the model uses a value other than null if the key is omitted."""
        return self.default is not MISSING and self.default is not None

    @property
    def others(self) -> Field:
        """The map of an object's undefined keys."""
        return self.rest or REST

    @property
    def is_group(self) -> bool:
        """Whether it is drawn as several controls."""
        return self.kind in {"object", "map", "list", "tuple", "union"}


REST: Final = Field(
    kind="map",
    label="Other keys",
    help="Keys that this model's schema does not list.",
    item=Field(kind="json"),
    is_open=False,
)  # for an object that does not define further keys


def find(field: Field, path: tuple[str | int, ...]) -> Field:
    """The node at a JSON path, or its deepest known ancestor."""
    here = field
    for part in path:
        below = _below(here, part)
        if below is None:
            return here
        here = below
    return here


def _below(field: Field, part: str | int) -> Field | None:
    if field.kind in {"object", "tuple"}:
        return next((child for child in field.children if child.name == str(part)), None)
    if field.kind in {"list", "map"}:
        return field.item
    return next((hit for branch in field.branches if (hit := _below(branch, part))), None)
