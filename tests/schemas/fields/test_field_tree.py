"""Every construct becomes a usable field (C11, C12), and no document is too large."""

import copy
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import MISSING, build, contract, decode_post, draw
from schemas.fields.field import Field
from schemas.fields.field_tree import MAX_NODES
from tests.schemas import strategies


def field(schema: Any, name: str = "x", **components: Any) -> Field:
    """Return the field of one property."""
    document = strategies.document({"type": "object", "properties": {name: schema}})
    document["components"]["schemas"] |= components
    return build(contract(document, "a/b")).children[0]


def count(node: Field) -> int:
    below = [*node.children, *node.branches, *([node.item] if node.item else [])]
    return 1 + sum(map(count, below))


def test_c11_null_makes_optional():
    node = field(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "title": "Seed"}, "seed"
    )
    assert (node.kind, node.is_nullable, node.minimum, node.is_seed) == (
        "integer",
        True,
        1,
        True,
    )
    assert field({"type": ["string", "null"]}).is_nullable
    assert field({"type": "string", "nullable": True}).is_nullable


def test_c11_one_all_of_merges_with_its_siblings():
    size = {"type": "object", "title": "Size", "properties": {"w": {"type": "integer"}}}
    node = field(
        {"allOf": [{"$ref": "#/components/schemas/S"}], "description": "How large."}, S=size
    )
    assert (node.kind, node.label, node.help) == ("object", "X", "How large.")
    assert [child.name for child in node.children] == ["w"]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_c11_preset_or_object_is_one_choice(is_reversed):
    size = {
        "type": "object",
        "title": "ImageSize",
        "properties": {"width": {"type": "integer"}, "height": {"type": "integer"}},
    }
    branches = [
        {"$ref": "#/components/schemas/S"},
        {"enum": ["square", "portrait_4_3"], "type": "string"},
    ]
    node = field(
        {"anyOf": branches[::-1] if is_reversed else branches, "default": "square"}, S=size
    )
    assert [option.key for option in node.options] == ["square", "portrait_4_3", "~1"]
    assert [option.label for option in node.options] == ["Square", "Portrait 4:3", "Custom"]
    assert node.is_size
    assert node.default == "square"


def test_c11_open_enum_is_a_text_with_suggestions():
    node = field({"anyOf": [{"enum": ["a", "b"], "type": "string"}, {"type": "string"}]})
    assert (node.kind, node.suggestions) == ("string", ("a", "b"))


def test_c11_numeric_and_boolean_exclusive_minimum():
    assert field({"type": "integer", "exclusiveMinimum": 0}).is_minimum_open
    old = field({"type": "number", "minimum": 0, "exclusiveMinimum": True})
    assert (old.minimum, old.is_minimum_open) == (0, True)


def test_c11_single_enum_that_is_required_is_sent():
    schema = {"type": "object", "properties": {"kind": {"enum": ["a"]}}, "required": ["kind"]}
    root = build(contract(strategies.document(schema), "a/b"))
    assert decode_post(root, {"kind": ["a"]}).arguments == {"kind": "a"}


def test_c11_a_missing_reference_is_json_and_a_cyclic_one_is_drawn_twice():
    assert field({"$ref": "#/components/schemas/Gone"}).kind == "json"
    tree = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "next": {"$ref": "#/components/schemas/T"}},
    }
    node = field({"$ref": "#/components/schemas/T"}, T=tree)
    assert [child.kind for child in node.children] == ["string", "object"]
    assert [child.kind for child in node.children[1].children] == ["string", "json"]


def test_c11_missing_type_is_inferred():
    assert field({"properties": {"a": {}}}).kind == "object"
    assert field({"enum": ["a"]}).kind == "choice"
    assert field({"items": {"type": "string"}}).kind == "list"
    assert field({}).kind == "json"


def test_c12_a_hidden_field_that_must_be_given_and_has_no_default_is_shown():
    """Otherwise the form could never be sent."""
    hidden = {"enum": ["x", "y"], "ui": {"hidden": True}}
    schema = {"properties": {"a": hidden, "b": hidden}, "required": ["a"]}
    root = build(contract(strategies.document(schema), "a/b"))
    assert [(child.name, child.is_hidden) for child in root.children] == [("a", False)]


def test_c12_order_hints_and_hidden_fields():
    schema = {
        "type": "object",
        "x-fal-order-properties": ["c", "ghost", "a"],
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "string", "ui": {"important": True}},
            "c": {"type": "string"},
            "h": {"type": "string", "ui": {"hidden": True}, "default": "x"},
        },
    }
    root = build(contract(strategies.document(schema), "a/b"))
    assert [child.name for child in root.children] == ["c", "a", "b"]
    assert root.children[2].is_important
    value = {"h": "kept"}
    assert draw(root, value).extra
    assert decode_post(root, {"~extra.0~key": ["h"], "~extra.0": ['"kept"']}).arguments == value


def test_enums_keep_their_json_types_apart():
    node = field({"enum": ["5", 5, 5.0, True, None, "", "a\nb", "~1"]})
    assert node.is_nullable
    keys = [option.key for option in node.options]
    assert len(set(keys)) == len(keys) == 7
    for option in node.options:
        root = Field(kind="object", is_required=True, children=(node,))
        sent = decode_post(root, {"x": [option.key]}).arguments["x"]
        assert (type(sent), sent) == (type(option.value), option.value)


def test_sync_mode_leaves_the_main_form_only_where_it_means_data_uris():
    inline = field({"type": "boolean", "description": "Return a data URI"}, "sync_mode")
    assert inline.is_advanced
    assert not field({"type": "boolean", "description": "Lip sync"}, "sync_mode").is_advanced


def test_descriptions_become_plain_text():
    node = field(
        {
            "type": "string",
            "description": "\n   A <b>bold</b> `word` here.\n"
            "   See [docs](https://x.y). <script>alert(1)</script>\n",
        }
    )
    assert node.help == "A bold word here."
    assert "<" not in node.more
    assert "docs" in node.more


@given(strategies.json_values)
def test_any_json_as_a_schema_makes_a_form(value):
    root = build(contract(strategies.document(value), "a/b"))
    assert root.kind == "object"
    assert draw(root).field is root


@given(st.data())
def test_damaged_real_documents_still_make_a_form(documents, data):
    endpoint_id = data.draw(st.sampled_from(sorted(documents)))
    document = copy.deepcopy(documents[endpoint_id])
    places = sorted(_places(document["components"]["schemas"], ()), key=repr)
    for place in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=4)):
        _put(document["components"]["schemas"], place, data.draw(strategies.json_values))
    root = build(contract(document, endpoint_id))
    assert draw(root, {"prompt": "a"}).field is root


def _places(value: Any, path: tuple[Any, ...]) -> set[tuple[Any, ...]]:
    paths = {path} if path else set()
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        paths |= _places(item, (*path, key))
    return paths


def _put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for key in path[:-1]:
        if not isinstance(value, dict | list) or (
            isinstance(value, list) and not isinstance(key, int)
        ):
            return
        try:
            value = value[key]
        except (KeyError, IndexError):
            return
    if isinstance(value, dict) and path[-1] in value:
        value[path[-1]] = new


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(20_000)}},
        {"type": "object",
         "properties": {"x" * 1_000_000: {"description": "y " * 500_000, "enum": ["z" * 100_000]}}},
        {"anyOf": [{"$ref": "#/components/schemas/In"}, {"$ref": "#/components/schemas/In"}]},
        {"allOf": [{"$ref": "#/components/schemas/In"}] * 50},
        {"type": "object",
         "properties": {k: {"allOf": [{"$ref": "#/components/schemas/In"}]} for k in "abcdefghij"}},
    ],
    ids=["wide", "long", "any-of-itself", "all-of-itself", "itself-ten-times"],
)  # fmt: skip
def test_hostile_documents_are_bounded(schema):
    started = time.thread_time()
    root = build(contract(strategies.document(schema), "a/b"))
    assert count(root) <= MAX_NODES + 10
    draw(root)
    assert time.thread_time() - started < 30


def test_exponential_references_stay_within_the_budget():
    layers: dict[str, Any] = {
        f"L{n}": {
            "type": "object",
            "properties": {k: {"$ref": f"#/components/schemas/L{n + 1}"} for k in "abcdef"},
        }
        for n in range(8)
    }
    assert count(field({"$ref": "#/components/schemas/L0"}, **layers)) <= MAX_NODES * 2


def test_deep_nesting_ends_in_json():
    schema: Any = {"type": "string"}
    for _ in range(300):
        schema = {"type": "object", "properties": {"a": schema}}
    node = field(schema)
    while node.children:
        node = node.children[0]
    assert node.kind == "json"
    assert node.default is MISSING


@pytest.mark.parametrize(
    ("label", "description", "is_shown"),
    [
        ("Prompt", "The prompt to generate an image from.", False),
        ("Image size", "The size of the generated image.", False),
        ("Number of images", "The number of images to generate.", False),
        ("Video", "The video to use as input", False),
        ("Seed", "The same seed and the same prompt give the same image.", True),
        ("Prompt", "The prompt, in English.", True),
        ("Strength", "How strong the change is, from 0 to 1.", True),
    ],
)
def test_help_that_repeats_its_label_is_not_shown(label, description, is_shown):
    field = Field(kind="string", label=label, help=description)
    assert field.shown_help == (description if is_shown else "")
    assert Field(kind="string", label=label, help=description, more="More.").shown_help
