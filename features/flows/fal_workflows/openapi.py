"""A workflow's OpenAPI document like fal's for endpoints (protocol, 4.1, 15.9).

As far as known, fal serves none for an account's workflows. With it the ordinary form, its checks,
the API tab and the history of schemas work as for any model. The inputs are read from all three
notations of `schema.input` (15.5, C64).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from features.flows.fal_workflows.reading import Workflow
from schemas.document.openapi import as_dict

Borrow = Callable[[str, str], "dict[str, Any] | None"]
_TYPES = {
    **{name: name for name in ("string", "integer", "number", "boolean", "array", "object")},
    "text": "string",
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "enum": "string",
    "select": "string",
}
_MEDIA = {"image", "video", "audio", "file"}
_KEPT = ("description", "default", "examples", "enum", "minimum", "maximum", "items", "ui")


def fields_of(workflow: Workflow, borrow: Borrow | None = None) -> dict[str, dict[str, Any]]:
    """Map each field to its JSON Schema, in order; keep the editor's `required: true` on fields.

    `borrow(app, field)` returns the schema of a model's own field, for fields that the workflow
    does not describe beyond where they are used.
    """
    if _is_json_schema(workflow):
        properties = workflow.inputs["properties"]
        required = workflow.inputs.get("required")
        names = set(required) if isinstance(required, list) else set()
        return {
            str(name): {**as_dict(schema), **({"required": True} if name in names else {})}
            for name, schema in properties.items()
        }
    fields = {}
    for name, raw in workflow.inputs.items():
        fields[str(name)] = _field(workflow, str(name), as_dict(raw), borrow)
    for name in workflow.readers:  # read, but not described
        if name not in fields:
            fields[name] = _field(workflow, name, {}, borrow)
    return fields


def input_schema(workflow: Workflow, borrow: Borrow | None = None) -> dict[str, Any]:
    """Return the inputs as one JSON Schema object for the form."""
    fields = fields_of(workflow, borrow)
    base = {key: value for key, value in workflow.inputs.items() if key not in ("properties",)}
    schema = base if _is_json_schema(workflow) else {"type": "object", "title": "Input"}
    properties, required = {}, []
    for name, field in fields.items():
        if field.get("required") is True:
            required.append(name)
        properties[name] = {key: value for key, value in field.items() if key != "required"}
    return {
        **schema,
        "properties": properties,
        "required": required,
        "x-fal-order-properties": list(properties),
    }


def _is_json_schema(workflow: Workflow) -> bool:
    """Whether the inputs are the SDK's JSON Schema object, not a map of fields (15.5)."""
    raw = workflow.inputs
    return raw.get("type") == "object" and isinstance(raw.get("properties"), dict)


def _field(
    workflow: Workflow, name: str, raw: dict[str, Any], borrow: Borrow | None
) -> dict[str, Any]:
    schema = {key: raw[key] for key in _KEPT if key in raw}
    kind = raw.get("type")
    says_nothing = kind is None and not schema
    if borrow and (says_nothing or not _is_specific_type(kind)):
        schema = _borrowed(workflow, name, borrow) | schema
    if kind is not None or "type" not in schema:
        schema |= _type(kind, schema, has_shape=bool(schema.keys() & {"anyOf", "$ref", "enum"}))
    title = raw.get("label") or raw.get("title")
    if isinstance(title, str) and title:
        schema["title"] = title
    if raw.get("required") is True or (workflow.is_of_editor and _is_required(raw)):
        schema["required"] = True
    return schema


def _is_specific_type(kind: Any) -> bool:
    """Whether a type is more specific than text, which the editor also writes for pictures."""
    return kind not in (None, "string")


def _is_required(raw: dict[str, Any]) -> bool:
    """Whether a field is required, as the editor shows all (15.5), unless it has a default."""
    return "required" not in raw and "default" not in raw


def _type(kind: Any, schema: dict[str, Any], *, has_shape: bool) -> dict[str, Any]:
    if isinstance(kind, dict):  # {"kind": "list", "elementType": "string"}
        element = kind.get("elementType")
        items = schema.get("items") or _type(element, {}, has_shape=False)
        return {"type": "array", "items": items}
    if isinstance(kind, str) and kind.lower() in _MEDIA:
        return {"type": "string", "ui": {"field": kind.lower(), **as_dict(schema.get("ui"))}}
    if isinstance(kind, str) and kind.lower() in _TYPES:
        return {"type": _TYPES[kind.lower()]} if not has_shape else {}
    # A missing type means text (15.5); an unknown one allows any JSON.
    return {"type": "string"} if kind is None and not has_shape else {}


def _borrowed(workflow: Workflow, name: str, borrow: Borrow) -> dict[str, Any]:
    """Return the schema of the first model field that takes this input as a whole."""
    for app, place, is_part in workflow.readers.get(name, ()):
        if app and not is_part and len(place) in (1, 2):
            borrowed = borrow(app, str(place[0]))
            if borrowed is None:
                continue
            schema = {key: value for key, value in borrowed.items() if key != "default"}
            return schema if len(place) == 1 else as_dict(schema.get("items"))
    return {}


def document(workflow: Workflow, endpoint_id: str, borrow: Borrow | None = None) -> dict[str, Any]:
    """Return the document: the inputs, and the names of the result."""
    return {
        "openapi": "3.0.4",
        "info": {
            "title": f"Queue OpenAPI for {endpoint_id}",
            "version": "1.0.0",
            "description": workflow.description,
        },
        "components": {
            "schemas": {
                "WorkflowInput": input_schema(workflow, borrow),
                "WorkflowOutput": output_schema(workflow),
            }
        },
        "paths": {
            f"/{endpoint_id}": {"post": {"requestBody": _body("WorkflowInput")}},
            f"/{endpoint_id}/requests/{{request_id}}": {
                "get": {"responses": {"200": _body("WorkflowOutput")}}
            },
        },
    }


def output_schema(workflow: Workflow) -> dict[str, Any]:
    """Return the schema of the result's names; each value is a model's output, so it is open."""
    described = workflow.output_schema
    if described.get("type") == "object" and isinstance(described.get("properties"), dict):
        return dict(described)
    properties = {}
    for name in dict.fromkeys([*workflow.output, *described]):
        output_field = described.get(name)
        label = output_field.get("label") if isinstance(output_field, dict) else None
        properties[str(name)] = {"title": label} if isinstance(label, str) and label else {}
    return {"type": "object", "title": "Output", "properties": properties}


def _body(name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"content": {"application/json": {"schema": schema}}}
