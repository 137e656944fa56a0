"""Inputs of every shape become one form, an object, at any depth."""

from typing import Any

import pytest

from schemas import Field, apply, build, contract, decode_post, draw, encode_arguments
from schemas.exact import identical
from schemas.fields.examples import example
from schemas.validation import validate
from tests.schemas import strategies
from tests.tables import each_row


def root(schema: Any, **components: Any) -> Field:
    """Return the form of a whole input."""
    document = strategies.document(schema)
    document["components"]["schemas"] |= components
    return build(contract(document, "a/b"))


def kinds(field: Field) -> dict[str, str]:
    return {child.name: child.kind for child in field.children}


A = {
    "type": "object",
    "properties": {"mode": {"const": "a"}, "x": {"type": "string"}},
    "required": ["mode", "x"],
}
B = {
    "type": "object",
    "properties": {"mode": {"const": "b"}, "y": {"type": "integer"}},
    "required": ["mode"],
}
REFS = [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]


@pytest.mark.parametrize("word", ["anyOf", "oneOf"])
@pytest.mark.parametrize(
    "more", [{}, {"type": "object"}, {"discriminator": {"propertyName": "mode"}}]
)
def test_alternatives_of_an_input_become_one_object(word, more):
    form = root({word: REFS} | more, A=A, B=B)
    assert kinds(form) == {"mode": "choice", "x": "string", "y": "integer"}
    assert [option.value for option in form.children[0].options] == ["a", "b"]
    assert [child.name for child in form.children if child.is_required] == ["mode"]


def test_a_property_that_differs_between_alternatives_is_the_union_of_both():
    first = {"properties": {"size": {"type": "string"}}}
    second = {"properties": {"size": {"type": "array", "items": {"type": "integer"}}}}
    form = root({"anyOf": [first, second, {"type": "null"}, {"type": "string"}]})
    assert kinds(form) == {"size": "union"}
    assert [branch.kind for branch in form.children[0].branches] == ["string", "list"]


PROPERTIES = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}


@each_row(
    "more",
    [
        {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {"oneOf": [{"required": ["a"]}, {"not": {"required": ["b"]}}]},
        {"oneOf": [{"properties": {"a": {"const": "x"}}}, {"properties": {"b": {"const": 1}}}]},
        {"allOf": [{"required": ["a"]}, {"not": {"properties": {"a": {"const": 1}}}}]},
        {"allOf": [{"if": {"required": ["a"]}, "then": {"required": ["b"]}}]},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": False},
        {"dependentRequired": {"a": ["b"]}},
        {"dependentSchemas": {"a": {"required": ["b"]}}},
        {"not": {"required": ["a", "b"]}},
    ],
)
def test_subschemas_that_only_constrain_do_not_change_the_form(more):
    expected = {"a": "string", "b": "integer"}
    assert kinds(root(PROPERTIES | more)) == expected
    nested = root({"properties": {"x": {"properties": {"y": PROPERTIES | more}}}})
    assert kinds(nested.children[0].children[0]) == expected
    listed = root({"properties": {"x": {"type": "array", "items": PROPERTIES | more}}})
    assert listed.children[0].item
    assert kinds(listed.children[0].item) == expected


def test_conditions_that_describe_add_their_properties():
    then = {"properties": {"c": {"type": "boolean"}}, "required": ["c"]}
    form = root(PROPERTIES | {"if": {"required": ["a"]}, "then": then})
    assert kinds(form) == {"a": "string", "b": "integer", "c": "boolean"}
    assert not form.children[2].is_required


def test_a_text_with_alternatives_that_only_constrain_stays_a_text():
    form = root(
        {"properties": {"x": {"type": "string", "anyOf": [{"format": "uri"}, {"pattern": "^a"}]}}}
    )
    assert kinds(form) == {"x": "string"}


def test_all_parts_that_describe_a_property_apply():
    base = {"properties": {"a": {"type": "string", "title": "The a"}}}
    form = root({"allOf": [base, {"properties": {"a": {"const": "x"}}}]})
    assert [(c.kind, c.label) for c in form.children] == [("choice", "The a")]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, {"anything": [1]}),
        ({"$ref": "#/components/schemas/Empty"}, {"anything": 1}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1}),
        ({"type": ["object", "null"], "properties": {"a": {"type": "string"}}}, {"a": "x"}),
        ({"nullable": True, "properties": {"a": {}}, "required": ["a"]}, {"a": None}),
        ({"type": "array"}, {"a": 1}),
        (True, {"a": 1}),
    ],
)
def test_an_input_of_any_shape_is_an_object(schema, value):
    form = root(schema, Empty={})
    assert (form.kind, form.is_nullable) == ("object", False)
    assert identical(decode_post(form, encode_arguments(form, value)).arguments, value)


def test_an_input_that_is_a_map_takes_typed_rows():
    form = root({"type": "object", "additionalProperties": {"type": "integer"}})
    extra = draw(form).extra
    assert extra
    assert extra.field.is_open
    assert extra.field.item
    assert extra.field.item.kind == "integer"
    assert decode_post(form, {"~extra.0~key": ["a"], "~extra.0": ["5"]}).arguments == {"a": 5}


def test_branches_are_labelled_by_title_or_tag():
    titled = {"title": "By text", **A}
    unions: list[tuple[Any, dict[str, Any]]] = [
        ({"anyOf": REFS}, {"A": titled, "B": B}),
        ({"oneOf": REFS}, {"A": titled, "B": B}),
    ]
    for schema, components in unions:
        form = root({"properties": {"x": schema}}, **components).children[0]
        assert [option.label for option in form.options] == ["By text", "B"]
    urls = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    form = root({"properties": {"image_url": {"anyOf": urls}}}).children[0]
    assert [option.label for option in form.options] == ["Image", "Images"]
    form = root({"properties": {"x": {"anyOf": [{"title": "TextPart", **A}, B]}}}).children[0]
    assert [option.label for option in form.options] == ["Text part", "B"]
    plain: dict[str, Any] = {"properties": {"z": {}}}
    mapping = {"cat": "#/components/schemas/A", "dog": "#/components/schemas/B"}
    schema = {"oneOf": REFS, "discriminator": {"propertyName": "t", "mapping": mapping}}
    form = root({"properties": {"x": schema}}, A=plain, B=plain).children[0]
    assert [option.label for option in form.options] == ["Cat", "Dog"]


@each_row(
    "where",
    [
        lambda union: {"properties": {"x": union}, "required": ["x"]},
        lambda union: {"properties": {"x": {"type": "array", "items": union}}},
    ],
)
def test_a_mapped_alternative_sends_its_tag(where):
    """The alternatives do not say themselves which tag they have."""
    animal = {
        "type": "object",
        "properties": {"kind": {"type": "string"}, "name": {"type": "string"}},
        "required": ["kind"],
    }
    tags = {"cat": "#/components/schemas/A", "dog": "B"}
    union = {"oneOf": REFS, "discriminator": {"propertyName": "kind", "mapping": tags}}
    document = strategies.document(where(union))
    document["components"]["schemas"] |= {"A": animal, "B": animal}
    described = contract(document, "a/b")
    form = build(described)
    field = form.children[0].item or form.children[0]
    assert [option.label for option in field.options] == ["Cat", "Dog"]
    row = "x.0" if form.children[0].item else "x"
    dog = {"kind": "dog", "name": "Rex"}
    sent = decode_post(form, {row: ["~2"], f"{row}~2.name": ["Rex"]}).arguments
    assert sent == {"x": [dog] if form.children[0].item else dog}
    assert validate(described, sent, form) == []
    assert identical(decode_post(form, encode_arguments(form, sent)).arguments, sent)


def test_an_input_of_mapped_alternatives_offers_their_tags():
    tags = {"cat": "#/components/schemas/A", "dog": "#/components/schemas/B"}
    plain = {"type": "object", "properties": {"kind": {"type": "string"}}}
    union = {"oneOf": REFS, "discriminator": {"propertyName": "kind", "mapping": tags}}
    (kind,) = root(union, A=plain, B=plain).children
    assert [option.value for option in kind.options] == ["cat", "dog"]


TEXTS = {"type": "string", "enum": ["5", "10"]}
WHOLE = {"type": "integer", "minimum": 1, "maximum": 4}


@each_row(
    "schema, value",
    [
        (TEXTS | {"default": 5}, "5"),
        ({"anyOf": [TEXTS, {"type": "null"}], "default": 10.0}, "10"),
        ({"anyOf": [TEXTS, {"type": "object", "properties": {"w": {}}}], "default": 5}, "5"),
        ({"enum": [5, 10], "default": "5"}, 5),
        ({"enum": ["auto", "16:9"], "default": "Auto"}, "auto"),
        ({"type": "array", "items": TEXTS, "default": [5]}, ["5"]),
        ({"type": "object", "properties": {"d": TEXTS}, "default": {"d": 5}}, {"d": "5"}),
        (WHOLE | {"default": "3"}, 3),
        ({"type": "number", "default": "0.5"}, 0.5),
        ({"type": "string", "default": 7}, "7"),
        ({"type": "boolean", "default": "True"}, True),
        (TEXTS | {"default": "auto"}, None),
        (WHOLE | {"default": 9}, None),
        (WHOLE | {"default": 1, "exclusiveMinimum": True}, None),
        ({"type": "string", "maxLength": 3, "default": "four"}, None),
        ({"type": "array", "items": {}, "minItems": 2, "default": [1]}, None),
    ],
)
def test_a_required_default_is_sendable_or_asked_for(schema, value):
    described = contract(
        strategies.document({"properties": {"x": schema}, "required": ["x"]}), "a/b"
    )
    form = build(described)
    sent = decode_post(form, {}).arguments
    assert identical(sent, {} if value is None else {"x": value})
    told = [problem.message for problem in validate(described, sent, form)]
    assert told == ([f"{form.children[0].label} is required"] if value is None else [])


def test_an_optional_default_that_the_enum_forgot_is_shown_and_not_sent():
    form = root({"properties": {"x": TEXTS | {"default": "auto"}}})
    assert [option.label for option in form.children[0].options] == ["5", "10", "Auto"]
    assert decode_post(form, {"x": ["auto"]}).arguments == {}


PAIR = {"type": "array", "minItems": 1}
PLACES = [{"type": "number", "title": "From"}, {"type": "number"}]


@pytest.mark.parametrize("schema", [{"prefixItems": PLACES}, {"items": PLACES}])
def test_each_place_of_a_tuple_is_a_field(schema):
    form = root({"properties": {"range": PAIR | schema}})
    pair = form.children[0]
    assert (pair.kind, [c.label for c in pair.children]) == ("tuple", ["From", "Item 2"])
    assert [c.is_required for c in pair.children] == [True, False]
    assert decode_post(form, {}).arguments == {}
    assert decode_post(form, {"range.0": [""], "range.1": [""]}).arguments == {}
    assert decode_post(form, {"range.0": ["1"], "range.1": ["2.0"]}).arguments == {
        "range": [1, 2.0]
    }
    assert decode_post(form, {"range.0": ["1"], "range.1": [""]}).arguments == {"range": [1]}
    gap = decode_post(form, {"range.0": [""], "range.1": ["2"]})
    assert [(p.path, p.message) for p in gap.problems] == [(("range", 0), "From needs a value")]
    assert gap.arguments == {"range": [2]}  # the rest is valid JSON, which a page can show
    for value in ([1, 2], [1], [], [1, 2, 3], ["a", None], None, "x"):
        assert identical(
            decode_post(form, encode_arguments(form, {"range": value})).arguments,
            {"range": value},
        )


def test_a_tuple_shows_its_default_and_sends_nothing_untouched():
    form = root({"properties": {"range": PAIR | {"prefixItems": PLACES, "default": [0, 1]}}})
    node = draw(form).children[0]
    assert [child.text for child in node.children] == ["0", "1"]
    assert decode_post(form, {"range.0": ["0"], "range.1": ["1"]}).arguments == {}
    assert decode_post(form, {"range.0": ["0"], "range.1": ["2"]}).arguments == {"range": [0, 2]}


@pytest.mark.parametrize("others", [[], [{"type": "string"}, {"type": "null"}]])
def test_an_empty_default_tuple_in_a_union_is_omitted(others):
    schema = {"anyOf": [{"type": "array", "prefixItems": PLACES}, *others], "default": []}
    form = root({"properties": {"x": schema | {"title": "X"}}})
    branch = "~1" if others else ""
    untouched = {"x": ["~1"], f"x{branch}.0": [""], f"x{branch}.1": [""], "x~2": [""]}
    assert decode_post(form, untouched).arguments == {}
    assert decode_post(form, untouched | {f"x{branch}.0": ["1"]}).arguments == {"x": [1]}


def test_a_tuple_default_that_does_not_fit_is_not_sent():
    pair = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}
    schema = {
        "anyOf": [pair, {"type": "object", "properties": {"a": {}}}, {"type": "null"}],
        "default": ["", None],
    }
    form = root({"properties": {"x": schema}})
    assert decode_post(form, {"x": ["~1"], "x~1.0": [""], "x~1.1": [""]}).arguments == {}


def test_unknown_keys_are_rows_and_only_an_open_object_offers_more():
    closed, opened = root(PROPERTIES), root(PROPERTIES | {"additionalProperties": True})
    assert draw(closed).extra is None
    assert draw(opened).extra
    node = draw(closed, {"a": "x", "new": {"deep": 1.0}}).extra
    assert node
    assert (node.name, node.rows[0].key, node.field.is_open) == ("~extra", "new", False)
    assert node.is_changed
    for value in ({"new": 1.0}, {"": 1}, {"a\nb": 1}, {"x": None, "y": "text"}):
        assert identical(decode_post(closed, encode_arguments(closed, value)).arguments, value)


def test_extra_rows_are_added_and_removed_without_script():
    form = root(PROPERTIES | {"additionalProperties": True})
    added = apply({"a": ["x"], "~extra~rows": [""]}, "add:~extra")
    node = draw(form, post=added).extra
    assert node
    assert [row.node.name for row in node.rows] == ["~extra.0"]
    assert decode_post(form, added).arguments == {"a": "x"}
    filled = added | {"~extra.0~key": ["new"], "~extra.0": ["[1]"]}
    assert decode_post(form, filled).arguments == {"a": "x", "new": [1]}
    assert decode_post(form, apply(filled, "remove:~extra.0")).arguments == {"a": "x"}


def test_an_extra_row_must_not_repeat_a_field():
    post = {"a": ["x"], "~extra.0~key": ["a"], "~extra.0": ['"y"']}
    parsed = decode_post(root(PROPERTIES), post)
    assert [p.message for p in parsed.problems] == ["“a” has a field of its own"]
    node = draw(root(PROPERTIES), post=post, problems=parsed.problems).extra
    assert node
    assert node.rows[0].node.errors


def test_a_problem_with_an_extra_key_is_shown_at_its_row():
    document = strategies.document(PROPERTIES | {"additionalProperties": False})
    endpoint_contract = contract(document, "a/b")
    form = build(endpoint_contract)
    post = encode_arguments(form, {"a": "x", "new": 1})
    node = draw(
        form, post=post, problems=validate(endpoint_contract, {"a": "x", "new": 1}, form)
    ).extra
    assert node
    assert node.rows[0].node.errors == ["New is not allowed here"]


def test_wide_and_recursive_inputs_keep_a_field_for_every_property():
    tree = {"properties": {k: {"$ref": "#/components/schemas/In"} for k in "abcdefghijkl"}}
    tree["properties"] |= {"seed": {"type": "integer"}}
    assert kinds(root(tree))["seed"] == "integer"


def test_examples_are_the_schemas_own_else_the_first_of_each_property():
    file = {"properties": {"url": {"type": "string", "examples": ["https://a/b.png"]}}}
    properties: dict[str, Any] = {
        "first": {"type": "string", "examples": ["x", "y"], "default": "z"},
        "misfit": {"type": "integer", "examples": ["x", True, 5]},
        "old": {"type": "string", "example": "o"},
        "named": {"type": "string", "examples": {"one": {"value": "n"}}},
        "file": file,
        "optional": file,
        "none": {"type": "string", "default": "d"},
    }
    schema: dict[str, Any] = {"properties": properties, "required": ["file"]}
    assert example(root(schema)) == {
        "first": "x",
        "misfit": 5,
        "old": "o",
        "named": "n",
        "file": {"url": "https://a/b.png"},
    }
    assert example(root(schema | {"examples": [{"first": "whole"}]})) == {"first": "whole"}
    assert example(root(schema | {"example": {"first": "whole"}})) == {"first": "whole"}


MAP = {"type": "object", "additionalProperties": {"type": "integer"}}
CLOSED = {
    "type": "object",
    "properties": {"name": {"type": "string", "nullable": True}, "size": {"type": "integer"}},
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("alternatives", "value", "chosen"),
    [
        # the first alternative requires keys that are missing here
        ([CLOSED, MAP], {"k": 1}, "~2"),
        ([CLOSED, MAP], {"name": None}, "~1"),
        (
            [{"properties": {"x": {"type": "integer"}}}, {"properties": {"x": {"type": "string"}}}],
            {"x": "a"},
            "~2",
        ),
        ([{"type": "object", "additionalProperties": {"type": "string"}}, MAP], {"k": 1}, "~2"),
    ],
)
def test_a_value_selects_the_alternative_that_fits_it(alternatives, value, chosen):
    form = root({"properties": {"u": {"anyOf": alternatives}}})
    assert encode_arguments(form, {"u": value})["u"] == [chosen]
