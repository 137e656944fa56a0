"""A step's model is changed: what fits goes along, and what does not is named."""

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
    found = swap(definition, step, to.endpoint_id, version_of(to), versions)
    require_sound(found.definition)
    assert parse_definition(found.definition.as_json()) == found.definition
    return found


def test_a_step_in_the_middle_takes_and_gives_the_same(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM, SEEDREAM)
    found = swapped(definition, "s1", models[SEEDREAM])
    step, follower, _ = found.definition.steps
    assert step.endpoint == SEEDREAM
    assert step.arguments["prompt"] == "a fox"
    assert follower.wires == definition.steps[1].wires
    assert any(one.targets == (("s1", ("image_urls",)),) for one in found.definition.inputs)


def test_a_wire_goes_to_the_place_of_the_same_kind(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM)
    found = swapped(definition, "s2", models[KLING])
    (wire,) = found.definition.steps[1].wires
    assert (wire.to, wire.step) == (("image_url",), "s1")
    assert not any("took" in one for one in found.lost)


def test_what_the_next_step_no_longer_gets_is_named(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM, SEEDREAM)
    found = swapped(definition, "s2", models[KLING])  # gives a film, and no picture
    assert "what step 3 takes from it" in found.lost
    assert found.definition.steps[2].wires == ()
    assert any(("s3", ("image_urls",)) in one.targets for one in found.definition.inputs)


def test_a_step_without_a_place_for_the_picture_loses_it(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM)
    found = swapped(definition, "s2", models[FLUX])
    assert any("took from another step" in one for one in found.lost)
    assert found.definition.steps[1].wires == ()


def test_the_kinds_that_another_model_must_take(models: Models) -> None:
    definition = chained(models, FLUX, SEEDREAM)
    versions = versions_of(definition, endpoints_of([definition]))
    first, second = definition.steps
    assert kinds_taken(definition, first, versions) == set()
    assert kinds_taken(definition, second, versions) == {"image"}
