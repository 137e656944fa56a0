"""Finds the fields that several schemas have in common, by name or by meaning."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.fields import Field
from schemas.meanings import END, SIDES, by_meaning, is_shape, meaning_of, media_of


def counterparts(field: Field, source: Field, target: Field) -> tuple[str, ...]:
    """The names of the fields of `target` (a root) that receive `field` of `source`."""
    targets = {child.name: child for child in target.children}
    if field.name in targets and _is_same_kind(field, targets[field.name]):
        return (field.name,)
    if field.name in SIDES or is_shape(field):
        return _shape_of(target)
    target_by_meaning = by_meaning(target.children)
    meaning = meaning_of(field, by_meaning(source.children))
    if meaning in {"duration", "frames"}:
        counterpart = target_by_meaning.get("duration") or target_by_meaning.get("frames")
    else:
        counterpart = target_by_meaning.get(meaning) or _list_for(meaning, target_by_meaning)
    return (counterpart.name,) if counterpart else ()


def shared_fields(roots: Sequence[Field]) -> list[Field]:
    """The first schema's fields that at least one other schema has too, in their order."""
    first, *other_roots = roots
    return [
        field
        for field in first.children
        if not (field.is_hidden or field.is_deprecated)
        and (not other_roots or any(counterparts(field, first, other) for other in other_roots))
    ]


def own_fields(shared: Sequence[Field], first: Field, root: Field) -> list[Field]:
    """The fields of `root` that correspond to no shared field of `first`."""
    shared_names = {name for field in shared for name in counterparts(field, first, root)}
    return [
        field for field in root.children if field.name not in shared_names and not field.is_hidden
    ]


def _list_for(meaning: str, by_meaning_of_target: dict[str, Field]) -> Field | None:
    """Return the picture list to which a model without a last frame appends one."""
    pictures = by_meaning_of_target.get("image") if meaning == END else None
    return pictures if pictures and pictures.kind == "list" else None


def _is_same_kind(field: Field, other: Field) -> bool:
    return bool(media_of(field)) == bool(media_of(other))


def _shape_of(root: Field) -> tuple[str, ...]:
    ratio = next((child.name for child in root.children if is_shape(child)), "")
    if ratio:
        return (ratio,)
    names = {child.name for child in root.children}
    return SIDES if {*SIDES} <= names else ()
