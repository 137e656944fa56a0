"""Arguments carried to another model: each rule by a table, the whole over real documents."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.contract import openapi
from sandbox.models import MODELS
from schemas import build, contract
from schemas.carry import carry, missing
from schemas.changes.migrate_arguments import Version
from schemas.fields.examples import example
from schemas.validation import validate
from tests.schemas import laws, strategies

TEXT: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
PICTURE: dict[str, Any] = {"type": "string", "ui": {"field": "image"}}
PRESETS = ["square_hd", "square", "portrait_16_9", "landscape_4_3", "landscape_16_9"]
SIDES = {"type": "object", "properties": {"width": INTEGER, "height": INTEGER}}
SIZE = {"anyOf": [SIDES, {"type": "string", "enum": PRESETS}]}
RATIO = {"type": "string", "enum": ["16:9", "1:1", "9:16"], "default": "1:1"}


def version(document: Any) -> Version:
    endpoint_contract = contract(document, "a/b")
    return Version(endpoint_contract, build(endpoint_contract))


def of(properties: Any, **more: Any) -> Version:
    return version(strategies.document({"type": "object", "properties": properties, **more}))


@pytest.mark.parametrize(
    ("old", "new", "given_", "expected", "kind"),
    [
        ({"prompt": TEXT}, {"prompt": TEXT}, {"prompt": "a"}, {"prompt": "a"}, "carried"),
        ({"prompt": TEXT}, {"text": TEXT}, {"prompt": "a"}, {"text": "a"}, "converted"),
        ({"text": TEXT}, {"prompt": TEXT}, {"text": "a"}, {"prompt": "a"}, "converted"),
        (
            {"image_url": PICTURE},
            {"image_urls": {"type": "array", "items": PICTURE}},
            {"image_url": "https://a/b.png"},
            {"image_urls": ["https://a/b.png"]},
            "converted",
        ),
        (
            {"image_urls": {"type": "array", "items": PICTURE}},
            {"image_url": PICTURE},
            {"image_urls": ["https://a/b.png", "https://a/c.png"]},
            {"image_url": "https://a/b.png"},
            "converted",
        ),
        ({"duration": TEXT}, {"duration": INTEGER}, {"duration": "5"},
         {"duration": 5}, "converted"),
        ({"duration": TEXT}, {"duration": INTEGER}, {"duration": "5s"},
         {"duration": 5}, "converted"),
        (
            {"duration": INTEGER},
            {"duration": {"type": "string", "enum": ["4s", "8s"]}},
            {"duration": 8},
            {"duration": "8s"},
            "converted",
        ),
        (
            {"duration": INTEGER},
            {
                "num_frames": INTEGER | {"default": 81},
                "frames_per_second": INTEGER | {"default": 16},
            },
            {"duration": 5},
            {"num_frames": 81},
            "converted",
        ),
        ({"image_size": SIZE}, {"aspect_ratio": RATIO}, {"image_size": "landscape_16_9"},
         {"aspect_ratio": "16:9"}, "converted"),
        ({"aspect_ratio": RATIO}, {"image_size": SIZE}, {"aspect_ratio": "9:16"},
         {"image_size": "portrait_16_9"}, "converted"),
        ({"image_size": SIZE}, {"width": INTEGER, "height": INTEGER},
         {"image_size": "landscape_16_9"}, {"width": 1024, "height": 576}, "converted"),
        ({"image_size": SIZE}, {"aspect_ratio": RATIO},
         {"image_size": {"width": 1920, "height": 1080}}, {"aspect_ratio": "16:9"}, "converted"),
        ({"num_inference_steps": INTEGER}, {"steps": INTEGER | {"maximum": 12}},
         {"num_inference_steps": 28}, {"steps": 12}, "clamped"),
        ({"guidance_scale": INTEGER}, {"cfg_scale": INTEGER},
         {"guidance_scale": 3}, {"cfg_scale": 3}, "converted"),
        ({"guidance_scale": INTEGER}, {"cfg_scale": INTEGER | {"maximum": 1}},
         {"guidance_scale": 3}, {}, "dropped"),
        ({"num_images": INTEGER}, {"num_outputs": INTEGER}, {"num_images": 2}, {"num_outputs": 2},
         "converted"),
        ({"output_format": TEXT}, {"output_format": {"enum": ["png", "jpeg"]}},
         {"output_format": "PNG"}, {"output_format": "png"}, "converted"),
        ({"voice": TEXT}, {"voice": {"type": "string", "enum": ["b"], "default": "b"}},
         {"voice": "a"}, {}, "dropped"),
        ({"x": TEXT}, {"prompt": TEXT}, {"x": "a"}, {}, "dropped"),
        ({"prompt": TEXT}, {"prompt": TEXT | {"maxLength": 2}}, {"prompt": "long"}, {}, "dropped"),
    ],
)  # fmt: skip
def test_arguments_are_carried_by_meaning(
    old: Any, new: Any, given_: Any, expected: Any, kind: str
) -> None:
    carried = carry(given_, of(old), of(new))
    assert carried.arguments == expected
    assert carried.steps[0].kind == kind
    assert carried.steps[0].words


def test_a_width_and_a_height_become_one_ratio() -> None:
    sides = {"width": INTEGER, "height": INTEGER}
    carried = carry({"width": 1280, "height": 720}, of(sides), of({"aspect_ratio": RATIO}))
    assert carried.arguments == {"aspect_ratio": "16:9"}
    assert [step.source for step in carried.of("converted")] == ["width", "height"]


def test_a_missing_required_input_is_named() -> None:
    target = of({"prompt": TEXT, "image_url": PICTURE}, required=["prompt", "image_url"])
    carried = carry({"prompt": "a"}, of({"prompt": TEXT}), target)
    assert missing(target, carried.arguments) == ["Image"]


def test_a_model_without_a_schema_takes_everything() -> None:
    carried = carry({"prompt": "a"}, None, version(None))
    assert carried.arguments == {"prompt": "a"}


@pytest.fixture(scope="module")
def versions(documents: dict[str, dict[str, Any]]) -> list[Version]:
    real_versions = [version(document) for document in documents.values()]
    files = dict.fromkeys(("files", "queue"), "https://files.test")
    return real_versions + [version(openapi.document(model, files)) for model in MODELS]


@settings(max_examples=laws.cases(40))
@given(data=st.data())
def test_between_any_two_models_only_valid_arguments_and_a_complete_list_result(
    versions: list[Version], data: st.DataObject
) -> None:
    source, target = (data.draw(st.sampled_from(versions)) for _ in range(2))
    given_ = data.draw(_arguments_of(source))
    carried = carry(given_, source, target)
    problems = validate(target.contract, carried.arguments, target.root)
    assert [
        problem for problem in problems if problem.path and problem.path[0] in carried.arguments
    ] == []
    assert list(dict.fromkeys(step.source for step in carried.steps)) == list(given_)
    placed = {to for step in carried.steps for to in step.target.split(" and ") if to}
    assert placed == set(carried.arguments)
    for step in carried.of("carried"):
        assert carried.arguments[step.source] == given_[step.source]


@cache
def _example(source: Version) -> dict[str, Any]:
    return example(source.root)


def _arguments_of(source: Version) -> st.SearchStrategy[dict[str, Any]]:
    """The model's example with defaults and options of some of its fields."""
    values: dict[str, Any] = {}
    for child in source.root.children:
        offered = [option.value for option in child.options if not option.branch]
        candidates = [*offered, *child.examples, *([child.default] if child.has_default else [])]
        numbers = [n for n in (child.minimum, child.maximum) if n is not None]
        if picks := [*candidates, *numbers]:
            values[child.name] = st.sampled_from(picks)
    return st.fixed_dictionaries({}, optional=values).map(lambda more: _example(source) | more)
