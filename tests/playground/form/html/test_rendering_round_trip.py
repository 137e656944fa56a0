"""The laws of form and arguments over generated schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from playground.form.html.rendering import render_form
from schemas import MISSING, Field, build, contract, decode_post, draw
from schemas.exact import NotJson, identical, loads
from schemas.validation import validate
from tests.playground.browser_post import post_of
from tests.schemas import laws, strategies

pytestmark = pytest.mark.system  # takes long


def posted_from(root: Field, value: Any = MISSING) -> dict[str, list[str]]:
    """What a browser without script posts from the form of some arguments."""
    return post_of(render_form(draw(root, value), "/uploads/"))


def is_complete(endpoint_contract: Any, value: Any, root: Field) -> bool:
    """Whether nothing required is missing.

    What is missing, a posted form fills in with a null or a default.
    """
    return not any(
        "is required" in problem.message for problem in validate(endpoint_contract, value, root)
    )


@given(strategies.schemas_with_arguments)
def test_arguments_round_trip_through_the_page(case: tuple[Any, dict[str, Any]]) -> None:
    document, value = case
    endpoint_contract = contract(document, "a/b")
    root = build(endpoint_contract)
    assume(is_complete(endpoint_contract, value, root))
    parsed = decode_post(root, posted_from(root, value))
    assert parsed.problems == []
    assert identical(parsed.arguments, value)


@settings(max_examples=laws.cases(5))
@given(strategies.schemas_with_arguments)
def test_a_redrawn_form_posts_the_same(case: tuple[Any, dict[str, Any]]) -> None:
    document, value = case
    endpoint_contract = contract(document, "a/b")
    root = build(endpoint_contract)
    assume(is_complete(endpoint_contract, value, root))
    posted = posted_from(root, value)
    again = post_of(render_form(draw(root, post=posted), "/uploads/"))
    assert identical(decode_post(root, again).arguments, value)


@given(strategies.inputs)
def test_an_untouched_form_sends_only_what_is_required_or_a_default(schema: dict[str, Any]) -> None:
    root = build(contract(strategies.document(schema), "a/b"))
    parsed = decode_post(root, posted_from(root))
    assert parsed.problems == []
    required = {child.name for child in root.children if child.is_required}
    assert parsed.arguments.keys() <= required
    for child in root.children:
        if child.name in parsed.arguments:
            assert is_given(child, parsed.arguments[child.name]), child.name


def is_given(field: Field, value: Any) -> bool:
    """Whether the schema itself says a value: its default, null, or what it requires inside."""
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
def test_parsed_texts_were_posted_or_are_in_the_schema(data: Any) -> None:
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
    """The texts in a value, keys not counted."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def texts_of(field: Field) -> Iterator[str]:
    """The texts that a schema itself says: defaults and choices."""
    yield ""
    yield from strings(None if field.default is MISSING else field.default)
    for option in field.options:
        yield from strings(None if option.value is MISSING else option.value)
    for below in (*field.children, *field.branches, field.item, field.rest):
        if below:
            yield from texts_of(below)


@given(strategies.inputs, strategies.texts, strategies.json_values)
def test_unknown_keys_are_kept(schema: dict[str, Any], key: str, value: Any) -> None:
    root = build(contract(strategies.document(schema), "a/b"))
    assume(key not in {child.name for child in root.children})
    arguments = decode_post(root, posted_from(root, {key: value})).arguments
    assert identical(arguments[key], value)


@given(strategies.texts.filter(str.strip), st.booleans(), st.booleans())
def test_a_cleared_default_text_is_sent_as_an_empty_text(
    default: str, is_required: bool, is_nested: bool
) -> None:
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
