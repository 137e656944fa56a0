"""Each kind of field supports all operations; the test names what a new kind lacks."""

from decimal import Decimal
from typing import Any, NamedTuple, get_args

import pytest

from schemas import Field, build, contract, decode_post, draw, encode_arguments
from schemas.changes.diff import diff_contracts
from schemas.estimate import Model, Price, estimate
from schemas.fields.fitting import accepts, matching_option
from schemas.fields.kinds import KINDS, Kind, has_type
from schemas.fields.unions import union
from schemas.reference.tables import type_in_words
from tests.schemas import strategies


class Sample(NamedTuple):
    """A schema of a kind, and a value of it."""

    schema: dict[str, Any]
    value: Any


TEXT, INTEGER = {"type": "string"}, {"type": "integer"}
SAMPLES: dict[Kind, Sample] = {
    "object": Sample({"type": "object", "properties": {"a": TEXT}}, {"a": "x"}),
    "map": Sample({"type": "object", "additionalProperties": INTEGER}, {"k": 1}),
    "list": Sample({"type": "array", "items": INTEGER}, [1, 2]),
    "tuple": Sample({"type": "array", "prefixItems": [TEXT, INTEGER]}, ["x", 1]),
    "union": Sample({"anyOf": [{"type": "boolean"}, {"type": "array", "items": TEXT}]}, ["x"]),
    "choice": Sample({"enum": ["a", "b"]}, "b"),
    "boolean": Sample({"type": "boolean"}, True),
    "integer": Sample(INTEGER, 3),
    "number": Sample({"type": "number"}, 0.5),
    "string": Sample(TEXT, "hello"),
    "json": Sample({}, {"any": [1]}),
}
each_kind = pytest.mark.parametrize("kind", get_args(Kind))


def document(schema: dict[str, Any]) -> Any:
    return strategies.document({"type": "object", "properties": {"x": schema}})


def root(kind: Kind) -> Field:
    return build(contract(document(SAMPLES[kind].schema), "a/b"))


def test_each_kind_has_traits_and_a_sample():
    assert set(KINDS) == set(SAMPLES) == set(get_args(Kind))


@each_kind
def test_each_kind_is_built_from_a_schema(kind):
    field = root(kind).children[0]
    assert field.kind == kind
    assert field.traits is KINDS[kind]
    assert field.is_group == field.traits.is_group


@each_kind
def test_each_kind_encodes_a_value_in_its_controls_and_decodes_it(kind):
    arguments = {"x": SAMPLES[kind].value}
    post = encode_arguments(root(kind), arguments)
    assert "x~json" not in post
    assert decode_post(root(kind), post).arguments == arguments


@each_kind
def test_each_kind_draws_a_node_that_shows_its_value(kind):
    node = draw(root(kind), {"x": SAMPLES[kind].value}).children[0]
    assert not node.is_boxed
    assert node.is_changed
    assert bool(node.children or node.rows) == KINDS[kind].is_group
    assert bool(node.text) == (not KINDS[kind].is_group or kind == "union")


@each_kind
def test_each_kind_fits_its_own_values_only(kind):
    field, value = root(kind).children[0], SAMPLES[kind].value
    assert has_type(kind, value)
    assert accepts(field, value)
    assert accepts(field, object()) == (kind == "json")


@each_kind
def test_each_kind_is_found_among_the_alternatives_of_a_union(kind):
    field = root(kind).children[0]
    other = root("boolean" if kind in {"union", "map", "object", "json"} else "map").children[0]
    common = {"name": "x", "default": None, "is_nullable": False, "is_required": False, "media": ""}
    option = matching_option(union([other, field], common), SAMPLES[kind].value)
    assert option is not None
    assert option.value == "b" if kind == "choice" else option.branch == 2


@each_kind
def test_each_kind_is_described_for_documentation(kind):
    assert type_in_words(root(kind).children[0])


@each_kind
def test_a_setting_of_any_kind_keeps_the_price_known(kind):
    price = Price(Decimal("0.02"), "images")
    cost = estimate(price, {"x": SAMPLES[kind].value}, Model(root(kind), frozenset({"image"})))
    assert (cost.low, cost.high) == (Decimal("0.02"), Decimal("0.02"))


@each_kind
@pytest.mark.parametrize("new", get_args(Kind))
def test_a_change_of_kind_breaks_unless_the_new_kind_is_wider(kind, new):
    before, after = (
        contract(document(SAMPLES[old_or_new].schema), "a/b") for old_or_new in (kind, new)
    )
    lines = [line for line in diff_contracts(before, after) if line.side == "input"]
    if kind == new:
        assert not lines
    else:
        (line,) = [line for line in lines if line.kind == "retyped"]
        is_wider = new in {"json", *KINDS[kind].widens_to} or (
            new == "union" and kind in {"boolean", "list"}
        )
        assert line.breaks == (not is_wider)
