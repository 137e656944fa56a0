"""The start of a chain to which a model is appended: a result, a model, or a step of a flow."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from features.flows.compose.chain import begin
from features.flows.compose.definition import Definition
from features.flows.compose.models import endpoints_of, versions_of
from features.flows.compose.outputs import Output, outputs_in, outputs_of
from features.flows.compose.wiring import value_at
from features.flows.display.flow_page import origin_of
from features.flows.models import Flow
from playground.form.prefill import use_as
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class Origin:
    """The step that the next model follows, with its outputs, best choice first."""

    definition: Definition
    step: str
    endpoint: Endpoint
    outputs: list[Output]
    words: str
    run: Run | None = None
    flow: Flow | None = None

    def output(self, value: str) -> Output | None:
        """Return the output that a posted text identifies, by default the first one."""
        match = next((output for output in self.outputs if value_of(output) == value), None)
        return match or (self.outputs[0] if self.outputs and not value else None)


def value_of(output: Output) -> str:
    """Return an output as a control's value."""
    return "/".join(map(str, output.path))


def of_result(user: User, run: uuid.UUID, key: str) -> Origin | None:
    """Return a flow that starts with a run's model and settings, for one of its results, if any."""
    result = use_as.find(user, run, key)
    if result is None:
        return None
    run_of_result, endpoint = result.run, result.run.endpoint
    outputs = outputs_in(run_of_result.output)
    first = _output_of(result, outputs)
    if first is None:
        return None
    definition = begin(endpoint.endpoint_id, version_of(endpoint), run_of_result.arguments)
    rest = [output for output in outputs if output.path != first.path]
    return Origin(definition, "s1", endpoint, [first, *rest], result.origin, run=run_of_result)


def _output_of(result: use_as.Result, outputs: list[Output]) -> Output | None:
    """Return a result as an output, by its place in the run's output."""
    value = result.value
    if result.key.startswith("a"):
        value = result.run.artifacts.get(position=int(result.key[1:])).url
    for output in outputs:
        if value_at(result.run.output, output.path) == value:
            return Output(output.path, result.kind, output.label)
    return None


def of_model(endpoint: Endpoint) -> Origin:
    """Return a flow that starts with a model."""
    version = version_of(endpoint)
    definition = begin(endpoint.endpoint_id, version, {})
    return Origin(definition, "s1", endpoint, outputs_of(version), endpoint.name)


def of_step(flow: Flow, definition: Definition, step: str) -> Origin | None:
    """Return a step of a flow; None if it or its model does not exist."""
    origin_step, endpoints = definition.step(step), endpoints_of([definition])
    if origin_step is None or origin_step.endpoint not in endpoints:
        return None
    version = versions_of(definition, endpoints)[step]
    outputs = outputs_of(version)
    wired = {wire.path for follower in definition.followers(step) for wire in follower.wires}
    paths = {output.path for output in outputs}
    run = origin_of(flow, flow.project)
    if run and definition.steps[0].id == step:  # also offer outputs of the run
        outputs += [output for output in outputs_in(run.output) if output.path not in paths]
    outputs.sort(key=lambda output: output.path in wired)
    endpoint = endpoints[origin_step.endpoint]
    text = f"step {definition.number(step)}, {endpoint.name}"
    return Origin(definition, step, endpoint, outputs, text, flow=flow)
