"""Any document at all becomes a page that users can fill in.

Without exceptions, within a size and a time.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from playground.form.html.rendering import render_form
from schemas import MISSING, Field, build, contract, decode_post, draw, encode_arguments
from schemas.artifacts import artifacts
from schemas.exact import NotJson, identical, loads
from schemas.fields.examples import example
from schemas.fields.field_tree import MAX_NODES
from schemas.reference.snippets import WAYS, Call, file_field
from schemas.reference.tables import input_rows, output_rows
from schemas.validation import validate
from tests.playground.browser_post import post_of
from tests.sampling import sample
from tests.schemas import hostile, laws, strategies
from tests.tables import each_row

pytestmark = pytest.mark.system  # these tests take long

HANG_S = 20  # seconds of processor time, to tell a hang from slow work


def size(field: Field) -> int:
    """Return how many fields a tree has."""
    below = [*field.children, *field.branches, *([field.item] if field.item else [])]
    return 1 + sum(map(size, [*below, *([field.rest] if field.rest else [])]))


def use_whole_page(document: Any, value: Any, endpoint_id: str = "a/b") -> None:
    """Run everything that a model's page does with a document."""
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
        call = Call("a/b", parsed.arguments, file=file_field(root))
        for way in WAYS:
            assert all(snippet.code for snippet in [*call.direct(way), *call.through_vitrine(way)])
    for row in [*input_rows(root), *output_rows(endpoint_contract)]:
        assert row.type
    artifacts(value, endpoint_contract.output)
    assert time.thread_time() - started < HANG_S


@settings(max_examples=laws.cases(5))
@given(strategies.json_values, strategies.json_values)
def test_any_json_as_a_document_gives_a_page(document, value):
    use_whole_page(document, value)


@settings(max_examples=laws.cases(5))
@given(hostile.values, strategies.json_values)
def test_any_json_as_an_input_schema_gives_a_form(schema, value):
    use_whole_page(strategies.document(schema), value)
    use_whole_page(strategies.document({"properties": {"x": schema}}), {"x": value})


@settings(max_examples=laws.cases(4))
@given(st.data())
def test_any_mutated_real_document_gives_a_form(documents, data):
    endpoint_id = data.draw(st.sampled_from(sorted(documents)))
    document = data.draw(hostile.mutations(documents[endpoint_id]))
    use_whole_page(document, data.draw(strategies.json_values), endpoint_id)


@each_row("keyword", sample([*hostile.KEYWORDS], 2, by_seed=1))
def test_any_value_of_any_schema_keyword_gives_a_form(keyword):
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
def test_schemas_of_any_depth_give_a_form(around, levels):
    schema = hostile.nested(levels, around)
    document = strategies.document({"type": "object", "properties": {"x": schema}})
    value: Any = "end"
    for _ in range(min(levels, 90)):
        value = {"a": value} if around in {"properties", "map"} else [value]
    use_whole_page(document, {"x": value, "y": value})
    use_whole_page(strategies.document(schema), value)


@each_row("name", sample([*hostile.MANY], 2, by_seed=1))
def test_schemas_of_any_size_give_a_form(name):
    use_whole_page(
        strategies.document(hostile.MANY[name]), {"a": "x", "p7": 1, "p4999": 2, "b": [1]}
    )


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
def test_any_stored_value_can_be_drawn(value):
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


# The laws of form and arguments, over generated schemas.


def posted_from(root: Field, value: Any = MISSING) -> dict[str, list[str]]:
    """Return what a browser without JavaScript posts from a form with these arguments."""
    return post_of(render_form(draw(root, value), "/uploads/"))


def is_complete(endpoint_contract: Any, value: Any, root: Field) -> bool:
    """Return whether the value has everything required.

    A posted form fills gaps with a null or a default.
    """
    return not any(
        "is required" in problem.message for problem in validate(endpoint_contract, value, root)
    )


@given(strategies.schemas_with_arguments)
def test_arguments_round_trip_through_the_page(case):
    document, value = case
    endpoint_contract = contract(document, "a/b")
    root = build(endpoint_contract)
    assume(is_complete(endpoint_contract, value, root))
    parsed = decode_post(root, posted_from(root, value))
    assert parsed.problems == []
    assert identical(parsed.arguments, value)


@settings(max_examples=laws.cases(5))
@given(strategies.schemas_with_arguments)
def test_a_redrawn_form_posts_the_same(case):
    document, value = case
    endpoint_contract = contract(document, "a/b")
    root = build(endpoint_contract)
    assume(is_complete(endpoint_contract, value, root))
    posted = posted_from(root, value)
    again = post_of(render_form(draw(root, post=posted), "/uploads/"))
    assert identical(decode_post(root, again).arguments, value)


@given(strategies.inputs)
def test_an_untouched_form_sends_only_what_is_required_or_a_default(schema):
    root = build(contract(strategies.document(schema), "a/b"))
    parsed = decode_post(root, posted_from(root))
    assert parsed.problems == []
    required = {child.name for child in root.children if child.is_required}
    assert parsed.arguments.keys() <= required
    for child in root.children:
        if child.name in parsed.arguments:
            assert is_given(child, parsed.arguments[child.name]), child.name


def is_given(field: Field, value: Any) -> bool:
    """Return whether the schema itself gives this value: as default, null, or required content."""
    if identical(value, field.default) or (value is None and field.is_nullable):
        return True
    if field.kind == "object" and isinstance(value, dict):
        children = {child.name: child for child in field.children}
        return all(key in children and is_given(children[key], item) for key, item in value.items())
    if field.kind == "tuple" and isinstance(value, list):
        return all(map(is_given, field.children, value))
    return False


@settings(max_examples=laws.cases(5))
@given(st.data())
def test_parsed_texts_were_posted_or_are_in_the_schema(data):
    document, value = data.draw(strategies.schemas_with_arguments)
    root = build(contract(document, "a/b"))
    post = posted_from(root, value)
    names = data.draw(st.lists(st.sampled_from(sorted(post)), max_size=5)) if post else []
    for name in names:
        post[name] = data.draw(st.lists(strategies.texts, max_size=2))
    parsed = decode_post(root, post)
    expected = set(texts_of(root))
    for text in (text for posted in post.values() for text in posted):
        expected.add(text.replace("\r\n", "\n").replace("\r", "\n"))
        try:
            expected |= set(strings(loads(text)))
        except NotJson:
            continue
    assert set(strings(parsed.arguments)) <= expected
    assert identical(decode_post(root, posted_from(root, parsed.arguments)).problems, [])


def strings(value: Any) -> Iterator[str]:
    """Return the texts in a value, without the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def texts_of(field: Field) -> Iterator[str]:
    """Return the texts in a schema: defaults and choices."""
    yield ""
    yield from strings(None if field.default is MISSING else field.default)
    for option in field.options:
        yield from strings(None if option.value is MISSING else option.value)
    for below in (*field.children, *field.branches, field.item, field.rest):
        if below:
            yield from texts_of(below)


@given(strategies.inputs, strategies.texts, strategies.json_values)
def test_unknown_keys_are_kept(schema, key, value):
    root = build(contract(strategies.document(schema), "a/b"))
    assume(key not in {child.name for child in root.children})
    arguments = decode_post(root, posted_from(root, {key: value})).arguments
    assert identical(arguments[key], value)


@given(strategies.texts.filter(str.strip), st.booleans(), st.booleans())
def test_a_cleared_default_text_is_sent_as_an_empty_text(default, is_required, is_nested):
    schema: Any = {"type": "object", "properties": {"x": {"type": "string", "default": default}}}
    schema |= {"required": ["x"]} if is_required else {}
    schema = {"type": "object", "properties": {"x": schema}} if is_nested else schema
    root = build(contract(strategies.document(schema), "a/b"))
    name = "x.x" if is_nested else "x"
    post = posted_from(root)
    assume(post.get(name) not in (None, [""]))
    cleared: Any = {"x": ""}
    assert decode_post(root, post | {name: [""]}).arguments == (
        {"x": cleared} if is_nested else cleared
    )
