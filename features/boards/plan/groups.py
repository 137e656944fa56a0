"""The fields of a plan's form: those that all its models share, and each model's own.

One Field tree has them as groups, so that the form is rendered and parsed like a model's own form:
`shared.prompt`, `m0.guidance_scale`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from runs.files.own_addresses import tidy_addresses
from schemas import Field
from schemas.carry import own_fields, shared_fields
from schemas.document.openapi import as_dict
from schemas.form.decode import Problem, decode_post, segment
from schemas.form.encode import encode_arguments
from schemas.meanings import by_meaning

SHARED = "shared"
Post = dict[str, list[str]]


@dataclass(frozen=True)
class Groups:
    """The shared fields, as in the schema of `source`, and each model's own fields."""

    source: Field
    shared: tuple[Field, ...]
    own: tuple[tuple[Field, ...], ...]

    @property
    def root(self) -> Field:
        """Return all groups as one tree."""
        groups = [_group(SHARED, self.shared)]
        groups += [_group(own_name(number), fields) for number, fields in enumerate(self.own)]
        return Field(kind="object", children=tuple(groups))


def own_name(number: int) -> str:
    """Return the name of the group of a model's own fields."""
    return f"m{number}"


def groups_of(source: Endpoint, models: Sequence[Endpoint]) -> Groups:
    """Group the fields of these models; `source` is the model whose schema defines shared ones."""
    first = version_of(source).root
    roots = [version_of(model).root for model in models]
    # Usually one of the models is the source itself, which has all of its fields.
    other_roots = [root for root in roots if root is not first]
    common = shared_fields([first, *other_roots])
    shared = _without_seed(first, common)
    own = [_without_seed(root, own_fields(common, first, root)) for root in roots]
    return Groups(first, shared, tuple(own))


def _without_seed(root: Field, fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return the fields without the seed: the plan has its own control for seeds."""
    seed = seed_field(root)
    return tuple(field for field in fields if field is not seed)


def seed_field(root: Field) -> Field | None:
    """Return the field that a plan's seeds are assigned to; None if the model has none."""
    return by_meaning(root.children).get("seed")


def _group(name: str, fields: Sequence[Field]) -> Field:
    # Nothing is required here: a row may provide what the form leaves empty.
    return Field(
        kind="object",
        name=name,
        children=tuple(replace(field, is_required=False) for field in fields),
        rest=Field(kind="map", item=Field(kind="json"), is_open=False),
    )


@dataclass(frozen=True)
class GroupContents:
    """The contents of the groups: the shared arguments, and each model's own."""

    shared: dict[str, Any]
    own: list[dict[str, Any]]
    problems: list[Problem]


def decode_groups(groups: Groups, post: Post) -> GroupContents:
    """Decode the post of a plan's form."""
    decoded = decode_post(groups.root, post)
    arguments = tidy_addresses(decoded.arguments)
    own = [as_dict(arguments.get(own_name(number))) for number in range(len(groups.own))]
    return GroupContents(as_dict(arguments.get(SHARED)), own, decoded.problems)


def write(groups: Groups, shared: dict[str, Any], own: Sequence[dict[str, Any]]) -> Post:
    """Return the post of a form with these arguments; those without a field are left out."""
    values = {SHARED: _only(groups.shared, shared)}
    for number, (fields, arguments) in enumerate(zip(groups.own, own, strict=True)):
        values[own_name(number)] = _only(fields, arguments)
    return encode_arguments(groups.root, {name: value for name, value in values.items() if value})


def _only(fields: Sequence[Field], arguments: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields}
    return {name: value for name, value in arguments.items() if name in names}


def of_group(post: Post, name: str) -> Post:
    """Return the controls of one group."""
    prefix = segment(name)
    return {
        key: texts
        for key, texts in post.items()
        if key.partition(".")[0].partition("~")[0] == prefix
    }
