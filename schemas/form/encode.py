"""Arguments → the form post that means them: the exact inverse of `decode`.

Each value is encoded for its controls and decoded again. If that does not give the same value,
the marks `~set` and `~null` are tried, and finally the value is posted as JSON. So
`decode_post(encode_arguments(value)) == value` holds for every schema and value by construction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from schemas.exact import dumps, identical, is_form_safe
from schemas.fields import MISSING, Field
from schemas.fields.fitting import is_default_branch, matching_option
from schemas.form.decode import Decoder, Need, below
from schemas.form.texts import control_text

FormPost = dict[str, list[str]]


def encode_arguments(root: Field, arguments: dict[str, Any]) -> FormPost:
    """The post of a form filled with `arguments`."""
    return _Encoder().object(root, "", arguments, MISSING, is_set=False)


def encode_default(field: Field, name: str, default: Any) -> FormPost:
    """The post of a list or map that holds its default."""
    return _Encoder().encode(field, name, default, MISSING, Need.CHOSEN)


class _Encoder:
    def encode(self, field: Field, name: str, value: Any, default: Any, need: Need) -> FormPost:
        """The controls of one value, checked by decoding them again."""
        for candidate in self.candidates(field, name, value, default):
            decoder = Decoder(candidate)
            if (
                identical(decoder.decode_value(field, name, (), default, need), value)
                and not decoder.problems
            ):
                return candidate
        boxed = {f"{name}~json": [dumps(value)]}
        is_kept = identical(Decoder(boxed).decode_value(field, name, (), default, need), value)
        return boxed if is_kept else boxed | {f"{name}~set": ["1"]}

    def candidates(self, field: Field, name: str, value: Any, default: Any) -> Iterator[FormPost]:
        """Possible encodings in the field's own controls, the simplest first."""
        mark = {f"{name}~set": ["1"]}
        if value is None:
            blank = {} if field.is_group and field.kind != "union" else {name: [""]}
            yield blank
            yield blank | {f"{name}~null": ["1"]}
        if field.kind == "object" and isinstance(value, dict):
            yield self.object(field, name, value, default, is_set=False)
            yield self.object(field, name, value, default, is_set=True) | mark
        elif (natural := self.to_controls(field, name, value, default)) is not None:
            yield natural
            yield natural | mark

    def to_controls(self, field: Field, name: str, value: Any, default: Any) -> FormPost | None:
        """The field's own controls; None if they cannot hold the value."""
        match field.kind:
            case "list":
                return self.list(field, name, value) if isinstance(value, list) else None
            case "tuple":
                return self.tuple(field, name, value, default) if isinstance(value, list) else None
            case "map":
                return self.map(field, name, value) if isinstance(value, dict) else None
            case "union":
                return self.union(field, name, value, default)
            case "object":
                return None  # `candidates` encodes objects
            case "choice" | "boolean" | "integer" | "number" | "string" | "json":
                text = control_text(field, value)
                return {name: [text]} if is_form_safe(text) else None
            case unknown:
                assert_never(unknown)

    def object(
        self, field: Field, name: str, value: dict[str, Any], default: Any, is_set: bool
    ) -> FormPost:
        """The properties in `value`, and a row for each undefined key."""
        preset = default if isinstance(default, dict) and not is_set else {}
        post: FormPost = {}
        child_names = set()
        for child in field.children:
            child_names.add(child.name)
            if child.name in value:
                need = Need.REQUIRED if child.is_required else Need.OPTIONAL
                own = preset.get(child.name, child.default)
                post |= self.encode(child, below(name, child.name), value[child.name], own, need)
        extras = {key: item for key, item in value.items() if key not in child_names}
        if extras:
            post |= self.encode(field.others, f"{name}~extra", extras, MISSING, Need.OPTIONAL)
        return post

    def list(self, field: Field, name: str, values: list[Any]) -> FormPost | None:
        """A checkbox per choice if every item is a distinct choice; else a row per item."""
        item = field.item or Field(kind="json")
        if is_checkbox_list(field):
            keys = [control_text(item, value) for value in values]
            if all(keys) and len(set(keys)) == len(keys):
                return {f"{name}~rows": [""], **({name: keys} if keys else {})}
            return None
        post: FormPost = {f"{name}~rows": ["", *(str(row) for row in range(len(values)))]}
        for row, value in enumerate(values):
            post |= self.encode(item, below(name, row), value, item.default, Need.CHOSEN)
        return post

    def tuple(
        self, field: Field, name: str, values: Sequence[Any], default: Any
    ) -> FormPost | None:
        """The controls of each place; None if an omitted place would show a default."""
        preset = default if isinstance(default, list) else []
        missing = field.children[len(values) :]
        if len(values) > len(field.children) or len(preset) > len(values):
            return None
        if any(child.has_default or child.is_group for child in missing):
            return None
        post: FormPost = {}
        for number, (child, value) in enumerate(zip(field.children, values, strict=False)):
            own = preset[number] if number < len(preset) else child.default
            post |= self.encode(child, below(name, number), value, own, Need.CHOSEN)
        return post

    def map(self, field: Field, name: str, values: dict[str, Any]) -> FormPost | None:
        """A row with key and value per entry."""
        item = field.item or Field(kind="json")
        post: FormPost = {f"{name}~rows": ["", *(str(row) for row in range(len(values)))]}
        for row, (key, value) in enumerate(values.items()):
            if not key or "\n" in key or not is_form_safe(key):
                return None
            row_name = below(name, row)
            post |= {f"{row_name}~key": [key]}
            post |= self.encode(item, row_name, value, item.default, Need.CHOSEN)
        return post

    def union(self, field: Field, name: str, value: Any, default: Any) -> FormPost | None:
        """The chosen option and, for an alternative, its controls."""
        option = matching_option(field, value)
        if option is None:
            return None
        if not option.branch:
            return {name: [option.key]}
        branch = field.branches[option.branch - 1]
        preset = default if is_default_branch(field, option.branch, default) else branch.default
        inner = self.encode(branch, name + option.key, value, preset, Need.CHOSEN)
        return {name: [option.key], **inner}


def is_checkbox_list(field: Field) -> bool:
    """Whether a list is drawn as checkboxes: its items are choices."""
    item = field.item
    return (
        field.kind == "list" and item is not None and item.kind == "choice" and not item.is_nullable
    )
