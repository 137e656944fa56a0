"""Sentences for failed schema keywords; each completes "<label> …"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jsonschema import ValidationError

from schemas.exact import dumps
from schemas.fields import Field
from schemas.wording.labels import number

_MAX_LISTED = 8
TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "yes or no",
    "array": "a list",
    "object": "an object",
    "null": "empty",
}
_SENTENCES = {
    "minimum": "must be {limit} or more",
    "maximum": "must be {limit} or less",
    "exclusiveMinimum": "must be more than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
    "multipleOf": "must be a multiple of {limit}",
    "uniqueItems": "must not have the same entry twice",
    "const": "must be {limit}",
    "None": "is not allowed",
}
_COUNTS = {
    "minLength": "must have at least {limit} {unit}; it has {found}",
    "maxLength": "may have at most {limit} {unit}; it has {found}",
    "minItems": "needs at least {limit} {unit}; it has {found}",
    "maxItems": "may have at most {limit} {unit}; it has {found}",
    "minProperties": "needs at least {limit} {unit}; it has {found}",
    "maxProperties": "may have at most {limit} {unit}; it has {found}",
}
_MEDIA = {"image": "image", "video": "video", "audio": "sound", "file": "file"}


def sentence(error: ValidationError, field: Field) -> str:
    """The sentence for one failed keyword at `field`, without its label."""
    limit, keyword = as_any(error.validator_value), str(error.validator)
    if "propertyNames" in list(error.relative_schema_path)[:-1]:
        why = _of_keyword(keyword, limit, error, field)
        return f"has the key “{_short(error.instance)}”, which {why}"
    return _of_keyword(keyword, limit, error, field)


def as_any(value: Any) -> Any:
    """The value as Any; jsonschema's type hints are narrower than JSON."""
    return value


def join_or(choices: Iterable[str]) -> str:
    """`a, b or c`."""
    distinct_choices = list(dict.fromkeys(choices))
    if not distinct_choices:
        return "something else"
    return " or ".join(filter(None, (", ".join(distinct_choices[:-1]), distinct_choices[-1])))


def _of_keyword(keyword: str, limit: Any, error: ValidationError, field: Field) -> str:
    if keyword in _SENTENCES:
        return _SENTENCES[keyword].format(limit=_short(limit))
    if keyword in _COUNTS:
        return _count(keyword, limit, error.instance, field)
    match keyword:
        case "type":
            kinds = limit if isinstance(limit, list) else [limit]
            return f"must be {join_or(TYPES[kind] for kind in kinds)}"
        case "enum":
            return _choices(limit)
        case "anyOf" | "oneOf":
            return _shapes(error)
        case "not":
            return "has a value that is not allowed" if limit else "is not allowed"
        case "pattern":
            return _form(limit, field)
        case "contains" | "minContains":
            least = as_any(error.schema).get("minContains", 1)
            return f"needs at least {least} {_entries(least)} of the required kind"
        case "maxContains":
            return f"may have at most {limit} {_entries(limit)} of that kind"
        case "items" | "unevaluatedItems":
            return "has more entries than are allowed"
    return f"is not accepted ({keyword}: {_short(limit)})"


def _count(keyword: str, limit: int, value: Any, field: Field) -> str:
    if limit == 1 and keyword == "minLength":
        return "must not be empty"
    if limit == 1 and keyword in {"minItems", "minProperties"}:
        return f"needs at least one {_thing(field)}"
    unit = "characters" if keyword.endswith("Length") else f"{_thing(field)}s"
    unit = {"entrys": "entries"}.get(unit, unit)
    unit = unit if limit != 1 else unit.removesuffix("s") if unit != "entries" else "entry"
    return _COUNTS[keyword].format(limit=limit, unit=unit, found=len(value))


def _thing(field: Field) -> str:
    """The word for one row of a list."""
    return _MEDIA.get(field.item.media if field.item else "", "entry")


def _entries(count: Any) -> str:
    return "entry" if count == 1 else "entries"


def _choices(values: list[Any]) -> str:
    if len(values) <= _MAX_LISTED:
        return f"must be {join_or(map(_short, values))}"
    return f"must be one of its {len(values)} choices, such as {join_or(map(_short, values[:3]))}"


def _form(pattern: str, field: Field) -> str:
    samples = [field.default, *field.examples]
    sample = next((text for text in samples if isinstance(text, str) and text), "")
    such_as = f", such as “{_short(sample)}”" if sample else ""
    return f"must have the form {_short(pattern)}{such_as}"


def _shapes(error: ValidationError) -> str:
    """The sentence for a value that fits no alternative of a union."""
    if not error.context:
        return "matches more than one of its allowed forms"
    names: set[str] = set()
    for inner in error.context:
        if inner.validator == "type":
            kinds = as_any(inner.validator_value)
            names |= {TYPES[kind] for kind in (kinds if isinstance(kinds, list) else [kinds])}
    return f"must be {join_or(sorted(names))}" if names else "matches none of its allowed forms"


def _short(value: Any) -> str:
    if isinstance(value, bool | None):
        return {True: "yes", False: "no", None: "empty"}[value]
    if isinstance(value, dict | list):
        text = dumps(value, indent=None)
    else:
        text = number(value) if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
