"""Arguments → the post that stands for them: the exact inverse of `reading`.

Each value is written as its controls would hold it, and read back; where that does not give
the same value, the marks `~set` and `~null` are tried, and at last the value stands as JSON.
So the law `parse(write(value)) == value` holds for every schema and every value by construction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from schemas.controls import below
from schemas.exact import dumps, identical, is_sturdy
from schemas.fields import MISSING, Field
from schemas.fitting import fitting, is_default_branch
from schemas.reading import Need, Reader
from schemas.texts import shown

Written = dict[str, list[str]]


def write(root: Field, arguments: dict[str, Any]) -> Written:
    """The post of a form filled in with `arguments`."""
    return _Writer().object(root, "", arguments, MISSING, is_set=False)


def write_default(field: Field, name: str, default: Any) -> Written:
    """The post of a list or map as it stands before anybody touched it."""
    return _Writer().write(field, name, default, MISSING, Need.CHOSEN)


class _Writer:
    def write(self, field: Field, name: str, value: Any, default: Any, need: Need) -> Written:
        """The controls of one value, checked by reading them back."""
        for candidate in self.candidates(field, name, value, default):
            reader = Reader(candidate)
            if (
                identical(reader.value(field, name, (), default, need), value)
                and not reader.problems
            ):
                return candidate
        boxed = {f"{name}~json": [dumps(value)]}
        is_kept = identical(Reader(boxed).value(field, name, (), default, need), value)
        return boxed if is_kept else boxed | {f"{name}~set": ["1"]}

    def candidates(self, field: Field, name: str, value: Any, default: Any) -> Iterator[Written]:
        """Ways to hold a value in the field's own controls, the plainest first."""
        mark = {f"{name}~set": ["1"]}
        if value is None:
            blank = {} if field.is_group and field.kind != "union" else {name: [""]}
            yield blank
            yield blank | {f"{name}~null": ["1"]}
        if field.kind == "object" and isinstance(value, dict):
            yield self.object(field, name, value, default, is_set=False)
            yield self.object(field, name, value, default, is_set=True) | mark
        elif (natural := self.natural(field, name, value, default)) is not None:
            yield natural
            yield natural | mark

    def natural(self, field: Field, name: str, value: Any, default: Any) -> Written | None:
        """The field's own controls; None where they cannot hold such a value."""
        if field.kind == "list":
            return self.list(field, name, value) if isinstance(value, list) else None
        if field.kind == "tuple":
            return self.tuple(field, name, value, default) if isinstance(value, list) else None
        if field.kind == "map":
            return self.map(field, name, value) if isinstance(value, dict) else None
        if field.kind == "union":
            return self.union(field, name, value, default)
        if field.kind == "object":
            return None
        text = shown(field, value)
        return {name: [text]} if is_sturdy(text) else None

    def object(
        self, field: Field, name: str, value: dict[str, Any], default: Any, is_set: bool
    ) -> Written:
        """Each property that is there, and a row for each unknown one."""
        preset = default if isinstance(default, dict) and not is_set else {}
        post: Written = {}
        known = set()
        for child in field.children:
            known.add(child.name)
            if child.name in value:
                need = Need.REQUIRED if child.is_required else Need.OPTIONAL
                own = preset.get(child.name, child.default)
                post |= self.write(child, below(name, child.name), value[child.name], own, need)
        extras = {key: item for key, item in value.items() if key not in known}
        if extras:
            post |= self.write(field.others, f"{name}~extra", extras, MISSING, Need.OPTIONAL)
        return post

    def list(self, field: Field, name: str, values: list[Any]) -> Written | None:
        """A box for each choice where every item is one, once; else a row for each item."""
        item = field.item or Field(kind="json")
        if is_tickable(field):
            keys = [shown(item, value) for value in values]
            if all(keys) and len(set(keys)) == len(keys):
                return {f"{name}~rows": [""], **({name: keys} if keys else {})}
            return None
        post: Written = {f"{name}~rows": ["", *(str(row) for row in range(len(values)))]}
        for row, value in enumerate(values):
            post |= self.write(item, below(name, row), value, item.default, Need.CHOSEN)
        return post

    def tuple(self, field: Field, name: str, values: Sequence[Any], default: Any) -> Written | None:
        """Each place's own controls; None where places are missing that would show something, or too few."""
        preset = default if isinstance(default, list) else []
        missing = field.children[len(values) :]
        if len(values) > len(field.children) or len(preset) > len(values):
            return None
        if any(child.has_default or child.is_group for child in missing):
            return None
        post: Written = {}
        for number, (child, value) in enumerate(zip(field.children, values, strict=False)):
            own = preset[number] if number < len(preset) else child.default
            post |= self.write(child, below(name, number), value, own, Need.CHOSEN)
        return post

    def map(self, field: Field, name: str, values: dict[str, Any]) -> Written | None:
        """A row of key and value for each entry."""
        item = field.item or Field(kind="json")
        post: Written = {f"{name}~rows": ["", *(str(row) for row in range(len(values)))]}
        for row, (key, value) in enumerate(values.items()):
            if not key or "\n" in key or not is_sturdy(key):
                return None
            here = below(name, row)
            post |= {f"{here}~key": [key]}
            post |= self.write(item, here, value, item.default, Need.CHOSEN)
        return post

    def union(self, field: Field, name: str, value: Any, default: Any) -> Written | None:
        """The choice, and the controls of the alternative where it is not a plain option."""
        option = fitting(field, value)
        if option is None:
            return None
        if not option.branch:
            return {name: [option.key]}
        branch = field.branches[option.branch - 1]
        preset = default if is_default_branch(field, option.branch, default) else branch.default
        inner = self.write(branch, name + option.key, value, preset, Need.CHOSEN)
        return {name: [option.key], **inner}


def is_tickable(field: Field) -> bool:
    """Whether a list is drawn as one box a choice: it picks some of a few."""
    item = field.item
    return (
        field.kind == "list" and item is not None and item.kind == "choice" and not item.is_nullable
    )
