"""Arguments against the original JSON Schema, by the jsonschema library; problems in sentences for people."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from schemas.bridge import bridged, bridged_document
from schemas.fields import Field, find
from schemas.openapi import Contract
from schemas.reading import Path, Problem
from schemas.words import label, number

DOCUMENT = "urn:vitrine:document"
_MAX_PROBLEMS = 50


def validate(contract: Contract, arguments: Any, root: Field) -> list[Problem]:
    """What the schema has against the arguments, in the order of the form; empty when nothing."""
    try:
        errors = list(islice(_validator(contract).iter_errors(arguments), _MAX_PROBLEMS))
    except (RecursionError, Unresolvable):
        return []  # a schema that never ends, or points nowhere, allows everything
    found = dict.fromkeys(problem for error in errors for problem in _problems(error, (), root))
    return sorted(found, key=lambda problem: _place(root, problem.path))


@lru_cache(maxsize=512)
def _validator(contract: Contract) -> Draft202012Validator:
    """Made once for each Contract object, which its holder keeps by the document's digest."""
    document = DRAFT202012.create_resource(bridged_document(contract.document))
    registry: Registry[Any] = Registry().with_resource(DOCUMENT, document)
    schema = bridged(contract.input, contract.document, DOCUMENT)
    return Draft202012Validator(schema, registry=registry)


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


def _problems(error: ValidationError, above: Path, root: Field) -> Iterable[Problem]:
    """One error as problems: a missing key belongs to that key, a union's to its best alternative."""
    path = above + tuple(error.relative_path)
    if error.validator == "required":
        required: list[str] = _limit(error)
        for key in required:
            if error.message.startswith(f"{key!r} is"):
                yield Problem((*path, key), f"{_label(root, (*path, key))} is required")
        return
    if error.validator in {"anyOf", "oneOf"} and error.context:
        best = _best_branch(error)
        if best:
            for inner in best:
                yield from _problems(inner, path, root)
            return
    yield Problem(path, f"{_label(root, path)} {_sentence(error)}")


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
    if isinstance(part, int):
        return f"Item {part + 1}"
    return field.label if field.name == part else label(part) or "The value"


def _instance(error: ValidationError) -> Any:
    """The value that failed."""
    return error.instance


def _limit(error: ValidationError) -> Any:
    """What the schema says under the keyword that failed."""
    return error.validator_value


def _sentence(error: ValidationError) -> str:
    """The rest of "<label> …" for one failed keyword."""
    limit, found, keyword = _limit(error), _instance(error), str(error.validator)
    if keyword == "minLength" and limit == 1:
        return "must not be empty"
    if keyword in _SENTENCES:
        return _SENTENCES[keyword].format(limit=_short(limit), found=_size(found))
    match keyword:
        case "type":
            kinds = limit if isinstance(limit, list) else [limit]
            return f"must be {_either(_TYPES[kind] for kind in kinds)}"
        case "enum":
            return f"must be {_either(map(_short, limit[:12]))}{' or another choice' if len(limit) > 12 else ''}"
        case "anyOf" | "oneOf":
            return _shapes(error)
        case "additionalProperties" | "unevaluatedProperties":
            return "has a key that is not allowed: " + ", ".join(_unknown_keys(error)[:5])
        case "None":
            return "is not allowed"
    return f"is not accepted ({keyword}: {_short(limit)})"


def _shapes(error: ValidationError) -> str:
    """The types that a union's alternatives want."""
    names: set[str] = set()
    for inner in error.context or ():
        if inner.validator == "type":
            kinds = _limit(inner)
            names |= {_TYPES[kind] for kind in (kinds if isinstance(kinds, list) else [kinds])}
    return f"must be {_either(sorted(names))}" if names else "has none of the shapes it may have"


_SENTENCES = {
    "minimum": "must be {limit} or more",
    "maximum": "must be {limit} or less",
    "exclusiveMinimum": "must be more than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
    "multipleOf": "must be a multiple of {limit}",
    "minLength": "must have at least {limit} characters; it has {found}",
    "maxLength": "may have at most {limit} characters; it has {found}",
    "minItems": "needs at least {limit} entries; it has {found}",
    "maxItems": "may have at most {limit} entries; it has {found}",
    "minProperties": "needs at least {limit} entries; it has {found}",
    "maxProperties": "may have at most {limit} entries; it has {found}",
    "uniqueItems": "must not have the same entry twice",
    "const": "must be {limit}",
    "pattern": "must have the form {limit}",
    "not": "has a value that is not allowed",
}
_TYPES = {
    "integer": "a whole number", "number": "a number", "string": "a text", "boolean": "yes or no",
    "array": "a list", "object": "an object", "null": "empty",
}  # fmt: skip


def _unknown_keys(error: ValidationError) -> list[str]:
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    return [f"“{key}”" for key in _instance(error) if key not in known]


def _either(words: Iterable[str]) -> str:
    listed = list(dict.fromkeys(words))
    return (
        " or ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))
        if listed
        else "something else"
    )


def _short(value: Any) -> str:
    if isinstance(value, bool | None):
        return {True: "yes", False: "no", None: "empty"}[value]
    text = number(value) if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _size(value: Any) -> str:
    return str(len(value)) if isinstance(value, str | list | dict) else ""
