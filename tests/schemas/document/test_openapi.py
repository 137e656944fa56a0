"""Input and output are found wherever fal's documents keep them (C10); any JSON is accepted."""

import pytest
from hypothesis import given

from schemas import contract
from schemas.document.openapi import point, read_document, resolve
from tests.documents import document_ids
from tests.documents import read_document as document_of
from tests.schemas import strategies

REF = {"$ref": "#/components/schemas/AInput"}
BODY = {"requestBody": {"content": {"application/json": {"schema": REF}}}}
ANSWER = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/AOutput"}}}}
QUEUE = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/QueueStatus"}}}}


def test_every_document_has_its_input_and_output():
    for endpoint_id in document_ids():
        document = document_of(endpoint_id)
        endpoint_contract = contract(document, endpoint_id)
        assert resolve(document, endpoint_contract.input)[0]["properties"], endpoint_id
        assert endpoint_contract.output, endpoint_id
        assert "QueueStatus" not in str(endpoint_contract.output["$ref"])


def test_c10_the_input_is_found_by_its_exact_path():
    other = {
        "post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    }
    document = {"paths": {"/x/y/other": other, "/x/y": {"post": BODY}}}
    assert contract(document, "x/y").input == REF


def test_c10_the_input_is_found_by_the_only_post():
    document = {
        "paths": {
            "/": {"post": BODY},
            "/requests/{request_id}": {"get": {"responses": {"200": ANSWER}}},
        }
    }
    endpoint_contract = contract(document, "x/y")
    assert endpoint_contract.input == REF
    assert endpoint_contract.output == {"$ref": "#/components/schemas/AOutput"}


def test_c10_the_input_is_found_by_name_without_paths():
    document = {
        "components": {
            "schemas": {"QueueStatus": {}, "FooRequest": {"type": "object"}, "FooResponse": {}}
        }
    }
    endpoint_contract = contract(document, "x/y")
    assert endpoint_contract.input == {"$ref": "#/components/schemas/FooRequest"}
    assert endpoint_contract.output == {"$ref": "#/components/schemas/FooResponse"}


def test_c10_the_input_by_name_prefers_unreferenced_components():
    inner = {"$ref": "#/components/schemas/AnElementInput"}
    document = {
        "components": {"schemas": {"AnElementInput": {"type": "object"},
                "AInput": {"properties": {"elements": {"type": "array", "items": inner}}}}},
    }  # fmt: skip
    assert contract(document, "x/y").input == REF


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "multipart/form-data"])
def test_c10_the_input_may_be_another_media_type_or_a_reference(kind):
    body = {"content": {"text/plain": {"schema": {}}, kind: {"schema": REF}}}
    if not kind.startswith("application/json"):
        del body["content"]["text/plain"]
    document = {
        "components": {"requestBodies": {"One": body}},
        "paths": {
            "/x/y": {"post": {"requestBody": {"$ref": "#/components/requestBodies/One"}}},
            "/x/z": {"post": {"requestBody": body}},
        },
    }
    assert contract(document, "x/y").input == REF
    assert contract(document, "x/z").input == REF


def test_c10_queue_status_is_never_taken_for_output():
    document = {
        "paths": {
            "/x/y": {"post": BODY | {"responses": {"200": QUEUE}}},
            "/x/y/requests/{request_id}": {"get": {"responses": {"200": QUEUE}}},
        },
        "components": {"schemas": {"QueueStatus": {"type": "object"}}},
    }
    assert contract(document, "x/y").output is None


@given(strategies.json_values)
def test_any_json_is_a_document(document):
    assert isinstance(contract(document, "x/y").input, dict)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\0", "{'a': 1}", "9" * 5000, "\ud800"])
def test_invalid_stored_json_reads_as_no_document(text):
    assert read_document(text) is None
    assert contract(read_document(text)).input == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"a\ud800b"', "a\ufffdb"),
        (r'"\udc00\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"\\ud800"', r"\ud800"),
        (r'{"\uD800": "\\\uDFFF"}', {"\ufffd": "\\\ufffd"}),
    ],
)
def test_lone_surrogates_are_replaced(text, value):
    assert read_document(text) == value


def test_pointers_are_unescaped_and_dangling_ones_give_none():
    document = {"a": {"b/c": [{"~d": 1}]}}
    assert point(document, "#/a/b~1c/0/~0d") == 1
    for ref in ("#/a/x", "#/a/b~1c/9", "#/a/b~1c/x", "http://x/y", "#/a/b~1c/0/~0d/e"):
        assert point(document, ref) is None


def test_circular_references_terminate():
    document = {"a": {"$ref": "#/b", "title": "A"}, "b": {"$ref": "#/a"}}
    assert resolve(document, {"$ref": "#/a"}) == ({"title": "A"}, ("#/a", "#/b"))
