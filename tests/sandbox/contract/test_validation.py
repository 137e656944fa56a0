"""Arguments against schemas: each fault with the type, place and limits a client can use."""

from typing import Any

import pytest

from sandbox.contract.validation import check
from sandbox.errors import InvalidArguments
from sandbox.models import MODELS

BY_ID = {model.endpoint_id: model for model in MODELS}
AURORA = {"prompt": "x"}
CABINET = "mischief/curiosities"


def faults(endpoint_id: str, arguments: Any) -> list[tuple[list[Any], str, dict[str, Any]]]:
    with pytest.raises(InvalidArguments) as caught:
        check(BY_ID[endpoint_id], arguments)
    assert caught.value.status == 422
    return [(item["loc"][1:], item["type"], item.get("ctx", {})) for item in caught.value.detail]


@pytest.mark.parametrize(
    ("endpoint_id", "arguments", "loc", "type_", "ctx"),
    [
        ("sandbox/aurora", {}, ["prompt"], "missing", {}),
        ("sandbox/aurora", [], [], "dict_type", {}),
        ("sandbox/aurora", {"prompt": None}, ["prompt"], "string_type", {}),
        ("sandbox/aurora", AURORA | {"num_images": "2"}, ["num_images"], "int_type", {}),
        ("sandbox/aurora", AURORA | {"num_images": 2.5}, ["num_images"], "int_type", {}),
        (
            "sandbox/aurora",
            AURORA | {"num_images": 0},
            ["num_images"],
            "greater_than_equal",
            {"ge": 1},
        ),
        (
            "sandbox/aurora",
            AURORA | {"guidance_scale": 21},
            ["guidance_scale"],
            "less_than_equal",
            {"le": 20},
        ),
        ("sandbox/aurora", AURORA | {"sync_mode": "yes"}, ["sync_mode"], "bool_type", {}),
        ("sandbox/aurora", AURORA | {"seed": "x"}, ["seed"], "int_type", {}),
        ("sandbox/aurora", AURORA | {"loras": [{}]}, ["loras", 0, "path"], "missing", {}),
        (
            "sandbox/aurora",
            AURORA | {"loras": [{"path": "a", "scale": 9}]},
            ["loras", 0, "scale"],
            "less_than_equal",
            {"le": 4},
        ),
        (
            "sandbox/aurora",
            AURORA | {"loras": [{"path": "a"}] * 5},
            ["loras"],
            "sequence_too_long",
            {"max_length": 4},
        ),
        (
            "sandbox/aurora",
            AURORA | {"acceleration": "warp"},
            ["acceleration"],
            "literal_error",
            {"expected": "'none', 'regular' or 'high'"},
        ),
        ("murmur/voice", {"text": ""}, ["text"], "string_too_short", {"min_length": 1}),
        ("murmur/tones", {"prompt": "x", "tempo": 20}, ["tempo"], "greater_than", {"gt": 20}),
        ("murmur/tones", {"prompt": "x", "tempo": 240}, ["tempo"], "less_than", {"lt": 240}),
        (
            "sandbox/lens/outpaint",
            {"image_url": "x", "expand_left": 9},
            ["expand_left"],
            "multiple_of",
            {"multiple_of": 8},
        ),
        (
            CABINET,
            {"code": "abc"},
            ["code"],
            "string_pattern_mismatch",
            {"pattern": "^[A-Z]{3}-[0-9]{2}$"},
        ),
        (CABINET, {"camera": {"lens": 1}}, ["camera"], "value_error", {}),
        (CABINET, {"constant": "2025"}, ["constant"], "literal_error", {"expected": "'2026-11'"}),
        (CABINET, {"words": []}, ["words"], "sequence_too_short", {"min_length": 1}),
        (CABINET, {"levels": {"a": 2}}, ["levels", "a"], "less_than_equal", {"le": 1}),
        (CABINET, {"range": [1, "b"]}, ["range", 1], "float_type", {}),
        (CABINET, {"nullable_text": 3}, ["nullable_text"], "string_type", {}),
        (CABINET, {"typed_pair": 3}, ["typed_pair"], "string_type", {}),
        (
            CABINET,
            {"tree": {"name": "a", "branches": [{}]}},
            ["tree", "branches", 0, "name"],
            "missing",
            {},
        ),
    ],
)
def test_a_fault_has_a_location_a_type_and_its_limit(
    endpoint_id: str, arguments: Any, loc: list[Any], type_: str, ctx: dict[str, Any]
) -> None:
    assert faults(endpoint_id, arguments) == [(loc, type_, ctx)]


def test_a_union_names_its_branches_in_the_location() -> None:
    problems = faults("sandbox/aurora", AURORA | {"image_size": {"width": "wide"}})
    places = [loc for loc, _, _ in problems]
    assert ["image_size", "ImageSize", "width"] in places
    assert ["image_size", "enum"] in places


def test_all_faults_are_reported_together() -> None:
    problems = faults("sandbox/aurora", {"num_images": 9, "seed": [], "output_format": "bmp"})
    assert {loc[0] for loc, _, _ in problems} == {"prompt", "num_images", "seed", "output_format"}


@pytest.mark.parametrize(
    "arguments",
    [
        {
            "nullable_text": None,
            "typed_pair": None,
            "dangling": {"anything": [1]},
            "missing_type": 5,
        },
        {"open_choice": "satin", "union": [1, 2], "range": [0, 1], "free_form": {"a": {"b": 1}}},
        {
            "tree": {"name": "a", "branches": [{"name": "b", "branches": []}]},
            "matrix": [[1], [2.5]],
        },
        {"unknown_field": 1},
    ],
)
def test_values_allowed_by_unusual_schema_constructs_are_accepted(
    arguments: dict[str, Any],
) -> None:
    filled = check(BY_ID[CABINET], arguments)
    assert filled.items() >= arguments.items()


def test_only_defaults_are_filled_in_at_any_depth() -> None:
    filled = check(BY_ID[CABINET], {"camera": {"position": {"x": 2}}})
    assert filled["camera"] == {"focal_length": 50, "position": {"x": 2, "y": 0, "z": 0}}
    assert filled["needed"] == 3
    assert "old" not in filled
    loras = check(BY_ID["sandbox/aurora"], AURORA | {"loras": [{"path": "a"}]})["loras"]
    assert loras == [{"path": "a", "scale": 1}]
