"""Any document at all becomes a page that can be filled in.

No exception, bounded size, bounded time.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.form.html.rendering import render_form
from schemas import Field, build, contract, decode_post, draw, encode_arguments
from schemas.artifacts import artifacts
from schemas.fields.examples import example
from schemas.fields.field_tree import MAX_NODES
from schemas.reference.snippets import snippets
from schemas.reference.tables import input_rows, output_rows
from schemas.validation import validate
from tests.playground.browser_post import post_of
from tests.sampling import sample
from tests.schemas import hostile, laws, strategies
from tests.tables import each_row

pytestmark = pytest.mark.system  # takes long

HANG_S = 20  # seconds of its own work: a hang takes for ever


def size(field: Field) -> int:
    """How many fields a tree has."""
    below = [*field.children, *field.branches, *([field.item] if field.item else [])]
    return 1 + sum(map(size, [*below, *([field.rest] if field.rest else [])]))


def all_of_it(document: Any, value: Any, endpoint_id: str = "a/b") -> None:
    """Everything that a model's page does with a document."""
    started = time.thread_time()
    endpoint_contract = contract(document, endpoint_id)
    root = build(endpoint_contract)
    assert size(root) <= MAX_NODES * 2
    for arguments in ({}, example(root), value if isinstance(value, dict) else {"x": value}):
        posted = post_of(render_form(draw(root, arguments), "/uploads/"))
        parsed = decode_post(root, posted)
        problems = [*parsed.problems, *validate(endpoint_contract, parsed.arguments, root)]
        render_form(draw(root, post=posted, problems=problems))
        assert encode_arguments(root, parsed.arguments) is not None
        for snippet in snippets("a/b", parsed.arguments):
            assert snippet.code
    for row in [*input_rows(root), *output_rows(endpoint_contract)]:
        assert row.type
    artifacts(value, endpoint_contract.output)
    assert time.thread_time() - started < HANG_S


@settings(max_examples=laws.cases(5))
@given(strategies.json_values, strategies.json_values)
def test_any_json_as_a_document_gives_a_page(document: Any, value: Any) -> None:
    all_of_it(document, value)


@settings(max_examples=laws.cases(5))
@given(hostile.values, strategies.json_values)
def test_any_json_as_an_input_schema_gives_a_form(schema: Any, value: Any) -> None:
    all_of_it(strategies.document(schema), value)
    all_of_it(strategies.document({"properties": {"x": schema}}), {"x": value})


@settings(max_examples=laws.cases(4))
@given(st.data())
def test_any_mutated_real_document_gives_a_form(documents: dict[str, Any], data: Any) -> None:
    endpoint_id = data.draw(st.sampled_from(sorted(documents)))
    document = data.draw(hostile.mutations(documents[endpoint_id]))
    all_of_it(document, data.draw(strategies.json_values), endpoint_id)


@each_row("keyword", sample([*hostile.KEYWORDS], 2, by_seed=1))
def test_any_value_of_any_schema_keyword_gives_a_form(keyword: str) -> None:
    for value in hostile.MISFITS:
        wrong = {keyword: value}
        for base in ({}, {"type": "array", "items": {}}):
            schema = base | wrong
            properties = {
                "image_url": schema,
                "either": {"anyOf": [schema, {"type": "boolean"}, {"properties": {"url": schema}}]},
                "list": {"type": "array", "items": schema},
                "both": {"allOf": [schema, {"properties": {"a": schema}}]},
            }
            endpoint_contract = contract(
                strategies.document({"properties": properties} | wrong), "a/b"
            )
            root = build(endpoint_contract)
            arguments = {name: ["x", 1, None] for name in properties}
            posted = post_of(render_form(draw(root, arguments), "/uploads/"))
            validate(endpoint_contract, decode_post(root, posted).arguments, root)


@each_row("around", sample(hostile.NESTS, 3, by_seed=1))
@each_row("levels", sample([12, 120, 500], 0, by_seed=1))
def test_schemas_of_any_depth_give_a_form(around: str, levels: int) -> None:
    schema = hostile.nested(levels, around)
    document = strategies.document({"type": "object", "properties": {"x": schema}})
    value: Any = "end"
    for _ in range(min(levels, 90)):
        value = {"a": value} if around in {"properties", "map"} else [value]
    all_of_it(document, {"x": value, "y": value})
    all_of_it(strategies.document(schema), value)


@each_row("name", sample([*hostile.MANY], 2, by_seed=1))
def test_schemas_of_any_size_give_a_form(name: str) -> None:
    all_of_it(strategies.document(hostile.MANY[name]), {"a": "x", "p7": 1, "p4999": 2, "b": [1]})


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**6,
        "</textarea>" * 10**5,
        {str(n): n for n in range(1000)},
        [[n] for n in range(300)],
        {"a": {"b": ["\0\ud800\u202e\u2028"] * 300}},
    ],
    ids=["long", "tags", "keys", "rows", "odd characters"],
)
def test_any_stored_value_can_be_drawn(value: Any) -> None:
    properties = {
        "text": {"type": "string"},
        "list": {"type": "array", "items": {"type": "string"}},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "either": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {}}]},
    }
    document = strategies.document({"type": "object", "properties": properties})
    root = build(contract(document, "a/b"))
    for name in [*properties, "unknown"]:
        posted = post_of(render_form(draw(root, {name: value})))
        assert decode_post(root, posted).arguments == {name: value}
    assert json.dumps(value)
