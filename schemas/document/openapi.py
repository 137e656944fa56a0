"""Finds the input and output schemas in an endpoint's OpenAPI document (protocol 4.1, 4.2).

Every function is total: a document may be any JSON value.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

Json = Any  # a value as `json.loads` gives it
Schema = dict[str, Any]

_MAX_HOPS = 32
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Contract:
    """An endpoint's input and output schemas, and the document that their `$ref`s point into."""

    document: Json
    input: Schema
    output: Schema | None


def read_document(text: str) -> Json:
    """Parses a stored document; None if it is not JSON or nests too deeply.

    Lone surrogates (`\\ud800`), which a page cannot contain, become U+FFFD.
    """
    try:
        return json.loads(
            _ESCAPE.sub(_replace_surrogate, text) if _SURROGATE.search(text) else text
        )
    except (ValueError, RecursionError):
        return None


def _replace_surrogate(escape: re.Match[str]) -> str:
    return r"\ufffd" if escape[1] else escape[0]


def contract(document: Json, endpoint_id: str = "") -> Contract:
    """The input and output schemas of a document; the input is empty if there is none."""
    paths = as_dict(as_dict(document).get("paths"))
    body = _input(document, paths, endpoint_id)
    answer = _output(document, paths, endpoint_id)
    schemas = as_dict(as_dict(as_dict(document).get("components")).get("schemas"))
    if body is None:
        # Two of 43 documents had no paths at all (protocol 4.2).
        body = _component_named(schemas, "input", "request")
    if answer is None and not _is_queue_only(paths):
        answer = _component_named(schemas, "output", "response")
    resolved = [resolve(document, schema)[0] for schema in (body, answer)]
    return Contract(_with_definitions(document, [*resolved, *schemas.values()]), body or {}, answer)


def resolve(document: Json, schema: Json) -> tuple[Schema, tuple[str, ...]]:
    """A schema with its `$ref`s followed (siblings win), and the references followed.

    A dangling or circular reference gives only its siblings.
    """
    siblings: Schema = {}
    trail: list[str] = []
    current = as_dict(schema)
    while isinstance(ref := current.get("$ref"), str):
        siblings = {k: v for k, v in current.items() if k != "$ref"} | siblings
        if ref in trail or len(trail) >= _MAX_HOPS:
            return siblings, tuple(trail)
        trail.append(ref)
        current = as_dict(point(document, ref))
    return (current | siblings if siblings else current), tuple(trail)


def point(document: Json, ref: str) -> Json:
    """The value at a local JSON pointer (`#/a/b~1c`); None if there is none."""
    if not ref.startswith("#"):
        return None
    node = document
    for part in ref[1:].split("/")[1:]:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            node = node.get(key)
        elif isinstance(node, list) and key.isascii() and key.isdecimal() and len(key) < 9:
            node = node[int(key)] if int(key) < len(node) else None
        else:
            return None
    return node


def as_dict(value: Json) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def _input(document: Json, paths: Schema, endpoint_id: str) -> Schema | None:
    exact = as_dict(as_dict(paths.get(f"/{endpoint_id}")).get("post"))
    posts = [as_dict(item)["post"] for item in paths.values() if "post" in as_dict(item)]
    # Copies of documents lack the path or have another: their only POST is the model's (protocol
    # 4.2).
    operation = exact or (as_dict(posts[0]) if len(posts) == 1 else {})
    return _content(document, operation.get("requestBody"))


def _output(document: Json, paths: Schema, endpoint_id: str) -> Schema | None:
    exact = as_dict(as_dict(paths.get(f"/{endpoint_id}/requests/{{request_id}}")).get("get"))
    gets = [
        as_dict(item)["get"]
        for path, item in paths.items()
        if path.endswith("/requests/{request_id}") and "get" in as_dict(item)
    ]
    operation = exact or (as_dict(gets[0]) if len(gets) == 1 else {})
    responses = as_dict(operation.get("responses"))
    return _content(document, responses.get("200") or responses.get("default"))


def _content(document: Json, holder: Json) -> Schema | None:
    """The schema of a request body or response; None if there is none or it is the queue status.

    Prefers `application/json` with any parameters, else takes the first media type: fal's queue
    uses JSON only.
    """
    content = as_dict(resolve(document, holder)[0].get("content"))
    kinds = sorted(content, key=lambda kind: not kind.lower().startswith("application/json"))
    schema = next((as_dict(content[kind]).get("schema") for kind in kinds), None)
    if not isinstance(schema, dict) or not schema:
        return None
    # The POST's own 200 is the queue's status, not the output (protocol 4.2).
    return None if str(schema.get("$ref", "")).endswith("/QueueStatus") else schema


def _with_definitions(document: Json, schemas: list[Json]) -> Json:
    """The document with its schemas' `$defs` and `definitions` at the top, where pointers look."""
    for key in ("$defs", "definitions"):
        definitions: Schema = {}
        for schema in schemas:
            definitions |= as_dict(as_dict(schema).get(key))
        if definitions:
            document = as_dict(document) | {key: definitions | as_dict(as_dict(document).get(key))}
    return document


def _component_named(schemas: Schema, *endings: str) -> Schema | None:
    """A `$ref` to a component with one of these name endings, preferably an unreferenced one."""
    for ending in endings:
        refs = [
            "#/components/schemas/" + name.replace("~", "~0").replace("/", "~1")
            for name, schema in schemas.items()
            if name.lower().endswith(ending) and isinstance(schema, dict)
        ]
        if len(refs) > 1:
            inner = _references(schemas)
            refs.sort(key=lambda ref: ref in inner)
        if refs:
            return {"$ref": refs[0]}
    return None


def _references(value: Json) -> set[str]:
    """Every `$ref` in a value, at any depth."""
    refs: set[str] = set()
    to_visit = [value]
    while to_visit:
        node = to_visit.pop()
        if isinstance(node, dict):
            refs |= {ref for ref in (node.get("$ref"),) if isinstance(ref, str)}
        to_visit += node.values() if isinstance(node, dict) else as_list(node)
    return refs


def _is_queue_only(paths: Schema) -> bool:
    """Whether the document has the result's path but deliberately no schema for it."""
    return any(path.endswith("/requests/{request_id}") for path in paths)
