"""The labels of values by their JSON paths, for sentences about them."""

from __future__ import annotations

from schemas.fields.field import Field, find
from schemas.wording.labels import label


def label_at(root: Field, path: tuple[str | int, ...]) -> str:
    """Return the form's label for the value at a path; made from its key if the schema has none."""
    if not path:
        return "The input"
    field, part = find(root, path), path[-1]
    if field.name == str(part):
        return field.label
    return f"Item {part + 1}" if isinstance(part, int) else label(part) or "The value"
