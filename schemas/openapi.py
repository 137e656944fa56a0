"""Where an endpoint's OpenAPI document keeps its input and its output (protocol 4.1, 4.2).

Every function here is total: a document may be any JSON value at all.
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
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """What an endpoint takes and gives: two schemas, and the document their `$ref`s point into."""

    document: Json
    input: Schema
    output: Schema | None


def read_document(text: str) -> Json:
    """A stored document; None where its text is no JSON, or nests beyond what a parser follows.

    Halves of characters (a lone `\\ud800`), which no page can show, come as U+FFFD.
    """
    try:
        return json.loads(_ESCAPE.sub(_whole, text) if _HALF.search(text) else text)
    except (ValueError, RecursionError):
        return None


def _whole(escape: re.Match[str]) -> str:
    return r"\ufffd" if escape[1] else escape[0]


def contract(document: Json, endpoint_id: str = "") -> Contract:
    """The input and output schemas of a document; an empty input where there is none to find."""
    paths = as_dict(as_dict(document).get("paths"))
    body = _input(document, paths, endpoint_id)
    answer = _output(document, paths, endpoint_id)
    schemas = as_dict(as_dict(as_dict(document).get("components")).get("schemas"))
    if body is None:
        body = _named(schemas, "input", "request")
    if answer is None and not _is_queue_only(paths):
        answer = _named(schemas, "output", "response")
    known = [resolve(document, one)[0] for one in (body, answer)]
    return Contract(_with_definitions(document, [*known, *schemas.values()]), body or {}, answer)


def resolve(document: Json, schema: Json) -> tuple[Schema, tuple[str, ...]]:
    """A schema with its `$ref`s followed (siblings win), and the references on the way.

    A reference that leads nowhere or in a circle gives an empty schema with its siblings.
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
    """What a local JSON pointer (`#/a/b~1c`) points at; None when it points nowhere."""
    if not ref.startswith("#"):
        return None
    here = document
    for part in ref[1:].split("/")[1:]:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict):
            here = here.get(key)
        elif isinstance(here, list) and key.isascii() and key.isdecimal() and len(key) < 9:
            here = here[int(key)] if int(key) < len(here) else None
        else:
            return None
    return here


def as_dict(value: Json) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def _input(document: Json, paths: Schema, endpoint_id: str) -> Schema | None:
    exact = as_dict(as_dict(paths.get(f"/{endpoint_id}")).get("post"))
    posts = [as_dict(item)["post"] for item in paths.values() if "post" in as_dict(item)]
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
    """The schema of a request body or a response; None when it has none, or only the queue's.

    JSON's own, whatever parameters its type carries; else the first: fal's queue takes and gives JSON alone.
    """
    content = as_dict(resolve(document, holder)[0].get("content"))
    kinds = sorted(content, key=lambda kind: not kind.lower().startswith("application/json"))
    schema = next((as_dict(content[kind]).get("schema") for kind in kinds), None)
    if not isinstance(schema, dict) or not schema:
        return None
    return None if str(schema.get("$ref", "")).endswith("/QueueStatus") else schema


def _with_definitions(document: Json, schemas: list[Json]) -> Json:
    """The document with its schemas' own `$defs` and `definitions` where their pointers look for them."""
    for key in ("$defs", "definitions"):
        found: Schema = {}
        for schema in schemas:
            found |= as_dict(as_dict(schema).get(key))
        if found:
            document = as_dict(document) | {key: found | as_dict(as_dict(document).get(key))}
    return document


def _named(schemas: Schema, *endings: str) -> Schema | None:
    """The component whose name ends so, preferring the first ending and what no other refers to, by reference."""
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
    """Every `$ref` anywhere in a value, however deep."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found |= {ref for ref in (one.get("$ref"),) if isinstance(ref, str)}
        waiting += one.values() if isinstance(one, dict) else as_list(one)
    return found


def _is_queue_only(paths: Schema) -> bool:
    """Whether the paths do name the result's address, and leave its shape open on purpose."""
    return any(path.endswith("/requests/{request_id}") for path in paths)
