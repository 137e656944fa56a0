"""Arguments to begin with: what the schema's own `examples` say (their first is fal's preset)."""

from __future__ import annotations

from typing import Any

from schemas.exact import identical, is_deep, is_finite
from schemas.fields import Field
from schemas.fitting import TYPES, fitting


def example(root: Field) -> dict[str, Any]:
    """The example arguments: the schema's own, else the first fitting one of each property.

    An object that is required and has none of its own is put together from its properties'.
    """
    for whole in root.examples:
        if isinstance(whole, dict) and whole and not is_deep(whole) and is_finite(whole):
            return whole
    found = {}
    for child in root.children:
        first = next((e for e in child.examples if _fits(child, e)), None)
        if first is None and child.kind == "object" and child.is_required:
            first = example(child) or None
        if first is not None and first != "":
            found[child.name] = first
    return found


def _fits(field: Field, value: Any) -> bool:
    if value is None or is_deep(value) or not is_finite(value):
        return False
    if field.kind == "union":
        return fitting(field, value) is not None
    if isinstance(value, bool) and field.kind != "boolean":
        return field.kind in {"json", "choice"}
    if field.kind == "choice":
        return any(identical(option.value, value) for option in field.options)
    return isinstance(value, TYPES.get(field.kind, object))
