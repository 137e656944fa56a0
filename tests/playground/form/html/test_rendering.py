"""Form and JSON are exact inverses, through the post of a browser without JavaScript."""

import re
from collections import defaultdict
from typing import Any, get_args

from hypothesis import given, settings

from playground.form.html.rendering import render_form, singular
from playground.form.html.widgets import WIDGETS, widget_for
from sandbox.contract import openapi
from sandbox.models import MODELS
from schemas import build, contract, decode_post, draw, encode_arguments
from schemas.exact import identical
from schemas.fields import Kind
from schemas.validation import validate
from tests.documents import document_ids, read_document
from tests.playground.browser_post import post_of
from tests.sampling import sample
from tests.schemas import strategies
from tests.schemas.fields.test_kinds import SAMPLES, root
from tests.schemas.laws import cases
from tests.tables import each_row


def through_the_page(root: Any, value: Any) -> Any:
    """Render arguments as a page, post it, and return the parsed arguments."""
    page = render_form(draw(root, value), "/uploads/")
    parsed = decode_post(root, post_of(page))
    assert parsed.problems == []
    return parsed.arguments


@each_row("endpoint_id", sample(document_ids(), 6, by_seed=1))
def test_arguments_of_any_document_round_trip_through_the_page(endpoint_id):
    document = read_document(endpoint_id)
    endpoint_contract = contract(document, endpoint_id)
    root = build(endpoint_contract)

    @settings(max_examples=cases(5))
    @given(strategies.arguments(endpoint_contract.input, document))
    def law(value: dict[str, Any]) -> None:
        assert identical(through_the_page(root, value), value)

    law()


@each_row("model", sample(MODELS, 5, by_seed=1))
def test_arguments_of_sandbox_models_round_trip_through_the_page(model):
    document = openapi.document(model, defaultdict(lambda: "http://127.0.0.1/"))
    endpoint_contract = contract(document, model.endpoint_id)
    root = build(endpoint_contract)
    example = decode_post(root, encode_arguments(root, model.example())).arguments
    assert validate(endpoint_contract, example, root) == []

    @settings(max_examples=cases(2))
    @given(strategies.arguments(endpoint_contract.input, document))
    def law(value: dict[str, Any]) -> None:
        assert identical(through_the_page(root, value), value)

    law()


@each_row("text", strategies.HOSTILE)
def test_texts_are_escaped_in_the_page(text):
    schema = {
        "type": "object",
        "title": text,
        "properties": {
            text: {"type": "string", "title": text, "description": text, "default": text},
            "c": {"enum": [text, "b"], "description": text},
            "m": {"type": "object", "additionalProperties": {"type": "string"}},
            "l": {"type": "array", "title": text, "items": {"type": "string", "examples": [text]}},
        },
    }
    root = build(contract(strategies.document(schema), "a/b"))
    value = {text: text, "m": {text: text}, "l": [text], text + "?": text}
    page = render_form(draw(root, value))
    assert "<script" not in page
    assert "<b>" not in page
    assert identical(decode_post(root, post_of(page)).arguments, value)


@each_row(
    ("label", "word"),
    [
        ("Images", "image"),
        ("LoRAs", "LoRA"),
        ("IP adapters", "IP adapter"),
        ("ControlNet unions", "ControlNet union"),
        ("Dynamic masks", "dynamic mask"),
        ("Categories", "category"),
        ("Boxes", "box"),
        ("Glass", "glass"),
    ],
)
def test_labels_of_list_items_are_singular(label, word):
    assert singular(label) == word


BYTE = {"type": "integer", "minimum": 0, "maximum": 255, "default": 0}
RGB = {"type": "object", "properties": dict.fromkeys("rgb", BYTE)}
HEX = {"type": "string", "pattern": "^#[0-9a-f]{6}$"}
COLORS = {"properties": {"rgb": RGB, "colors": {"type": "array", "items": RGB}, "tint": HEX}}


@each_row(
    ("value", "shown"),
    [
        ({"rgb": {"r": 255, "g": 136, "b": 1}}, "#ff8801"),
        ({"colors": [{"r": 1, "g": 2, "b": 3}]}, "#010203"),
        ({"tint": "#a1B2c3"}, "#a1B2c3"),
        ({"tint": "red"}, "#000000"),
        ({"rgb": {"r": 256}}, None),
        ({"rgb": {"r": 1.5}}, None),
    ],
)
def test_a_colour_has_a_swatch_that_posts_nothing(value, shown):
    root = build(contract(strategies.document(COLORS)))
    (name,) = value
    page = render_form(draw(root, value), "/uploads/")
    part = page[page.index(f'data-field="{name}"') :].partition("<template")[0]
    assert (f'value="{shown}" aria-label="Pick ' in part) == (shown is not None)
    assert identical(through_the_page(root, value), value)


@each_row("kind", get_args(Kind))
def test_each_kind_has_its_own_widget(kind):
    node = draw(root(kind), {"x": SAMPLES[kind].value}).children[0]
    widget = widget_for(node)
    assert widget is not WIDGETS[-1]
    assert (widget.name == "json") == (kind == "json")
    assert widget.is_group >= node.field.is_group


NUMBERS = {
    "width": {"type": "integer", "minimum": 1, "multipleOf": 8, "default": 512},
    "guide": {"type": "number", "minimum": 0.05, "maximum": 1.05, "multipleOf": 0.1},
    "free": {"type": "number", "multipleOf": 0.5},
    "strength": {"type": "number", "minimum": 0, "maximum": 1},
}


def test_arrows_move_numbers_by_multiples_counted_from_0():
    schema = {"type": "object", "properties": NUMBERS}
    page = str(
        render_form(draw(build(contract(strategies.document(schema), "a/b")), {}), "/uploads/")
    )
    boxes = {
        name: re.search(rf'<input[^>]*type="number"[^>]*name="{name}"[^>]*>', page)
        for name in NUMBERS
    }
    steps = [
        ("width", 'step="8" min="8"'),
        ("guide", 'step="0.1" min="0.1"'),
        ("free", 'step="0.5" min="-500000"'),
        ("strength", 'step="any" min="0" max="1" data-step="0.01"'),
    ]
    for name, attributes in steps:
        assert attributes in " ".join(boxes[name][0].split()), page  # type: ignore[index]
