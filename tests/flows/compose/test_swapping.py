"""A step's model is swapped: fitting values are kept, and the others are named."""

from __future__ import annotations

import pytest

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from flows.compose.definition import Definition, parse_definition, require_sound
from flows.compose.models import endpoints_of, versions_of
from flows.compose.swapping import Swapped, kinds_taken, swap
from tests.flows.conftest import FLUX, KLING, SEEDREAM, chained

pytestmark = pytest.mark.django_db
Models = dict[str, Endpoint]


def swapped(definition: Definition, step: str, to: Endpoint) -> Swapped:
    versions = versions_of(definition, endpoints_of([definition]))
    swapped_step = swap(definition, step, to.endpoint_id, version_of(to), versions)
    require_sound(swapped_step.definition)
    assert parse_definition(swapped_step.definition.as_json()) == swapped_step.definition
    return swapped_step


def test_a_swapped_middle_step_keeps_its_inputs_and_outputs(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM, SEEDREAM)
    result = swapped(definition, "s1", models[SEEDREAM])
    step, follower, _ = result.definition.steps
    assert step.endpoint == SEEDREAM
    assert step.arguments["prompt"] == "a fox"
    assert follower.wires == definition.steps[1].wires
    assert any(
        flow_input.targets == (("s1", ("image_urls",)),) for flow_input in result.definition.inputs
    )


def test_a_wire_is_moved_to_an_input_of_the_same_kind(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM)
    result = swapped(definition, "s2", models[KLING])
    (wire,) = result.definition.steps[1].wires
    assert (wire.to, wire.step) == (("image_url",), "s1")
    assert not any("took" in loss for loss in result.lost)


def test_an_input_the_next_step_loses_is_named(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM, SEEDREAM)
    result = swapped(definition, "s2", models[KLING])  # gives a film, and no picture
    assert "what step 3 takes from it" in result.lost
    assert result.definition.steps[2].wires == ()
    assert any(
        ("s3", ("image_urls",)) in flow_input.targets for flow_input in result.definition.inputs
    )


def test_a_swapped_step_without_a_picture_input_loses_the_wire(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM)
    result = swapped(definition, "s2", models[FLUX])
    assert any("took from another step" in loss for loss in result.lost)
    assert result.definition.steps[1].wires == ()


def test_a_replacement_model_must_take_the_kinds_of_the_wires(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM)
    versions = versions_of(definition, endpoints_of([definition]))
    first, second = definition.steps
    assert kinds_taken(definition, first, versions) == set()
    assert kinds_taken(definition, second, versions) == {"image"}
