"""Validates arguments against the original JSON Schema with the jsonschema library."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from jsonschema import ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from schemas.document.openapi import Contract
from schemas.document.openapi_compat import to_2020_12
from schemas.fields import Field, find
from schemas.fields.paths import label_at
from schemas.form.decode import Path, Problem
from schemas.validation.bounded_validator import BoundedValidator, errors
from schemas.validation.sentences import as_any, sentence

DOCUMENT = "urn:vitrine:document"
_MAX_PROBLEMS = 50
_ON_A_COMPUTER = re.compile(r"\s*+(?:blob:|file:|filesystem:|[a-z]:[\\/]|\\\\|~/)", re.IGNORECASE)
_UNREACHABLE = (
    "names a file that only your own computer can open: choose the file itself, or write an "
    "address that begins with https://"
)


def validate(contract: Contract, arguments: Any, root: Field) -> list[Problem]:
    """The problems of the arguments, in the order of the form; empty if they are valid."""
    try:
        wrong = errors(_validator(contract), arguments, _MAX_PROBLEMS)
    except (RecursionError, Unresolvable):
        wrong = []  # an endless or dangling schema allows everything
    problems = dict.fromkeys(problem for error in wrong for problem in _problems(error, (), root))
    problems |= dict.fromkeys(islice(_unreachable_files(arguments, root), _MAX_PROBLEMS))
    return sorted(problems, key=lambda problem: _form_position(root, problem.path))


def _unreachable_files(arguments: Any, root: Field) -> Iterator[Problem]:
    """Yield a problem for each file that is a path on a user's computer, or in browser memory."""
    waiting: list[tuple[Path, Any]] = [((), arguments)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict | list):
            parts = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [((*path, key), part) for key, part in parts]
        elif isinstance(value, str) and _ON_A_COMPUTER.match(value):
            field = find(root, path)
            if field is not None and field.media:
                yield Problem(path, f"{label_at(root, path)} {_UNREACHABLE}")


# A validator lives as long as its contract, which the document cache of the caller holds.
_validators: WeakKeyDictionary[Contract, Any] = WeakKeyDictionary()


def _validator(contract: Contract) -> Any:
    """The validator of a contract, created once."""
    validator = _validators.get(contract)
    if validator is None:
        validator = _validators[contract] = _make_validator(contract)
    return validator


def _make_validator(contract: Contract) -> Any:
    schema, parts = to_2020_12(contract.input, contract.document, DOCUMENT)
    resource = DRAFT202012.create_resource(parts)
    registry: Registry[Any] = Registry().with_resource(DOCUMENT, resource)
    return BoundedValidator(schema, registry=registry)


def _form_position(root: Field, path: Path) -> tuple[int, ...]:
    """The sort key of a path by its position in the form."""
    order, parent = [], root
    for part in path:
        names = [child.name for child in parent.children]
        order.append(
            part if isinstance(part, int) else names.index(part) if part in names else 9999
        )
        parent = find(parent, (part,))
    return tuple(order)


def _problems(error: ValidationError, above: Path, root: Field) -> Iterator[Problem]:
    """An error as problems: at missing or unknown keys, or in a union's best alternative."""
    path = above + tuple(error.relative_path)
    best = _best_branch(error) if error.validator in {"anyOf", "oneOf"} and error.context else []
    if best:
        for inner in best:
            yield from _problems(inner, path, root)
        return
    at_keys = list(_key_problems(error, path, root))
    yield from at_keys or [
        Problem(path, f"{label_at(root, path)} {sentence(error, find(root, path))}")
    ]


def _key_problems(error: ValidationError, path: Path, root: Field) -> Iterator[Problem]:
    """The problems of an error about missing or forbidden keys."""
    value, limit = as_any(error.instance), as_any(error.validator_value)
    if error.validator == "required":
        for key in limit:
            if error.message.startswith(f"{key!r} is"):
                yield Problem((*path, key), f"{label_at(root, (*path, key))} is required")
    elif error.validator == "dependentRequired":
        for cause, needed in limit.items():
            for key in needed if cause in value else ():
                if key not in value:
                    labels = label_at(root, (*path, key)), label_at(root, (*path, cause))
                    yield Problem((*path, key), "{} is required together with {}".format(*labels))
    elif error.validator in {"additionalProperties", "unevaluatedProperties"}:
        for key in _unknown_keys(error):
            yield Problem((*path, key), f"{label_at(root, (*path, key))} is not allowed here")


def _unknown_keys(error: ValidationError) -> Iterable[str]:
    """Up to five keys that the schema does not allow, as far as can be determined."""
    schema, value = as_any(error.schema), as_any(error.instance)
    properties = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    foreign = [
        k for k in value if k not in properties and not any(re.search(p, k) for p in patterns)
    ]
    return [
        key
        for key in foreign
        if error.validator == "additionalProperties" or f"{key!r}" in error.message
    ][:5]


def _best_branch(error: ValidationError) -> list[ValidationError]:
    """The errors of the closest alternative: its type matches, and its errors are deepest."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    ranked = sorted(branches.values(), key=_distance)
    if len(ranked) > 1 and _distance(ranked[0])[0]:
        return []  # only wrong types: the caller names them all
    return ranked[0] if ranked else []


def _distance(errors: list[ValidationError]) -> tuple[bool, bool, int, int]:
    at_top = [error for error in errors if not error.relative_path]
    is_wrong_type = any(error.validator == "type" for error in at_top)
    is_wrong_value = any(error.validator in {"enum", "const"} for error in at_top)
    deepest = max(len(error.absolute_path) for error in errors)
    return is_wrong_type, is_wrong_value, -deepest, len(errors)
