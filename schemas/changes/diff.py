"""Compares two versions of a model's document: one line per change that affects its users.

Total and bounded: any two documents can be compared. Changed descriptions, titles and order give
no lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from schemas.changes import diff_lines
from schemas.changes.diff_lines import Line, Path, Side
from schemas.document.merging import Merger
from schemas.document.openapi import Contract, as_dict
from schemas.exact import identical
from schemas.fields import MISSING, Field
from schemas.fields.field_tree import build
from schemas.numbers import is_number
from schemas.reference.tables import type_in_words

_MAX_PAIRS = 2500  # of removed and added fields, compared to find renamed ones
_AT_LEAST = ("minimum", "min_length")
_LIMITS = (*_AT_LEAST, "maximum", "max_length")


def diff_contracts(before: Contract, after: Contract) -> list[Line]:
    """The changes between two versions: inputs in the new order, then outputs."""
    lines = list(_Inputs(_input_names(after)).children(build(before), build(after), ()))
    if before.output is not None and after.output is not None:
        old, new = (
            build(Contract(contract.document, contract.output or {}, None))
            for contract in (before, after)
        )
        lines += _Outputs(frozenset()).children(old, new, ())
    elif before.output is not None or after.output is not None:
        lines.append(diff_lines.described("output", is_known=after.output is not None))
    return list(dict.fromkeys(lines))


def _input_names(contract: Contract) -> frozenset[str]:
    """Every property of the input, including those hidden in forms."""
    flat, _ = Merger(contract.document).flatten(contract.input)
    return frozenset(as_dict(flat.get("properties")))


@dataclass(frozen=True)
class _Inputs:
    """Compares two trees; `current_names` are the newer input's properties, also hidden ones."""

    current_names: frozenset[str]
    side: Side = "input"

    def children(self, old: Field, new: Field, path: Path) -> Iterator[Line]:
        """The changes below two objects."""
        olds = {child.name: child for child in old.children}
        news = {child.name: child for child in new.children}
        removed = [child for name, child in olds.items() if name not in news]
        added = [child for name, child in news.items() if name not in olds]
        called = _renamed(removed, added)
        into, out_of = _moved_into_groups(removed, olds, news), _moved_out_of_groups(removed, added)
        names = {child.name for child in called.values()}
        for child in removed:
            if child.name in called:
                yield self.renamed(child, called[child.name], path)
            elif child.name in into:
                child_path = (*path, child.name)
                yield diff_lines.moved(self.side, child_path, (*path, into[child.name], child.name))
            elif not path and child.name in self.current_names:
                yield diff_lines.hidden(self.side, (child.name,))
            else:
                yield diff_lines.removed(self.side, (*path, child.name), _describe_type(child))
        former = {child.name: olds[name] for name, child in called.items()}
        for name, child in news.items():
            child_path = (*path, name)
            if name in olds or name in names:
                yield from self.field(olds.get(name) or former[name], child, child_path)
            elif name in out_of:
                yield diff_lines.moved(self.side, (*path, out_of[name], name), child_path)
            else:
                yield self.added(child, child_path)

    def renamed(self, old: Field, new: Field, path: Path) -> Line:
        """A renamed field."""
        return diff_lines.renamed(self.side, (*path, old.name), (*path, new.name))

    def added(self, new: Field, path: Path) -> Line:
        """A new field."""
        default = new.default if new.has_default else MISSING
        return diff_lines.added(
            self.side, path, _describe_type(new), is_required=new.is_required, default=default
        )

    def field(self, old: Field, new: Field, path: Path) -> Iterator[Line]:
        """The changes of one field and below it."""
        yield from self.ends(old, new, path)
        if old.kind != new.kind or (old.kind == "string" and old.media != new.media):
            yield diff_lines.retyped(
                self.side,
                path,
                _describe_type(old),
                _describe_type(new),
                breaks=not _is_wider(old, new),
            )
        else:
            yield from self.inside(old, new, path)

    def ends(self, old: Field, new: Field, path: Path) -> Iterator[Line]:
        """Changes of required, nullable, default and deprecated."""
        if old.is_required != new.is_required:
            yield diff_lines.required(
                self.side, path, is_now=new.is_required, breaks=not new.has_default
            )
        if old.is_nullable != new.is_nullable:
            yield diff_lines.nullable(self.side, path, is_now=new.is_nullable)
        was, now = (field.default if field.has_default else MISSING for field in (old, new))
        if not same_default(was, now):
            yield diff_lines.default(self.side, path, was, now)
        if new.is_deprecated and not old.is_deprecated:
            yield diff_lines.deprecated(self.side, path)

    def inside(self, old: Field, new: Field, path: Path) -> Iterator[Line]:
        """Changes of two fields of the same kind: limits, choices, and below them."""
        yield from self.limits(old, new, path)
        yield from self.choices(old, new, path)
        if old.traits.has_places:
            yield from self.children(old, new, path)
        if old.item and new.item:
            yield from self.field(old.item, new.item, (*path, "[]" if old.kind == "list" else "*"))
        if old.rest and new.rest and old.rest.item and new.rest.item:
            yield from self.field(old.rest.item, new.rest.item, (*path, "*"))
        elif old.kind == "object" and bool(old.rest) != bool(new.rest):
            yield diff_lines.others(self.side, path, is_now=bool(new.rest))
        yield from self.branches(old, new, path)

    def limits(self, old: Field, new: Field, path: Path) -> Iterator[Line]:
        """Changes of bounds, lengths, steps and patterns."""
        unit = "entries" if new.traits.has_rows else "characters"
        for name in _LIMITS:
            was, now = getattr(old, name), getattr(new, name)
            is_open = name in {"minimum", "maximum"}
            was_open, now_open = (
                is_open and getattr(field, f"is_{name}_open") for field in (old, new)
            )
            if was != now:
                tighter = now is not None and (was is None or (now > was) == (name in _AT_LEAST))
                yield diff_lines.limit(self.side, path, name, was, now, unit, breaks=tighter)
            elif was_open != now_open:
                yield diff_lines.limit_itself(self.side, path, name, now, is_now=not now_open)
        if old.step != new.step:
            yield diff_lines.step(self.side, path, old.step, new.step)
        if old.pattern != new.pattern:
            yield diff_lines.form(self.side, path, old.pattern, new.pattern)
        if old.is_unique != new.is_unique:
            yield diff_lines.unique(self.side, path, is_now=new.is_unique)
        if old.limits != new.limits:
            yield diff_lines.advice(self.side, path, old.limits, new.limits)

    def choices(self, old: Field, new: Field, path: Path) -> Iterator[Line]:
        """Added and removed choices; those of an open text are only suggestions."""
        for is_open, was, now in (
            (False, _values(old), _values(new)),
            (True, _by_json(old.suggestions), _by_json(new.suggestions)),
        ):
            if added := [value for key, value in now.items() if key not in was]:
                yield diff_lines.choices(self.side, path, added, are_new=True, breaks=False)
            if removed := [value for key, value in was.items() if key not in now]:
                yield diff_lines.choices(
                    self.side, path, removed, are_new=False, breaks=not is_open
                )

    def branches(self, old: Field, new: Field, path: Path) -> Iterator[Line]:
        """Changes of a union's alternatives, paired by type and preferably by label."""
        spare = list(new.branches)
        for branch in old.branches:
            alike = [
                other for other in spare if (other.kind, other.media) == (branch.kind, branch.media)
            ]
            partner = next((other for other in alike if other.label == branch.label), None)
            partner = partner or next(iter(alike), None)
            if partner is None:
                yield diff_lines.alternative(self.side, path, _describe_type(branch), is_now=False)
            else:
                spare.remove(partner)
                yield from self.inside(branch, partner, path)
        for branch in spare:
            yield diff_lines.alternative(self.side, path, _describe_type(branch), is_now=True)


class _Outputs(_Inputs):
    """Compares outputs: only the values and their types matter."""

    def __init__(self, current_names: frozenset[str]) -> None:
        super().__init__(current_names, "output")

    def added(self, new: Field, path: Path) -> Line:
        """A new value."""
        return diff_lines.added(
            self.side, path, _describe_type(new), is_required=False, default=MISSING
        )

    def ends(self, old: Field, new: Field, path: Path) -> Iterator[Line]:
        """Only a deprecation matters: the value may disappear."""
        if new.is_deprecated and not old.is_deprecated:
            yield diff_lines.deprecated(self.side, path)

    def limits(self, old: Field, new: Field, path: Path) -> Iterator[Line]:
        """Yield nothing: the limits of a result do not affect its readers."""
        return iter(())

    def choices(self, old: Field, new: Field, path: Path) -> Iterator[Line]:
        """Only new choices matter to a reader."""
        was, now = _values(old), _values(new)
        if added := [value for key, value in now.items() if key not in was]:
            yield diff_lines.choices(self.side, path, added, are_new=True, breaks=False)


def same_default(a: Any, b: Any) -> bool:
    """Whether two defaults are equal as JSON; `1` and `1.0` count as the same."""
    return bool(a == b) if is_number(a) and is_number(b) else identical(a, b)


def is_plural(old: Field, new: Field) -> bool:
    """Whether a single value became a list of them: `image_url` → `image_urls`."""
    item = new.item
    # `image_url` became `image_urls` when edit models learnt to take several.
    is_list = old.kind == "string" and new.kind == "list" and item is not None
    alike = is_list and item is not None and (item.kind, item.media) == (old.kind, old.media)
    return alike and new.name in {old.name, f"{old.name}s"}


def _is_wider(old: Field, new: Field) -> bool:
    """Whether the new type still accepts all old values."""
    if new.kind == "json" or new.kind in old.traits.widens_to:
        return True
    if new.kind == "union":
        kinds = {branch.kind for branch in new.branches}
        keeps_options = _values(old).keys() <= _values(new).keys()
        return keeps_options if old.kind == "choice" else old.kind in kinds
    return old.kind == "string" and new.is_text


def _describe_type(field: Field) -> str:
    if field.kind == "choice":
        return f"one of {diff_lines.some(option.value for option in field.options)}"
    return type_in_words(replace(field, is_nullable=False))


def _values(field: Field) -> dict[str, Any]:
    if field.kind == "boolean":
        return {}
    return _by_json(option.value for option in field.options if not option.branch)


def _by_json(values: Iterable[Any]) -> dict[str, Any]:
    return {json.dumps(value, sort_keys=True): value for value in values}


def _renamed(removed: list[Field], added: list[Field]) -> dict[str, Field]:
    """Removed field's name → the new field that it became; unambiguous pairs only."""
    if not removed or len(removed) * len(added) > _MAX_PAIRS:
        return {}
    pairs = [(old, new) for old in removed for new in added if _is_same_field(old, new)]
    olds, news = [old.name for old, _ in pairs], [new.name for _, new in pairs]
    return {
        old.name: new
        for old, new in pairs
        if olds.count(old.name) == 1 and news.count(new.name) == 1
    }


def _is_same_field(old: Field, new: Field) -> bool:
    """Whether a field was renamed: same type, and same description or similar name."""
    if is_plural(old, new):
        return True
    if (old.kind, old.media) != (new.kind, new.media):
        return False
    # A new name with the old description is the same field.
    if old.help and (old.help, old.more) == (new.help, new.more):
        return True
    words_of = [set(field.name.lower().split("_")) - {""} for field in (old, new)]
    is_named_alike = bool(words_of[0] and words_of[1]) and (
        words_of[0] <= words_of[1] or words_of[1] <= words_of[0]
    )
    return is_named_alike and _shape(old) == _shape(new)


def _shape(field: Field) -> tuple[Any, ...]:
    options = frozenset(_values(field))
    return (field.is_required, options, *(getattr(field, name) for name in _LIMITS))


def _moved_into_groups(
    removed: list[Field], olds: dict[str, Field], news: dict[str, Field]
) -> dict[str, str]:
    """Removed field's name → the group that contains it now."""
    group_of = {}
    for child in removed:
        groups = [
            g
            for g in news.values()
            if _group_contains(g, child) and not _group_contains(olds.get(g.name), child)
        ]
        if len(groups) == 1:
            group_of[child.name] = groups[0].name
    return group_of


def _moved_out_of_groups(removed: list[Field], added: list[Field]) -> dict[str, str]:
    """Added field's name → the removed group that contained it."""
    groups = [group for group in removed if group.kind == "object"]
    return {
        child.name: holders[0].name
        for child in added
        if len(holders := [group for group in groups if _group_contains(group, child)]) == 1
    }


def _group_contains(group: Field | None, child: Field) -> bool:
    if group is None or group.kind != "object":
        return False
    return any(field.name == child.name and field.kind == child.kind for field in group.children)
