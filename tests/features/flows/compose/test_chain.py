""" "Then…" gives valid wires for any two models; invalid definitions are refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from features.flows.compose.chain import begin, missing_places, then, without_step
from features.flows.compose.definition import (
    MOST_STEPS,
    Definition,
    Invalid,
    Step,
    Wire,
    parse_definition,
    require_sound,
)
from features.flows.compose.models import endpoints_of, versions_of
from features.flows.compose.outputs import outputs_in, outputs_of
from features.flows.compose.swapping import SwapResult, swap
from features.flows.compose.wiring import filled, inserted, value_at, with_value
from schemas import build, contract
from schemas.changes.migrate_arguments import Version
from schemas.uses.inputs import inputs_of
from schemas.validation import validate
from tests.documents import document_ids
from tests.features.flows.compose.test_editing import version
from tests.features.flows.conftest import FLUX, KLING, PICTURE, SEEDREAM, chained

KINDS = {"image": "https://v3.fal.media/a.png", "video": "https://v3.fal.media/a.mp4"}
KINDS |= {"audio": "https://v3.fal.media/a.wav", "text": "a fox"}
KINDS |= {"mesh": "https://v3.fal.media/a.glb", "file": "https://v3.fal.media/a.zip"}
KINDS |= {"weights": "https://v3.fal.media/a.safetensors"}


def test_chaining_any_two_models_gives_valid_arguments(documents: dict[str, Any]) -> None:
    versions = {name: version(documents, name) for name in document_ids()}
    count = 0
    for first, former in versions.items():
        for output in outputs_of(former):
            result = with_value(None, output.path, KINDS[output.kind])
            for second, target in versions.items():
                for taker in inputs_of(target.root):
                    if taker.kind != output.kind:
                        continue
                    definition = begin(first, former, {"prompt": "a fox"})
                    extended = then(definition, "s1", output, second, target, taker, former)
                    assert parse_definition(extended.as_json()) == extended
                    step = extended.steps[1]
                    arguments = filled(step, target.root, {"s1": result})
                    wrong = validate(target.contract, arguments, target.root)
                    place = step.wires[0].to[0]
                    open_paths = {
                        path
                        for flow_input in extended.inputs
                        for at, path in flow_input.targets
                        if at == "s2"
                    }
                    assert open_paths >= {*missing_places(step, target)}
                    assert not [
                        problem
                        for problem in wrong
                        if problem.path[:1] == (place,) and problem.path not in open_paths
                    ]
                    count += 1
    assert count > 40


def test_outputs_are_found_at_the_paths_in_the_schema(
    documents: dict[str, Any],
) -> None:
    for name in document_ids():
        for output in outputs_of(version(documents, name)):
            outcome = with_value(None, output.path, KINDS[output.kind])
            (promised,) = outputs_in(outcome)
            assert (promised.path, promised.kind) == (output.path, output.kind)


def test_a_flow_has_at_most_ten_steps(documents: dict[str, Any]) -> None:
    flux, seedream = (version(documents, name) for name in (FLUX, SEEDREAM))
    (output,), taker = outputs_of(flux), inputs_of(seedream.root)[0]
    definition = begin(FLUX, flux, {})
    for _ in range(MOST_STEPS - 1):
        definition = then(definition, "s1", output, SEEDREAM, seedream, taker)
    with pytest.raises(Invalid, match="at most 10 steps"):
        then(definition, "s1", output, SEEDREAM, seedream, taker)


@given(data=st.data())
def test_only_circular_steps_are_refused(data: st.DataObject) -> None:
    names = [f"s{n}" for n in range(data.draw(st.integers(1, 6)))]
    pairs = data.draw(st.sets(st.tuples(st.sampled_from(names), st.sampled_from(names))))
    steps = [
        Step(
            name,
            "a/b",
            {},
            tuple(Wire((start,), start, ()) for start, end in sorted(pairs) if end == name),
        )
        for name in names
    ]
    reached = {name: {start for start, end in pairs if end == name} for name in names}
    for _ in names:
        for name in names:
            reached[name] |= {far for near in reached[name] for far in reached[near]}
    has_circle = any(name in reached[name] for name in names)
    try:
        parse_definition(Definition(tuple(steps)).as_json())
    except Invalid as invalid:
        assert has_circle
        assert "circle" in str(invalid)  # noqa: PT017  the other branch must not raise
    else:
        assert not has_circle


def test_removing_a_step_removes_its_wires_and_inputs(documents: dict[str, Any]) -> None:
    flux, seedream = (version(documents, name) for name in (FLUX, SEEDREAM))
    taker = inputs_of(seedream.root)[-1]
    definition = then(begin(FLUX, flux, {}), "s1", outputs_of(flux)[0], SEEDREAM, seedream, taker)
    shorter = without_step(definition, "s1")
    assert [step.wires for step in shorter.steps] == [()]
    assert all(step == "s2" for flow_input in shorter.inputs for step, _ in flow_input.targets)


def test_wires_in_lists_keep_the_order_of_the_rows() -> None:
    rows: Any = {"urls": ["b"]}
    for to, value in ((("urls", 0), "a"), (("urls", "*"), "c"), (("urls", 9), "d")):
        rows = inserted(rows, to, value)
    assert rows == {"urls": ["a", "b", "c", "d"]}
    assert value_at({"images": [{"url": PICTURE}]}, ("images", 0, "url")) == PICTURE


Models = dict[str, Endpoint]


def swap_step(definition: Definition, step: str, to: Endpoint) -> SwapResult:
    versions = versions_of(definition, endpoints_of([definition]))
    swapped_step = swap(definition, step, to.endpoint_id, version_of(to), versions)
    require_sound(swapped_step.definition)
    assert parse_definition(swapped_step.definition.as_json()) == swapped_step.definition
    return swapped_step


def test_a_swapped_middle_step_keeps_its_inputs_and_outputs(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM, SEEDREAM)
    result = swap_step(definition, "s1", models[SEEDREAM])
    step, follower, _ = result.definition.steps
    assert step.endpoint == SEEDREAM
    assert step.arguments["prompt"] == "a fox"
    assert follower.wires == definition.steps[1].wires
    assert any(
        flow_input.targets == (("s1", ("image_urls",)),) for flow_input in result.definition.inputs
    )


def test_a_wire_is_moved_to_an_input_of_the_same_kind(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM)
    result = swap_step(definition, "s2", models[KLING])
    (wire,) = result.definition.steps[1].wires
    assert (wire.to, wire.step) == (("image_url",), "s1")
    assert not any("took" in loss for loss in result.lost)


def test_an_input_the_next_step_loses_is_named(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM, SEEDREAM)
    result = swap_step(definition, "s2", models[KLING])  # this model makes a video, not a picture
    assert "what step 3 takes from it" in result.lost
    assert result.definition.steps[2].wires == ()
    assert any(
        ("s3", ("image_urls",)) in flow_input.targets for flow_input in result.definition.inputs
    )


def test_a_swapped_step_without_a_picture_input_loses_the_wire(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM)
    result = swap_step(definition, "s2", models[FLUX])
    assert any("took from another step" in loss for loss in result.lost)
    assert result.definition.steps[1].wires == ()


def test_an_output_schema_of_any_shape_is_read() -> None:
    shapes: Any = {
        "type": "object",
        "properties": {
            "clip": {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Video"}]},
            "diffusers_lora_file": {"$ref": "#/components/schemas/File"},
            "text": {"type": ["string", "null"]},
            "again": {"$ref": "#/components/schemas/Loop"},
            "n": {"type": "integer"},
        },
    }
    parts = {
        "Video": {"title": "Video", "type": "object", "properties": {"url": {"type": "string"}}},
        "File": {"title": "File", "type": "object", "properties": {"url": {"type": "string"}}},
        "Loop": {"type": "object", "properties": {"loop": {"$ref": "#/components/schemas/Loop"}}},
    }
    document = {"components": {"schemas": parts | {"Output": shapes}}}
    output_contract = contract(document)
    kinds = {
        offered.path: offered.kind
        for offered in outputs_of(Version(output_contract, build(output_contract)))
    }
    assert kinds == {
        ("clip", "url"): "video",
        ("diffusers_lora_file", "url"): "weights",
        ("text",): "text",
    }
