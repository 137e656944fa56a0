"""The sandbox's documents are in fal's dialect: the same structure, every keyword of real ones."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.config import PREFIXES, Config
from sandbox.contract.openapi import addressed, camel_case, document
from sandbox.contract.validation import check
from sandbox.models import MODELS
from tests.documents import STAND_INS

ADDRESSES = {host: Config(Path(), base="http://sandbox").address(host) for host in PREFIXES}
DOCUMENTS = {model.endpoint_id: document(model, ADDRESSES) for model in MODELS}
Node = dict[str, Any]


def skeleton(document: Node, endpoint_id: str) -> Node:
    """Return the document without the parts that differ between endpoints."""
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


def test_the_document_structure_equals_a_real_document(documents):
    real = skeleton(documents["fal-ai/flux/dev"], "fal-ai/flux/dev")
    for endpoint_id, mine in DOCUMENTS.items():
        assert skeleton(mine, endpoint_id) == real, endpoint_id
        assert list(mine["paths"])[2] == f"/{endpoint_id}"


@pytest.mark.parametrize("name", ["ImageSize", "LoraWeight", "File"])
def test_shared_components_equal_fals(documents, name):
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
    """Yield every schema object of a document, wherever it stands."""
    if isinstance(value, dict):
        yield value
        for key, item in value.items():
            if key not in ("default", "examples", "enum", "const"):
                yield from nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item)


ALL = [node for schema in DOCUMENTS.values() for node in nodes(schema["components"]["schemas"])]


def test_every_keyword_of_the_real_documents_is_used(documents):
    def keywords(schemas: Iterator[Node]) -> set[str]:
        return {
            key for node in schemas if not isinstance(node.get("properties"), str) for key in node
        }

    usual = [documents[name]["components"]["schemas"] for name in STAND_INS]
    real = {key for schemas in usual for node in nodes(schemas) for key in node}
    names = {
        name for schemas in usual for node in nodes(schemas) for name in node.get("properties", {})
    }
    components = {name for schemas in usual for name in schemas}
    assert real - names - components <= keywords(iter(ALL)) | {"enumDescriptions"}


def test_each_model_names_a_function_and_valid_examples_and_defaults():
    for model in MODELS:
        assert callable(model.load()), model.endpoint_id  # `work` is a text that names the function
        example = addressed(model.example(), ADDRESSES)
        filled = check(model, example)
        assert check(model, filled) == filled, model.endpoint_id
        for name, field in model.input["properties"].items():
            for value in field.get("examples", []):
                check(model, example | {name: addressed(value, ADDRESSES)})
