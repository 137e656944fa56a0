"""A post becomes arguments (C13): only values that the user set, with their exact types."""

from typing import Any

import pytest

from schemas import (
    Field,
    Problem,
    apply,
    build,
    contract,
    decode_post,
    draw,
    encode_arguments,
    with_uploads,
)
from schemas.exact import identical
from schemas.form.decode import locate
from tests.schemas import strategies


def form(properties: dict[str, Any], **more: Any) -> Field:
    schema = {"type": "object", "properties": properties} | more
    return build(contract(strategies.document(schema), "a/b"))


def decode_texts(schema: dict[str, Any], *texts: str, **more: list[str]) -> Any:
    """Post `texts` for a property `x`; return its value, or the string "nothing" without one."""
    parsed = decode_post(form({"x": schema}), {"x": list(texts), **more} if texts else more)
    assert parsed.problems == []
    return parsed.arguments.get("x", "nothing")


def test_c13_integers_strings_and_numbers_keep_their_types():
    cases: list[tuple[dict[str, Any], str, Any]] = [
        ({"type": "integer"}, "5", 5),
        ({"type": "integer"}, " 9223372036854775807123 ", 9223372036854775807123),
        ({"type": "number"}, "1", 1),
        ({"type": "number"}, "1.0", 1.0),
        ({"type": "number"}, "1e-7", 1e-7),
        ({"type": "string"}, "5", "5"),
        ({"enum": ["5", "10"]}, "5", "5"),
        ({"enum": [5, 10]}, "5", 5),
        ({"type": "string"}, " two  ", " two  "),
        ({"type": "string"}, "a\r\nb", "a\nb"),
    ]
    for schema, text, value in cases:
        assert identical(decode_texts(schema, text), value), (schema, text)


def test_c13_unset_values_are_omitted():
    for schema in (
        {"type": "string"},
        {"type": "integer"},
        {"enum": ["a"]},
        {"type": "boolean"},
        {"type": "array", "items": {}},
    ):
        assert decode_texts(schema) == "nothing"
        assert decode_texts(schema, "") == "nothing"
    assert decode_texts({"type": "integer", "default": 28}, "28") == "nothing"
    assert decode_texts({"type": "boolean", "default": True}, "false", "true") == "nothing"
    assert decode_texts({"type": "boolean", "default": True}, "false") is False
    assert decode_texts({"type": "string", "default": "blur"}, "") == ""
    assert (
        decode_texts({"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 5}, "") is None
    )
    assert decode_texts({"type": "integer", "default": 28}, "28", **{"x~set": ["1"]}) == 28


@pytest.mark.parametrize("text", ["abc", "1.5", "nan", "inf", "1_000", "0x10", "\u0665", "--1"])
def test_an_unreadable_integer_is_a_problem_of_its_field(text):
    parsed = decode_post(form({"x": {"type": "integer"}}), {"x": [text]})
    assert parsed.problems == [Problem(("x",), "X must be a whole number")]
    assert parsed.arguments == {}


SIZE = {
    "anyOf": [{"type": "object",
         "properties": {"width": {"type": "integer", "default": 512},
             "height": {"type": "integer", "default": 512}}},
        {"enum": ["square", "wide"], "type": "string"}],
    "default": "square",
}  # fmt: skip


def test_a_size_is_a_preset_or_custom():
    assert decode_texts(SIZE, "square") == "nothing"
    assert decode_texts(SIZE, "wide", **{"x~1.width": ["9"]}) == "wide"
    assert decode_texts(SIZE, "~1", **{"x~1.width": ["800"], "x~1.height": ["512"]}) == {
        "width": 800
    }
    assert decode_texts(SIZE, "~1", **{"x~1.width": ["512"], "x~1.height": ["512"]}) == {
        "width": 512,
        "height": 512,
    }
    assert decode_texts(SIZE) == "nothing"


def test_an_optional_group_is_sent_if_any_child_is_set():
    schema = {
        "type": "object",
        "properties": {
            "kind": {"const": "a"},
            "path": {"type": "string"},
            "scale": {"type": "number", "default": 1},
        },
        "required": ["kind", "path"],
    }
    untouched = {"x.kind": ["a"], "x.path": [""], "x.scale": ["1"]}
    assert decode_texts(schema, **untouched) == "nothing"
    assert decode_texts(schema, **untouched | {"x.path": ["p"]}) == {"kind": "a", "path": "p"}


def test_an_object_shows_its_own_default():
    schema = {
        "type": "object",
        "default": {"voice": "Ann", "speed": 1},
        "properties": {
            "voice": {"type": "string", "default": "Bob"},
            "speed": {"type": "number", "default": 1},
        },
    }
    assert decode_texts(schema, **{"x.voice": ["Ann"], "x.speed": ["1"]}) == "nothing"
    assert decode_texts(schema, **{"x.voice": ["Ann"], "x.speed": ["2"]}) == {
        "speed": 2,
        "voice": "Ann",
    }


def test_rows_keep_their_order_despite_gaps():
    schema = {"type": "array", "items": {"type": "object", "properties": {"p": {"type": "string"}}}}
    post = {"x.7.p": ["b"], "x.2.p": ["a"], "x.10.p": ["c"]}
    assert decode_texts(schema, **post) == [{"p": "a"}, {"p": "b"}, {"p": "c"}]
    assert decode_texts(schema, **post | {"x~rows": ["", "10", "2"]}) == [
        {"p": "c"},
        {"p": "a"},
        {"p": "b"},
    ]
    plain = {"type": "array", "items": {"type": "integer"}}
    assert decode_texts(plain, "1", "2") == [1, 2]
    assert decode_texts(plain, **{"x.0": ["1"], "x.1": [""], "x.2": ["3"]}) == [1, 3]
    assert decode_texts(plain | {"default": [1]}, **{"x~rows": [""]}) == []


def test_a_map_refuses_a_key_twice():
    root = form({"x": {"type": "object", "additionalProperties": {"type": "number"}}})
    post = {"x.0~key": ["a"], "x.0": ["1"], "x.1~key": ["a"], "x.1": ["2"]}
    assert decode_post(root, post).problems == [Problem(("x",), "X cannot have the key “a” twice")]
    assert decode_post(root, post | {"x.1~key": ["b"]}).arguments == {"x": {"a": 1, "b": 2}}
    assert decode_post(root, {"x.0~key": ["a"], "x.0": [""]}).problems == [
        Problem(("x", "a"), "“a” needs a value")
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1,}', "line 1, column"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1, "a": 2}', "twice"),
        ("[1]", "object"),
        ("[" * 5000, "JSON"),
        ("9" * 5000, "digits"),
        ('{"a": 1e999}', "too large"),
        ("[" * 200 + "]" * 200, "deep"),
    ],
)
def test_the_json_tab_reports_errors(text, reason):
    parsed = decode_post(form({"x": {"type": "string"}}), {"~mode": ["json"], "~json": [text]})
    assert parsed.arguments == {}
    assert len(parsed.problems) == 1
    assert reason in parsed.problems[0].message


def test_the_json_tab_keeps_everything():
    parsed = decode_post(
        form({}), {"~mode": ["json"], "~json": ['{"a": 1.0, "seed": 196619188014358660}']}
    )
    assert identical(parsed.arguments, {"a": 1.0, "seed": 196619188014358660})


def test_row_buttons_change_the_post():
    root = form(
        {
            "x": {
                "type": "array",
                "items": {"type": "object", "properties": {"p": {"type": "string"}}},
            }
        }
    )
    post = encode_arguments(root, {"x": [{"p": "a"}, {"p": "b"}]})

    def rows(after: dict[str, list[str]]) -> Any:
        return [row.get("p") for row in decode_post(root, after).arguments["x"]]

    assert rows(apply(post, "add:x")) == ["a", "b", None]
    assert rows(apply(post, "remove:x.0")) == ["b"]
    assert rows(apply(post, "up:x.1")) == ["b", "a"]
    assert rows(apply(post, "down:x.0")) == ["b", "a"]
    assert rows(apply(post, "duplicate:x.0")) == ["a", "a", "b"]
    for nothing in (
        "up:x.0",
        "down:x.1",
        "remove:x.9",
        "remove:x",
        "dance:x.0",
        "",
        "add",
        "down:",
    ):
        assert rows(apply(post, nothing)) == ["a", "b"]


def test_uploads_add_their_addresses_to_the_post():
    root = form(
        {
            "image_url": {"type": "string"},
            "image_urls": {"type": "array", "items": {"type": "string"}},
        }
    )
    post = with_uploads(
        {"image_url": [""], "image_urls~rows": ["", "0"], "image_urls.0": ["a"]},
        {"image_url~file": ["/u/1"], "image_urls~files": ["/u/2", "/u/3"], "image_urls.0~file": []},
    )
    assert decode_post(root, post).arguments == {
        "image_url": "/u/1",
        "image_urls": ["a", "/u/2", "/u/3"],
    }


def test_c31_problems_skip_union_branch_names_in_paths():
    root = form(
        {
            "image_size": SIZE,
            "loras": {
                "type": "array",
                "items": {"type": "object", "properties": {"path": {"type": "string"}}},
            },
        }
    )
    post = {
        "image_size": ["~1"],
        "image_size~1.width": ["0"],
        "loras.3.path": ["x"],
        "loras.5.path": ["y"],
    }
    names = decode_post(root, post).names
    assert locate(names, ("image_size", "ImageSize", "width")) == ("image_size~1.width", ())
    assert locate(names, ("loras", 1, "path")) == ("loras.5.path", ())
    assert locate(names, ("loras", 1, "weight")) == ("loras.5", ("weight",))
    assert locate(names, ("image_size", "str-enum[square]")) == (
        "image_size",
        ("str-enum[square]",),
    )
    assert locate(names, ("ghost", "loras")) == ("", ("ghost", "loras"))
    assert locate(names, ()) == ("", ())


def test_an_invalid_row_keeps_its_index_and_error():
    numbers = {"type": "array", "items": {"type": "integer"}}
    form = build(contract(strategies.document({"properties": {"l": numbers}})))
    post = {"l~rows": ["0", "1", "2", "3"], "l.0": ["1"], "l.1": ["x"], "l.2": ["3"], "l.3": ["y"]}
    tree = draw(form, post=post, problems=decode_post(form, post).problems)
    wrong = [(node.name, node.errors) for node in tree.walk() if node.errors]
    messages = ["Value must be a whole number"]
    assert wrong == [("l.1", messages), ("l.3", messages)]


def test_locate_accepts_row_numbers_as_text():
    names = {(): "", ("l",): "l", ("l", 1): "l.1", ("m",): "m", ("m", "1"): "m.0"}
    assert locate(names, ("l", "1")) == ("l.1", ())
    assert locate(names, ("m", "1")) == ("m.0", ())
