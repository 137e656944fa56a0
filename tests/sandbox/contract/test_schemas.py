"""The documents speak fal's dialect.

The same skeleton, and every construct of the census somewhere.
"""

import copy
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.config import PREFIXES, Config
from sandbox.contract.openapi import camel_case, document
from sandbox.contract.registry import Model
from sandbox.models import MODELS

ADDRESSES = {host: Config(Path(), base="http://sandbox").address(host) for host in PREFIXES}
DOCUMENTS = {model.endpoint_id: document(model, ADDRESSES) for model in MODELS}
IDS = [model.endpoint_id for model in MODELS]
Node = dict[str, Any]
PRESETS = {
    "square_hd",
    "square",
    "portrait_4_3",
    "portrait_16_9",
    "landscape_4_3",
    "landscape_16_9",
}


def skeleton(document: Node, endpoint_id: str) -> Node:
    """The document without the parts that differ between endpoints."""
    bare = copy.deepcopy(document)
    bare["info"]["x-fal-metadata"] = sorted(bare["info"]["x-fal-metadata"])
    schemas = bare["components"].pop("schemas")
    bare["components"]["QueueStatus"] = schemas["QueueStatus"]
    bare["servers"] = []
    text = json.dumps(
        {
            name: bare[name]
            for name in ("openapi", "info", "components", "paths", "servers", "security")
        },
        sort_keys=True,
    )
    loaded: Node = json.loads(
        text.replace(endpoint_id, "ID")
        .replace(f"{camel_case(endpoint_id)}Input", "INPUT")
        .replace(f"{camel_case(endpoint_id)}Output", "OUTPUT")
    )
    return loaded


@pytest.mark.parametrize("endpoint_id", IDS)
def test_the_document_structure_equals_a_real_document(
    documents: dict[str, Node], endpoint_id: str
) -> None:
    real = skeleton(documents["fal-ai/flux/dev"], "fal-ai/flux/dev")
    assert skeleton(DOCUMENTS[endpoint_id], endpoint_id) == real
    assert list(DOCUMENTS[endpoint_id]["paths"])[2] == f"/{endpoint_id}"


@pytest.mark.parametrize("name", ["ImageSize", "LoraWeight", "RGBColor", "File"])
def test_shared_components_equal_fals(documents: dict[str, Node], name: str) -> None:
    mine = [
        d["components"]["schemas"][name]
        for d in DOCUMENTS.values()
        if name in d["components"]["schemas"]
    ]
    theirs = [
        d["components"]["schemas"][name]
        for d in documents.values()
        if name in d["components"]["schemas"]
    ]
    assert mine
    assert mine[0] in theirs


def nodes(value: Any) -> Iterator[Node]:
    """Every schema object of a document, whatever holds it."""
    if isinstance(value, dict):
        yield value
        for key, item in value.items():
            if key not in ("default", "examples", "enum", "const"):
                yield from nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item)


ALL = [node for schema in DOCUMENTS.values() for node in nodes(schema["components"]["schemas"])]
FIELDS = [
    (name, field)
    for node in ALL
    if isinstance(node.get("properties"), dict)
    for name, field in node["properties"].items()
    if isinstance(field, dict)
]
OBJECTS = [node for node in ALL if isinstance(node.get("properties"), dict)]


def branches(node: Node, keyword: str = "anyOf") -> list[Node]:
    alternatives = node.get(keyword)
    return alternatives if isinstance(alternatives, list) else []


def kinds(node: Node, keyword: str = "anyOf") -> set[str]:
    return {
        str(branch.get("type", "$ref" if "$ref" in branch else "?"))
        for branch in branches(node, keyword)
    }


def reaches(start: str, target: str, schemas: Node, seen: frozenset[str] = frozenset()) -> bool:
    names = {
        str(n["$ref"]).rpartition("/")[2] for n in nodes(schemas.get(start, {})) if "$ref" in n
    }
    return target in names or any(reaches(n, target, schemas, seen | {n}) for n in names - seen)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# Section 4.3, line by line: what it names → how one recognises it.
CENSUS: dict[str, Callable[[], bool]] = {
    **{
        f"type {kind}": partial(lambda kind: any(n.get("type") == kind for n in ALL), kind)
        for kind in ("string", "object", "integer", "boolean", "array", "null", "number")
    },
    "description with newlines and indentation": lambda: any(
        "\n    " in str(f.get("description")) for _, f in FIELDS
    ),
    "description in Markdown": lambda: any("**" in str(f.get("description")) for _, f in FIELDS),
    "description in HTML": lambda: any("<a href" in str(f.get("description")) for _, f in FIELDS),
    "titles": lambda: all("title" in f for m in MODELS for f in m.input["properties"].values()),
    "titles that repeat across models": lambda: (
        len([m for m in MODELS if m.input["title"] == "TextToImageInput"]) > 1
    ),
    **{
        f"default of type {kind.__name__}": partial(
            lambda kind: any(type(f.get("default")) is kind for _, f in FIELDS), kind
        )
        for kind in (str, int, bool, float, list)
    },
    "required with a default": lambda: any(
        "default" in o["properties"].get(n, {}) for o in OBJECTS for n in o.get("required", [])
    ),
    "order that omits names": lambda: any(
        set(o["properties"]) - set(o["x-fal-order-properties"])
        for o in OBJECTS
        if "x-fal-order-properties" in o
    ),
    "order that names too many": lambda: any(
        set(o.get("x-fal-order-properties", [])) - set(o["properties"]) for o in OBJECTS
    ),
    "order other than the document's": lambda: any(
        list(o["properties"]) != o.get("x-fal-order-properties") for o in OBJECTS
    ),
    "enums are strings": lambda: all(
        isinstance(v, str) for n in ALL if isinstance(n.get("enum"), list) for v in n["enum"]
    ),
    "enum with a single value": lambda: any(
        len(n.get("enum", [])) == 1 for n in ALL if isinstance(n.get("enum"), list)
    ),
    "enum of numeric strings": lambda: any(
        all(v.isdigit() for v in n["enum"]) for n in ALL if isinstance(n.get("enum"), list)
    ),
    "additionalProperties true": lambda: any(n.get("additionalProperties") is True for n in ALL),
    "additionalProperties false": lambda: any(n.get("additionalProperties") is False for n in ALL),
    "additionalProperties with a schema": lambda: any(
        isinstance(n.get("additionalProperties"), dict) for n in ALL
    ),
    "minimum": lambda: any(is_number(n.get("minimum")) for n in ALL),
    "maximum": lambda: any(is_number(n.get("maximum")) for n in ALL),
    "numeric exclusiveMinimum": lambda: any(is_number(n.get("exclusiveMinimum")) for n in ALL),
    "numeric exclusiveMaximum": lambda: any(is_number(n.get("exclusiveMaximum")) for n in ALL),
    "examples": lambda: any(isinstance(f.get("examples"), list) for _, f in FIELDS),
    "$ref": lambda: any("$ref" in n for n in ALL),
    "dangling $ref": lambda: any(
        n["$ref"].rpartition("/")[2] not in d["components"]["schemas"]
        for d in DOCUMENTS.values()
        for n in nodes(d["components"]["schemas"])
        if isinstance(n.get("$ref"), str)
    ),
    "cyclic $ref": lambda: any(
        reaches(name, name, d["components"]["schemas"])
        for d in DOCUMENTS.values()
        for name in d["components"]["schemas"]
    ),
    "anyOf integer or null": lambda: any(kinds(n) == {"integer", "null"} for n in ALL),
    "anyOf string or null": lambda: any(kinds(n) == {"string", "null"} for n in ALL),
    "anyOf $ref then preset": lambda: any(
        [*(kinds(n))]
        and "$ref" in branches(n)[0]
        and set(branches(n)[1].get("enum", [])) == PRESETS
        for n in ALL
        if len(branches(n)) == 2
    ),
    "anyOf preset then $ref": lambda: any(
        "$ref" in branches(n)[1] and set(branches(n)[0].get("enum", [])) == PRESETS
        for n in ALL
        if len(branches(n)) == 2
    ),
    "open enum": lambda: any(
        len(branches(n)) == 2 and "enum" in branches(n)[0] and branches(n)[1] == {"type": "string"}
        for n in ALL
    ),
    "allOf around one $ref with siblings": lambda: any(
        len(branches(n, "allOf")) == 1 and "$ref" in n["allOf"][0] and "title" in n for n in ALL
    ),
    "oneOf string or object": lambda: any(kinds(n, "oneOf") == {"string", "object"} for n in ALL),
    "minItems and maxItems": lambda: any("minItems" in n and "maxItems" in n for n in ALL),
    "minLength": lambda: any("minLength" in n for n in ALL),
    "maxLength": lambda: any("maxLength" in n for n in ALL),
    **{
        f"format {format}": partial(
            lambda format: any(n.get("format") == format for n in ALL), format
        )
        for format in ("binary", "uri", "uuid4")
    },
    **{
        f"ui.field {kind}": partial(
            lambda kind: any((f.get("ui") or {}).get("field") == kind for _, f in FIELDS), kind
        )
        for kind in ("image", "video", "audio", "file")
    },
    "ui.important": lambda: any((f.get("ui") or {}).get("important") is True for _, f in FIELDS),
    "ui.hidden always with a default": lambda: (
        bool(hidden := [f for _, f in FIELDS if (f.get("ui") or {}).get("hidden")])
        and all("default" in f for f in hidden)
    ),
    "_fal_ui_field on a property": lambda: any("_fal_ui_field" in f for _, f in FIELDS),
    "_fal_ui_field in a branch": lambda: any(
        "_fal_ui_field" in b for n in ALL for b in branches(n)
    ),
    "_fal_ui_field on items": lambda: any(
        "_fal_ui_field" in n["items"] for n in ALL if isinstance(n.get("items"), dict)
    ),
    **{
        f"x-fal {limit}": partial(
            lambda limit: any(limit in n["x-fal"] for n in ALL if "x-fal" in n), limit
        )
        for limit in (
            "min_width",
            "max_width",
            "min_height",
            "max_height",
            "max_area",
            "min_aspect_ratio",
            "max_aspect_ratio",
            "multiple_of",
            "max_file_size",
            "min_frames",
            "max_frames",
            "min_duration",
            "max_duration",
            "min_fps",
            "max_fps",
            "combined",
            "normalization",
        )
    },
    **{
        f"flat {limit}": partial(lambda limit: any(limit in f for _, f in FIELDS), limit)
        for limit in ("max_file_size", "max_pixels", "min_width", "limit_description")
    },
    "x-fal-order-paths": lambda: any("x-fal-order-paths" in d for d in DOCUMENTS.values()),
    "x-fal-protocol": lambda: any("x-fal-protocol" in d for d in DOCUMENTS.values()),
    **{
        keyword: partial(lambda keyword: any(keyword in n for n in ALL), keyword)
        for keyword in ("const", "pattern", "prefixItems", "nullable", "multipleOf", "deprecated")
    },
    "missing type with properties": lambda: any(
        f.get("properties") and "type" not in f for _, f in FIELDS
    ),
    "missing type with enum": lambda: any("enum" in f and "type" not in f for _, f in FIELDS),
    "missing type with nothing": lambda: any(set(f) <= {"title", "description"} for _, f in FIELDS),
    "nested objects": lambda: any("allOf" in f for _, f in FIELDS),
    "arrays of objects": lambda: any("$ref" in (f.get("items") or {}) for _, f in FIELDS),
    "sync_mode for data URIs": lambda: any(
        name == "sync_mode" and f.get("type") == "boolean" for name, f in FIELDS
    ),
    "sync_mode for something else": lambda: any(
        name == "sync_mode" and "enum" in f for name, f in FIELDS
    ),
}


@pytest.mark.parametrize("construct", CENSUS)
def test_every_schema_construct_found_at_fal_is_used(construct: str) -> None:
    assert CENSUS[construct]()


def test_every_keyword_of_the_real_documents_is_used(documents: dict[str, Node]) -> None:
    def keywords(schemas: Iterator[Node]) -> set[str]:
        return {
            key for node in schemas if not isinstance(node.get("properties"), str) for key in node
        }

    real = {key for d in documents.values() for n in nodes(d["components"]["schemas"]) for key in n}
    names = {
        name
        for d in documents.values()
        for n in nodes(d["components"]["schemas"])
        for name in n.get("properties", {})
    }
    components = {name for d in documents.values() for name in d["components"]["schemas"]}
    assert real - names - components <= keywords(iter(ALL)) | {"enumDescriptions"}


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_examples_and_defaults_are_valid(model: Model) -> None:
    from sandbox.contract.openapi import addressed
    from sandbox.contract.validation import check

    example = addressed(model.example(), ADDRESSES)
    filled = check(model, example)
    assert check(model, filled) == filled
    for name, field in model.input["properties"].items():
        for value in field.get("examples", []):
            check(model, example | {name: addressed(value, ADDRESSES)})


def test_there_are_many_models_in_many_categories() -> None:
    good = [model for model in MODELS if not model.endpoint_id.startswith("mischief/")]
    assert len(good) >= 26
    assert len({model.category for model in good}) >= 13
    assert len({model.endpoint_id.split("/")[0] for model in good}) >= 4
    assert len({model.group[0] for model in good if model.group}) >= 5
    bad = [model for model in MODELS if model not in good]
    assert len(bad) >= 11
