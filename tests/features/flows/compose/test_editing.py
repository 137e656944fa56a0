"""The editor's page shows a definition, and its post gives the same definition again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from features.flows.compose import editing
from features.flows.compose.chain import begin, then
from features.flows.compose.definition import Wire
from features.flows.compose.outputs import outputs_of
from schemas import build, contract
from schemas.changes.migrate_arguments import Version
from schemas.uses.inputs import inputs_of
from tests.features.flows.conftest import FLUX, KLING, SEEDREAM


def test_an_untouched_editor_posts_the_same_definition(documents: dict[str, Any]) -> None:
    flux, seedream = (version(documents, name) for name in (FLUX, SEEDREAM))
    taker = next(
        flow_input for flow_input in inputs_of(seedream.root) if flow_input.path == "image_urls.*"
    )
    definition = begin(FLUX, flux, {"prompt": "a fox", "num_images": 2, "odd": [1]})
    definition = then(definition, "s1", outputs_of(flux)[0], SEEDREAM, seedream, taker, flux)
    odd = Wire(("a.b", 0, "é*#"), "s1", ("images", 1))
    last = replace(definition.steps[1], wires=(*definition.steps[1].wires, odd))
    definition = definition.with_step(last)
    versions = {"s1": flux, "s2": seedream}
    post = editing.first_post(definition, versions)
    edited = editing.read_edit(definition, versions, post)
    assert edited.problems == []
    assert edited.definition == definition
    assert all('"' not in name for name in post)
    (first, *_) = editing.sockets(definition, versions, last)
    assert first.chosen
    assert first.chosen.words == "Step 1: Images 1"


def test_a_removed_wire_leaves_an_open_input(documents: dict[str, Any]) -> None:
    flux, kling = (version(documents, name) for name in (FLUX, KLING))
    taker = next(flow_input for flow_input in inputs_of(kling.root) if flow_input.kind == "image")
    definition = then(begin(FLUX, flux, {}), "s1", outputs_of(flux)[0], KLING, kling, taker)
    versions = {"s1": flux, "s2": kling}
    post = editing.first_post(definition, versions) | {"~wire.2.image_url": [""]}
    edited = editing.read_edit(definition, versions, post).definition
    assert not edited.steps[1].wires
    assert ("s2", ("image_url",)) in [flow_input.targets[0] for flow_input in edited.inputs]


def version(documents: dict[str, Any], name: str) -> Version:
    endpoint_contract = contract(documents[name], name)
    return Version(endpoint_contract, build(endpoint_contract))
