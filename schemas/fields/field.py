"""The Field tree: an input schema with `$ref`, `allOf` and `anyOf` resolved, for forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, Final, assert_never

from schemas.fields.kinds import KINDS, MISSING, Kind, Missing, Traits
from schemas.wording.labels import is_repeated

__all__ = ["MISSING", "REST", "Field", "Kind", "Missing", "Option", "find"]


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
    def shown_help(self) -> str:
        """The help that a form shows: none that repeats the label."""
        return self.help if self.more or not is_repeated(self.label, self.help) else ""

    @property
    def others(self) -> Field:
        """The map of an object's undefined keys."""
        return self.rest or REST

    @property
    def traits(self) -> Traits:
        """The traits that all fields of its kind share."""
        return KINDS[self.kind]

    @property
    def is_text(self) -> bool:
        """Whether any text is a value."""
        return self.kind == "string" and not self.media

    @property
    def is_file(self) -> bool:
        """Whether its value is the address of a file."""
        return self.kind == "string" and bool(self.media)

    @property
    def is_group(self) -> bool:
        """Whether it is drawn as several controls."""
        return KINDS[self.kind].is_group


REST: Final = Field(
    kind="map",
    label="Other keys",
    help="Keys that this model's schema does not list.",
    item=Field(kind="json"),
    is_open=False,
)  # for an object that does not define further keys


def find(field: Field, path: tuple[str | int, ...]) -> Field:
    """The node at a JSON path, or its deepest known ancestor."""
    current = field
    for part in path:
        below = _below(current, part)
        if below is None:
            return current
        current = below
    return current


def _below(field: Field, part: str | int) -> Field | None:
    match field.kind:
        case "object" | "tuple":
            return next((child for child in field.children if child.name == str(part)), None)
        case "list" | "map":
            return field.item
        case "union":
            return next((hit for branch in field.branches if (hit := _below(branch, part))), None)
        case "choice" | "boolean" | "integer" | "number" | "string" | "json":
            return None
        case unknown:
            assert_never(unknown)
