"""The kinds of fields, and the traits that all fields of one kind share: the table to start from.

Use a trait (`field.traits.is_numeric`) where several kinds behave alike. Where each kind differs,
use a `match` that ends in `assert_never`, so that mypy reports each place that lacks a new kind.
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """The traits of every field of a kind."""

    noun: str  # the label of a union's alternative without a title
    json_types: tuple[type, ...] = ()  # of its values; empty: any, or decided by the alternatives
    empty: Any = MISSING  # the value of a control that was cleared on purpose
    widens_to: frozenset[Kind] = frozenset()  # kinds that accept all its values
    is_group: bool = False  # drawn as several controls
    has_places: bool = False  # has `children`, each with a schema of its own
    has_rows: bool = False  # repeats `item`; its lengths count rows
    has_options: bool = False  # posts the key of one of `options`, and nothing else
    is_numeric: bool = False
    is_typed: bool = False  # any text may be typed into its one control


KINDS: Final[dict[Kind, Traits]] = {
    "object": Traits(
        noun="Settings",
        json_types=(dict,),
        empty={},
        widens_to=frozenset({"map"}),
        is_group=True,
        has_places=True,
    ),
    "map": Traits(
        noun="Names and values", json_types=(dict,), empty={}, is_group=True, has_rows=True
    ),
    "list": Traits(noun="List", json_types=(list,), empty=[], is_group=True, has_rows=True),
    "tuple": Traits(
        noun="List",
        json_types=(list,),
        empty=[],
        widens_to=frozenset({"list"}),
        is_group=True,
        has_places=True,
    ),
    "union": Traits(noun="Other", is_group=True),
    "choice": Traits(noun="Choice", widens_to=frozenset({"string"}), has_options=True),
    "boolean": Traits(noun="Yes or no", json_types=(bool,), has_options=True),
    "integer": Traits(
        noun="Whole number",
        json_types=(int,),
        widens_to=frozenset({"number"}),
        is_numeric=True,
        is_typed=True,
    ),
    "number": Traits(noun="Number", json_types=(int, float), is_numeric=True, is_typed=True),
    "string": Traits(noun="Text", json_types=(str,), empty="", is_typed=True),
    "json": Traits(noun="JSON"),
}


def has_type(kind: Kind, value: Any) -> bool:
    """Whether a value has the JSON type of a kind; Python counts booleans as integers."""
    expected = KINDS[kind].json_types
    is_boolean = isinstance(value, bool)
    return not expected or (isinstance(value, expected) and is_boolean == (kind == "boolean"))
