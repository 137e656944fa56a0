"""Comparing two versions of a document names every change that matters in words, and no other."""

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import contract
from schemas.changes.diff import diff_contracts
from schemas.changes.diff_lines import MOST, Line, dotted, sentence
from tests.documents import invented_ids, read_document, upstreams
from tests.sampling import sample
from tests.schemas import hostile, laws, strategies
from tests.tables import each_row


def document(properties: Any, required: Any = (), output: Any = None) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    openapi = strategies.document(schema)
    if output is not None:
        answer = {
            "content": {"application/json": {"schema": {"type": "object", "properties": output}}}
        }
        openapi["paths"]["/a/b/requests/{request_id}"] = {"get": {"responses": {"200": answer}}}
    return openapi


def lines(old: Any, new: Any) -> list[Line]:
    return diff_contracts(contract(old, "a/b"), contract(new, "a/b"))


def sentences(old: Any, new: Any, **more: Any) -> list[str]:
    """Return the lines about a field's change as `field text`, with `!` for breaking changes."""
    changes = lines(document({"x": old}, **more), document({"x": new}, **more))
    return [f"{line.field} {line.said}{'!' if line.breaks else ''}" for line in changes]


INTEGER: dict[str, Any] = {"type": "integer"}
TEXT: dict[str, Any] = {"type": "string"}
PICTURE: dict[str, Any] = {"type": "string", "ui": {"field": "image"}}
FILM: dict[str, Any] = {"type": "string", "ui": {"field": "video"}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (INTEGER | {"default": 30}, INTEGER | {"default": 28}, ["x has the default 28; it was 30"]),
        (INTEGER, INTEGER | {"default": 0}, ["x has the default 0 now"]),
        (INTEGER | {"default": 5}, INTEGER, ["x has no default any more; it was 5"]),
        (INTEGER | {"maximum": 50}, INTEGER | {"maximum": 100},
         ["x may be up to 100 now; it was 50"]),
        (INTEGER | {"maximum": 50}, INTEGER | {"maximum": 20},
         ["x must be 20 or less now; it was 50!"]),
        (INTEGER | {"minimum": 1}, INTEGER, ["x has no minimum any more; it was 1"]),
        (INTEGER, INTEGER | {"minimum": 2}, ["x must be 2 or more now!"]),
        (INTEGER | {"maximum": 5}, INTEGER | {"exclusiveMaximum": 5},
         ["x may no longer be exactly its maximum, 5!"]),
        (INTEGER, INTEGER | {"multipleOf": 8}, ["x must be a multiple of 8 now!"]),
        (TEXT | {"maxLength": 9}, TEXT | {"maxLength": 4},
         ["x may have at most 4 characters now; it was 9!"]),
        (TEXT, TEXT | {"pattern": "^a"}, ["x must have the form ^a now!"]),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": TEXT, "maxItems": 2},
         ["x may have at most 2 entries now!"]),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": TEXT, "maxItems": 1},
         ["x may have at most 1 entry now!"]),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": INTEGER},
         ["x[] has another type: whole number; it was text!"]),
        ({"enum": ["a", "b"]}, {"enum": ["b", "c"]},
         ["x can be “c” now", "x can no longer be “a”!"]),
        ({"enum": ["a", "b"]}, TEXT, ["x has another type: text; it was one of “a”, “b”"]),
        (TEXT, {"enum": ["a", "b"]}, ["x has another type: one of “a”, “b”; it was text!"]),
        (INTEGER, {"type": "number"}, ["x has another type: number; it was whole number"]),
        (PICTURE, FILM, ["x has another type: video address; it was image address!"]),
        (INTEGER, INTEGER | {"nullable": True}, ["x may be empty (null) now"]),
        (INTEGER, {"type": "object", "properties": {"a": TEXT}},
         ["x has another type: object; it was whole number!"]),
        ({"type": "object", "properties": {"a": TEXT}},
         {"type": "object", "properties": {"a": TEXT, "b": INTEGER}}, ["x.b is new: whole number"]),
        ({"anyOf": [{"enum": ["s"]}, {"type": "object", "properties": {"w": INTEGER}}]},
         {"anyOf": [{"enum": ["s"]},
              {"type": "object", "properties": {"w": INTEGER | {"maximum": 9}}}]},
         ["x.w must be 9 or less now!"]),
        ({"anyOf": [INTEGER, {"type": "object", "properties": {"w": INTEGER}}]},
         {"anyOf": [INTEGER, {"type": "boolean"}]},
         ["x can no longer be given as object!", "x can also be given as yes or no"]),
        (TEXT, TEXT | {"deprecated": True}, ["x is deprecated now"]),
        (TEXT, TEXT | {"ui": {"hidden": True}},
         ["x is no longer shown in forms; the model still takes it"]),
        (INTEGER | {"default": 1}, {"type": "integer", "default": 1.0}, []),
        (TEXT | {"title": "A", "description": "One.", "examples": ["a"]},
         TEXT | {"title": "B", "description": "Two."}, []),
    ],
)  # fmt: skip
def test_each_change_of_a_field_has_its_sentence(old, new, expected):
    assert sentences(old, new) == expected


def test_fields_come_go_and_become_required():
    old = document({"a": TEXT, "b": INTEGER, "c": TEXT}, required=["a"])
    new = document({"b": INTEGER, "c": TEXT, "d": INTEGER | {"default": 3}, "e": FILM}, ["b", "e"])
    changes = [(line.field, line.kind, line.breaks) for line in lines(old, new)]
    assert changes == [
        ("a", "removed", True),
        ("b", "required", True),
        ("d", "added", False),
        ("e", "added", True),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"num_steps": INTEGER}, {"num_inference_steps": INTEGER}),
        (
            {"cfg": INTEGER | {"description": "How close."}},
            {"guidance": INTEGER | {"description": "How close."}},
        ),
        ({"image_url": PICTURE}, {"image_urls": {"type": "array", "items": PICTURE}}),
    ],
)
def test_an_obvious_rename_is_reported_as_one(old, new):
    changes = lines(document(old), document(new))
    assert [(line.kind, line.path, line.to) for line in changes if line.kind != "retyped"] == [
        ("renamed", tuple(old), tuple(new))
    ]


def test_an_ambiguous_rename_is_reported_as_removed_and_added():
    before, after = {"a_size": INTEGER}, {"a": INTEGER, "size": INTEGER}
    assert {line.kind for line in lines(document(before), document(after))} == {"removed", "added"}
    alike = {"cfg": INTEGER, "seed": INTEGER | {"maximum": 3}}
    assert {line.kind for line in lines(document(alike), document({"steps": INTEGER}))} == {
        "removed",
        "added",
    }


def test_a_field_moved_into_or_out_of_a_group_is_reported_as_moved():
    flat = {"voice": TEXT, "prompt": TEXT}
    group = {"prompt": TEXT, "audio": {"type": "object", "properties": {"voice": TEXT}}}
    into = lines(document(flat), document(group))
    assert [(line.kind, line.path, line.to) for line in into][:1] == [
        ("moved", ("voice",), ("audio", "voice"))
    ]
    out = lines(document(group), document(flat))
    assert ("moved", ("audio", "voice"), ("voice",)) in [(x.kind, x.path, x.to) for x in out]


def test_only_output_changes_that_affect_readers_are_reported():
    old = document({}, output={"images": {"type": "array", "items": PICTURE}, "seed": INTEGER})
    new = document(
        {},
        output={
            "images": {"type": "array", "items": FILM},
            "took": INTEGER,
            "seed": INTEGER | {"maximum": 3, "default": 5, "description": "x"},
        },
    )
    changes = [(line.side, line.field, line.kind, line.breaks) for line in lines(old, new)]
    assert changes == [
        ("output", "images[]", "retyped", True),
        ("output", "took", "added", False),
    ]
    assert [line.said for line in lines(old, document({}))] == ["is no longer described"]


@pytest.mark.parametrize("ids", [invented_ids(), [*upstreams()]], ids=["invented", "upstream's"])
def test_documents_compare_with_each_other_and_not_with_themselves(ids):
    contracts = [contract(read_document(name), name) for name in ids]
    for endpoint_contract in contracts:
        assert diff_contracts(endpoint_contract, endpoint_contract) == []
        assert all(
            diff_contracts(endpoint_contract, other)
            for other in contracts
            if other is not endpoint_contract
        )


def test_rewording_and_reordering_a_document_is_no_change(documents):
    def reworded(value: Any) -> Any:
        if isinstance(value, list):
            return [reworded(item) for item in value]
        if not isinstance(value, dict):
            return value
        reordered = {
            k: reworded(v) for k, v in reversed(value.items()) if k != "x-fal-order-properties"
        }
        return reordered | (
            {"description": "Now."} if isinstance(value.get("description"), str) else {}
        )

    for name, whole_document in documents.items():
        assert (
            diff_contracts(contract(whole_document, name), contract(reworded(whole_document), name))
            == []
        )


SHAPES: list[dict[str, Any]] = [
    INTEGER,
    TEXT,
    PICTURE,
    {"type": "number"},
    {"type": "boolean"},
    INTEGER | {"maximum": 7},
    INTEGER | {"default": 2},
    {"enum": ["a", "b"]},
    {"enum": ["a", "c"]},
    {"type": "array", "items": TEXT},
    {"type": "array", "items": PICTURE},
    {"type": "object", "properties": {"p": TEXT}},
    {"type": "object", "properties": {"p": INTEGER}},
    {"anyOf": [INTEGER, {"type": "object", "properties": {"p": TEXT}}]},
    {"type": "object", "additionalProperties": INTEGER},
]
_NAMES = ["prompt", "steps", "num_steps", "p", "size", "style", "styles"]
_inputs = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(range(len(SHAPES))) for name in _NAMES}
)


@given(_inputs, _inputs)
def test_every_property_that_differs_is_named_and_no_other(old, new):
    documents = [document({name: SHAPES[n] for name, n in inputs.items()}) for inputs in (old, new)]
    changes = lines(*documents)
    named = {line.path[0] for line in changes} | {line.to[0] for line in changes if line.to}
    differ = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    assert named == differ


@pytest.mark.exhaustive
@settings(max_examples=laws.cases(4))
@given(strategies.inputs, strategies.inputs)
def test_any_two_inputs_compare(old, new):
    first, second = (contract(strategies.document(schema), "a/b") for schema in (old, new))
    assert diff_contracts(first, first) == []
    assert diff_contracts(second, second) == []
    _check(diff_contracts(first, second))


@given(st.data())
def test_any_broken_document_compares_with_the_whole_one(documents, data):
    name = data.draw(st.sampled_from(sorted(documents)))
    broken = data.draw(hostile.mutations(copy.deepcopy(documents[name])))
    _check(diff_contracts(contract(documents[name], name), contract(broken, name)))
    _check(diff_contracts(contract(broken, name), contract(documents[name], name)))


@pytest.mark.system
@each_row("name", sample(sorted(hostile.MANY), 3, by_seed=1))
def test_diffs_of_large_documents_are_bounded(name):
    big, plain = strategies.document(hostile.MANY[name]), document({"a": TEXT})
    start = time.thread_time()
    for pair in ((big, plain), (plain, big), (big, big)):
        _check(lines(*pair))
    assert time.thread_time() - start < 30


@pytest.mark.parametrize("value", [None, [], 5, "x", {"paths": 1}, {"paths": {"/a/b": [1]}}])
def test_values_that_are_no_documents_can_be_compared(value):
    assert lines(value, value) == []
    _check(lines(value, document({"a": TEXT})))


def test_paths_are_written_in_dotted_notation():
    assert dotted(("loras", "[]", "path")) == "loras[].path"
    assert dotted(("points", "0", "x")) == "points[0].x"
    assert dotted(("a", "*")) == "a.*"
    assert len(dotted(("x" * 10**5,))) <= 120


def _check(changes: list[Line]) -> None:
    """Assert that the stored form is small JSON that any database accepts."""
    stored = sentence(changes)
    assert len(stored) <= MOST + 1
    assert len(json.dumps(stored)) < 100_000
    for text in (value for line in stored for value in line.values() if isinstance(value, str)):
        assert "\0" not in text
        text.encode()
    assert any(line["breaks"] for line in stored) == any(line.breaks for line in changes)
