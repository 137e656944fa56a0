"""A schema as table rows: one per property, nested ones indented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, assert_never

from schemas.document.openapi import Contract
from schemas.exact import dumps
from schemas.fields import Field
from schemas.fields.field_tree import build
from schemas.wording.labels import span


@dataclass(frozen=True, slots=True)
class Row:
    """One property as text."""

    name: str
    depth: int
    type: str
    is_required: bool
    default: str
    limits: str
    choices: tuple[str, ...]
    description: str


def input_rows(root: Field) -> list[Row]:
    """The rows of the input."""
    return list(_rows(root, 0))


def output_rows(contract: Contract) -> list[Row]:
    """The rows of the output; empty if the document does not describe it."""
    if contract.output is None:
        return []
    return list(_rows(build(Contract(contract.document, contract.output, None)), 0))


def _rows(field: Field, depth: int) -> Iterator[Row]:
    for child in field.children:
        yield Row(
            name=child.name,
            depth=depth,
            type=type_in_words(child),
            is_required=child.is_required,
            default=dumps(child.default, indent=None) if child.has_default else "",
            limits=_limits(child),
            choices=_choices(child) if child.kind != "boolean" else (),
            description="\n".join(part for part in (child.help, child.more) if part),
        )
        for inner in (child, child.item, *child.branches):
            if inner is not None:
                yield from _rows(inner, depth + 1)


def _choices(field: Field) -> tuple[str, ...]:
    """The values of a choice: texts as they are, others as JSON; all as JSON if two look alike."""
    values = [option.value for option in field.options if not option.branch]
    plain = [value if _is_plain(value) else dumps(value, indent=None) for value in values]
    if len({*plain}) == len(plain):
        return tuple(plain)
    return tuple(dumps(value, indent=None) for value in values)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "\n" not in value


def type_in_words(field: Field) -> str:
    """`list of images`, `whole number or nothing`, `one of 6`."""
    text = _type_in_words(field)
    return f"{text} or nothing" if field.is_nullable else text


def _type_in_words(field: Field) -> str:
    match field.kind:
        case "string":
            return f"{field.media} address" if field.media else "text"
        case "choice":
            return f"one of {len(field.options)}"
        case "tuple":
            return f"list of {len(field.children)}"
        case "list" | "map":
            rows = "list" if field.kind == "list" else "names with values"
            return f"{rows} of {_plural(type_in_words(field.item))}" if field.item else rows
        case "union":
            plain = sum(not option.branch for option in field.options)
            parts = [f"one of {plain}"] if plain else []
            return " or ".join(dict.fromkeys([*parts, *map(type_in_words, field.branches)]))
        case "object":
            return "object"
        case "boolean" | "integer" | "number":
            return field.traits.noun.lower()
        case "json":
            return "JSON"
        case unknown:
            assert_never(unknown)


def _plural(noun: str) -> str:
    if noun.endswith(("s", "JSON")) or " of " in noun or " or " in noun:
        return noun
    return noun + ("es" if noun.endswith("address") else "s")


def _limits(field: Field) -> str:
    parts = [span(field.minimum, field.maximum)]
    if field.min_length is not None or field.max_length is not None:
        unit = "rows" if field.traits.has_rows else "characters"
        parts.append(f"{span(field.min_length, field.max_length)} {unit}")
    if field.step:
        parts.append(f"in steps of {dumps(field.step)}")
    return ", ".join(part for part in [*parts, field.limits] if part)
