"""Parses and validates requests: the parameters by their schemas, and the body."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from jsonschema import Draft202012Validator, ValidationError

from api.contract.components import COMPONENTS, validator
from api.contract.nulls import without_nulls
from api.contract.operation import JSON, Operation, Parameter, Schema
from api.http.problem import Problem, pointer
from fal.db_safe import db_safe
from fal.messages import endpoint_id
from schemas.exact import NotJson, loads

MAX_ERRORS = 20
MOST_POSTED = 250_000  # values of a body: to read, check and store more takes over a second
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_UNREAD = object()


def read_parameters(
    operation: Operation, request: HttpRequest, path: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parameters by name, with defaults for missing ones; raises Problem."""
    values: dict[str, Any] = {}
    errors: list[dict[str, str]] = []
    for parameter in operation.parameters:
        value = path[parameter.name] if parameter.where == "path" else _read(parameter, request)
        if value is None:
            values[parameter.name] = parameter.schema.get("default")
            continue
        if objection := _objection(parameter, value):
            errors.append({"parameter": parameter.name, "detail": objection})
        values[parameter.name] = value
    known_names = {
        parameter.name for parameter in operation.parameters if parameter.where == "query"
    }
    errors += [
        {"parameter": name[:100], "detail": f"This address has no parameter {name[:100]!r}."}
        for name in request.GET
        if name not in known_names
    ]
    if errors:
        raise Problem(422, errors[0]["detail"], errors=errors[:MAX_ERRORS])
    return values


def _read(parameter: Parameter, request: HttpRequest) -> Any:
    """Return the posted value, converted according to its schema; None if there is none."""
    if parameter.where == "header":
        return request.headers.get(parameter.name)
    texts = [str(text) for text in request.GET.getlist(parameter.name)]
    if not texts:
        return None
    if parameter.schema.get("type") == "array":
        return texts
    return _converted(parameter.schema, texts[0]) if len(texts) == 1 else texts


def _converted(schema: Schema, text: str) -> Any:
    if schema.get("type") == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if schema.get("type") == "boolean":
        return {"true": True, "false": False, "1": True, "0": False}.get(text, text)
    return text


def _objection(parameter: Parameter, value: Any) -> str:
    if parameter.where == "path" and not isinstance(value, str | int):
        return ""  # a converter has checked it
    if isinstance(value, str) and ("\x00" in value or not value.isprintable()):
        return f"{parameter.name} has characters that cannot be printed."
    is_looked_up = parameter.where == "path"
    errors = parameter.validator.iter_errors(value)
    error = next((e for e in errors if not (is_looked_up and _is_no_id(e))), None)
    return f"{parameter.name}: {error.message[:300]}" if error else ""


def _is_no_id(error: ValidationError) -> bool:
    """Whether the text is not an endpoint id; the look-up of the model has a better message."""
    return error.validator == "pattern" and error.validator_value == endpoint_id.PATTERN


def read_body(operation: Operation, request: HttpRequest) -> Any:
    """Return the validated body; None if the operation takes none. Raises Problem."""
    body = operation.body
    if body is None:
        return None
    if request.content_type != body.content_type:
        detail = f"Send the body as {body.content_type}."
        raise Problem(415, detail, headers={"Accept": body.content_type})
    if body.content_type != JSON:
        return None  # the handler reads files and fields
    value = _parse(request.body)
    if isinstance(value, dict):
        value = {body.formerly.get(name, name): item for name, item in value.items()}
    value = without_nulls(COMPONENTS[body.component], value)
    errors = find_errors(validator(body.component), value)
    if errors:
        raise Problem(422, errors[0]["detail"], errors=errors)
    return value


def loads_posted(text: str, most_values: int = MOST_POSTED) -> Any:
    """Parse JSON from outside as `loads`, without NUL and lone surrogates; raises NotJson.

    Only escapes can contain them. Databases reject them, and no page or export could write them.
    """
    value = loads(text, most_values)
    return db_safe(value) if "\\u" in text else value


def _parse(content: bytes) -> Any:
    try:
        return loads_posted(content.decode())
    except UnicodeDecodeError:
        raise Problem(400, "The body is not UTF-8.") from None
    except NotJson as error:
        raise Problem(400, f"The body is not JSON: {error}.") from None


def find_errors(checked: Draft202012Validator, value: Any) -> list[dict[str, str]]:
    """Return the validation errors of a value, each with a JSON Pointer."""
    errors: list[dict[str, str]] = []
    for error in checked.iter_errors(value):
        if _is_no_id(error):
            continue
        errors += [problem for problem in _in_words(error) if problem not in errors]
        if len(errors) >= MAX_ERRORS:
            break
    return errors[:MAX_ERRORS]


def _in_words(error: ValidationError) -> Iterator[dict[str, str]]:
    """Yield an error in words, naming the properties of the object that contains it."""
    place = [*error.absolute_path]
    schema: Any = error.schema
    instance: Any = error.instance
    properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
    takes = f"It takes {', '.join(properties)}."
    if error.validator == "additionalProperties" and properties:
        for name in instance.keys() - properties.keys():
            detail = f"{name[:100]!r} is not a property of this object. {takes}"
            yield {"pointer": pointer([*place, name[:100]]), "detail": detail}
    elif error.validator == "required":
        for name in schema["required"]:
            if name not in instance:
                yield {"pointer": pointer([*place, name]), "detail": f"{name} is missing. {takes}"}
    elif error.validator == "type" and properties:
        yield {"pointer": pointer(place), "detail": f"This must be an object. {takes}"}
    else:
        yield {"pointer": pointer(place), "detail": error.message[:300]}
