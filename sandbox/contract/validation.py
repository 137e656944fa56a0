"""Validates arguments by a model's schema, with pydantic's error format, and fills in defaults."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from sandbox.contract.openapi import REF, components
from sandbox.contract.registry import Arguments, Model
from sandbox.errors import DOCS, InvalidArguments

Loc = tuple[str | int, ...]

TYPES = {
    "string": ("string_type", "Input should be a valid string"),
    "integer": ("int_type", "Input should be a valid integer"),
    "number": ("float_type", "Input should be a valid number"),
    "boolean": ("bool_type", "Input should be a valid boolean"),
    "array": ("list_type", "Input should be a valid list"),
    "object": ("dict_type", "Input should be a valid dictionary"),
    "null": ("none_required", "Input should be None"),
}
# JSON Schema keyword → (type, message, name in ctx), in pydantic's vocabulary or fal's.
LIMITS = {
    "minimum": ("greater_than_equal", "Input should be greater than or equal to {}", "ge"),
    "maximum": ("less_than_equal", "Input should be less than or equal to {}", "le"),
    "exclusiveMinimum": ("greater_than", "Input should be greater than {}", "gt"),
    "exclusiveMaximum": ("less_than", "Input should be less than {}", "lt"),
    "multipleOf": ("multiple_of", "Input should be a multiple of {}", "multiple_of"),
    "minLength": ("string_too_short", "String should have at least {} characters", "min_length"),
    "maxLength": ("string_too_long", "String should have at most {} characters", "max_length"),
    "minItems": ("sequence_too_short", "List should have at least {} items", "min_length"),
    "maxItems": ("sequence_too_long", "List should have at most {} items", "max_length"),
    "pattern": ("string_pattern_mismatch", "String should match pattern '{}'", "pattern"),
}


def check(model: Model, arguments: Any) -> Arguments:
    """Return the arguments with defaults filled in; raises InvalidArguments with every error."""
    validator = _validator(model)
    details = [item for error in validator.iter_errors(arguments) for item in _details(error, ())]
    if details:
        details.sort(key=lambda item: [str(part) for part in item["loc"]])
        raise InvalidArguments(details)
    fields = model.input["properties"]
    return {name: field["default"] for name, field in fields.items() if "default" in field} | dict(
        arguments
    )


@lru_cache(maxsize=4096)
def _validator(model: Model) -> Draft202012Validator:
    schemas = {name: _to_2020_12(schema, model) for name, schema in components(model).items()}
    root = {**_to_2020_12(model.input, model), "components": {"schemas": schemas}}
    return Draft202012Validator(root)


def _to_2020_12(schema: Any, model: Model) -> Any:
    """Convert from OpenAPI 3.0: `nullable` becomes a branch, a dangling `$ref` allows anything."""
    if isinstance(schema, list):
        return [_to_2020_12(item, model) for item in schema]
    if not isinstance(schema, dict):
        return schema
    target = schema.get("$ref")
    if isinstance(target, str) and target.removeprefix(REF) not in components(model):
        return {}
    result = {
        key: value if key in ("examples", "default", "enum", "const") else _to_2020_12(value, model)
        for key, value in schema.items()
    }
    fields = result.get("properties")
    if isinstance(fields, dict) and "required" in result:
        # fal lists fields with a default as required, but its models accept requests without them.
        result["required"] = [
            name for name in result["required"] if "default" not in fields.get(name, {})
        ]
    if result.pop("nullable", False) is True:
        return {"anyOf": [result, {"type": "null"}], "default": result.get("default")}
    return result


def _details(error: ValidationError, loc: Loc) -> Iterator[dict[str, Any]]:
    error_loc = (*loc, *error.relative_path)
    keyword = str(error.validator)
    limit: Any = error.validator_value
    if keyword in ("anyOf", "oneOf") and error.context:
        yield from _branches(error, error_loc)
    elif keyword == "required":
        missing = next(name for name in limit if error.message.startswith(f"{name!r} "))
        yield _detail((*error_loc, missing), "missing", "Field required", error.instance)
    elif keyword == "type":
        kind = limit if isinstance(limit, str) else limit[0]
        type_, msg = TYPES[kind]
        yield _detail(error_loc, type_, msg, error.instance)
    elif keyword in ("enum", "const"):
        options = list(limit) if keyword == "enum" else [limit]
        *head, last = [repr(option) for option in options]
        expected = f"{', '.join(head)} or {last}" if head else last
        msg = f"Input should be {expected}"
        yield _detail(error_loc, "literal_error", msg, error.instance, {"expected": expected})
    elif keyword in LIMITS:
        type_, msg, name = LIMITS[keyword]
        yield _detail(error_loc, type_, msg.format(limit), error.instance, {name: limit})
    else:
        yield _detail(error_loc, "value_error", error.message, error.instance)


def _branches(error: ValidationError, error_loc: Loc) -> Iterator[dict[str, Any]]:
    """Yield the errors of each branch that is not null; of several, with its name in `loc`."""
    branches: dict[int, list[ValidationError]] = {}
    for suberror in error.context:
        branches.setdefault(int(suberror.schema_path[0]), []).append(suberror)
    options: Any = error.validator_value
    names = {index: _branch_name(options[index]) for index in branches}
    visible_indexes = [index for index, name in names.items() if name != "none"]
    for index in visible_indexes:
        name = (names[index],) if len(visible_indexes) > 1 else ()
        for suberror in branches[index]:
            yield from _details(suberror, (*error_loc, *name))


def _branch_name(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return "enum"
    return {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}.get(
        schema.get("type", "any"), {"null": "none"}.get(schema.get("type", ""), "value")
    )


def _detail(
    loc: Loc, type: str, msg: str, value: Any, ctx: dict[str, Any] | None = None
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "loc": ["body", *loc],
        "msg": msg,
        "type": type,
        "input": value,
        "url": DOCS + type,
    }
    if ctx:
        item["ctx"] = ctx
    return item
