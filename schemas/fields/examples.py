"""Example arguments from the schema's `examples`; the first of these is fal's preset."""

from __future__ import annotations

from typing import Any

from schemas.document.merging import Merger
from schemas.document.openapi import Contract, Schema, as_dict, as_list
from schemas.exact import identical, is_finite, is_too_deep
from schemas.fields.field import Field
from schemas.fields.fitting import matching_option
from schemas.fields.kinds import has_type


def example(root: Field) -> dict[str, Any]:
    """The schema's example arguments, else the first valid example of each property.

    A required object without an example is built from its properties' examples.
    """
    for sample in root.examples:
        if isinstance(sample, dict) and sample and not is_too_deep(sample) and is_finite(sample):
            return sample
    arguments = {}
    for child in root.children:
        first = next((e for e in child.examples if _fits(child, e)), None)
        if first is None and child.kind == "object" and child.is_required:
            first = example(child) or None
        if first is not None and first != "":
            arguments[child.name] = first
    return arguments


def _fits(field: Field, value: Any) -> bool:
    if value is None or is_too_deep(value) or not is_finite(value):
        return False
    if field.kind == "union":
        return matching_option(field, value) is not None
    if field.kind == "choice":
        return any(identical(option.value, value) for option in field.options)
    return has_type(field.kind, value)


def example_output(contract: Contract) -> dict[str, Any]:
    """The output of the schema's example: its own, else the first example of each property."""
    merger = Merger(contract.document)
    flat, _ = merger.flatten(contract.output or {})
    if isinstance(whole := _first(flat), dict):
        return whole
    properties = as_dict(flat.get("properties")).items()
    firsts = ((name, _first(merger.flatten(schema)[0])) for name, schema in properties)
    return {name: value for name, value in firsts if value is not None}


def _first(flat: Schema) -> Any:
    value = next(iter(as_list(flat.get("examples"))), flat.get("example"))
    return None if is_too_deep(value) else value
