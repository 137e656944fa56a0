"""Arguments against the original JSON Schema, by the jsonschema library; problems in sentences for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from jsonschema import ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from schemas.bridge import bridged
from schemas.fields import Field, find
from schemas.limited import Limited, errors
from schemas.openapi import Contract
from schemas.reading import Path, Problem
from schemas.sentences import anything, sentence
from schemas.words import label

DOCUMENT = "urn:vitrine:document"
_MAX_PROBLEMS = 50


def validate(contract: Contract, arguments: Any, root: Field) -> list[Problem]:
    """What the schema has against the arguments, in the order of the form; empty when nothing."""
    try:
        wrong = errors(_validator(contract), arguments, _MAX_PROBLEMS)
    except (RecursionError, Unresolvable):
        return []  # a schema that never ends, or points nowhere, allows everything
    found = dict.fromkeys(problem for error in wrong for problem in _problems(error, (), root))
    return sorted(found, key=lambda problem: _place(root, problem.path))


@lru_cache(maxsize=512)
def _validator(contract: Contract) -> Any:
    """Made once for each Contract object, which its holder keeps by the document's digest."""
    schema, parts = bridged(contract.input, contract.document, DOCUMENT)
    resource = DRAFT202012.create_resource(parts)
    registry: Registry[Any] = Registry().with_resource(DOCUMENT, resource)
    return Limited(schema, registry=registry)


def _place(root: Field, path: Path) -> tuple[int, ...]:
    """Where a path stands in the form, so that problems come in the order of the page."""
    order, here = [], root
    for part in path:
        names = [child.name for child in here.children]
        order.append(
            part if isinstance(part, int) else names.index(part) if part in names else 9999
        )
        here = find(here, (part,))
    return tuple(order)


def _problems(error: ValidationError, above: Path, root: Field) -> Iterator[Problem]:
    """One error as problems: a missing or foreign key belongs to that key, a union's to its best alternative."""
    path = above + tuple(error.relative_path)
    best = _best_branch(error) if error.validator in {"anyOf", "oneOf"} and error.context else []
    if best:
        for inner in best:
            yield from _problems(inner, path, root)
        return
    told = list(_of_keys(error, path, root))
    yield from told or [Problem(path, f"{_label(root, path)} {sentence(error, find(root, path))}")]


def _of_keys(error: ValidationError, path: Path, root: Field) -> Iterator[Problem]:
    """The problems of an error that is about keys: those missing, or those not allowed."""
    found, limit = anything(error.instance), anything(error.validator_value)
    if error.validator == "required":
        for key in limit:
            if error.message.startswith(f"{key!r} is"):
                yield Problem((*path, key), f"{_label(root, (*path, key))} is required")
    elif error.validator == "dependentRequired":
        for cause, needed in limit.items():
            for key in needed if cause in found else ():
                if key not in found:
                    words = _label(root, (*path, key)), _label(root, (*path, cause))
                    yield Problem((*path, key), "{} is required beside {}".format(*words))
    elif error.validator in {"additionalProperties", "unevaluatedProperties"}:
        for key in _foreign(error):
            yield Problem((*path, key), f"{_label(root, (*path, key))} is not allowed here")


def _foreign(error: ValidationError) -> Iterable[str]:
    """The keys that no part of the schema allows, as far as one can tell."""
    schema, found = anything(error.schema), anything(error.instance)
    named = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    foreign = [k for k in found if k not in named and not any(re.search(p, k) for p in patterns)]
    return [key for key in foreign if error.validator == "additionalProperties" or f"{key!r}" in error.message][:5]  # fmt: skip


def _best_branch(error: ValidationError) -> list[ValidationError]:
    """The errors of the alternative that the value comes closest to: its type fits, and it goes deepest."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    ranked = sorted(branches.values(), key=_distance)
    if len(ranked) > 1 and _distance(ranked[0])[0]:
        return []  # nothing but wrong types: better to name them all
    return ranked[0] if ranked else []


def _distance(errors: list[ValidationError]) -> tuple[bool, bool, int, int]:
    at_top = [error for error in errors if not error.relative_path]
    is_wrong_type = any(error.validator == "type" for error in at_top)
    is_wrong_value = any(error.validator in {"enum", "const"} for error in at_top)
    deepest = max(len(error.absolute_path) for error in errors)
    return is_wrong_type, is_wrong_value, -deepest, len(errors)


def _label(root: Field, path: Path) -> str:
    """What the form calls the value at a path."""
    if not path:
        return "The input"
    field, part = find(root, path), path[-1]
    if field.name == str(part):
        return field.label
    return f"Item {part + 1}" if isinstance(part, int) else label(part) or "The value"
