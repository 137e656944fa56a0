"""Flows: list, read with inputs and price, start, wait for the end."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Q

from accounts import permissions
from api import consents
from api.contract.operation import Body, Call, Parameter, Reply, Response, operation
from api.http.problem import Problem, pointer
from api.idempotency import KEY, key_of, key_reused
from api.models import Consent
from api.representation import endpoint as models
from api.representation import moments
from api.representation.run import estimate as estimate_json
from api.resources.changes import read_moment
from api.resources.parameters import CURSOR, IN_PROJECT, LIMIT, TO_PROJECT, as_uuid, take_page
from api.resources.runs import WAIT, require_below
from api.wait import FLOW_RUNS, HEADER
from features.flows.compose import form
from features.flows.compose.definition import Definition, Invalid, parse_definition
from features.flows.compose.models import endpoints_of, refusal, step_prices, versions_of
from features.flows.compose.wiring import answered
from features.flows.execution import starting, steps
from features.flows.models import Flow, FlowRun
from features.flows.models.flow_run import PROGRAM_MARK
from projects.rights import Rights
from runs.files.own_addresses import tidy_addresses
from runs.results.error_messages import with_full_stop
from schemas.estimate import NOTHING, Estimate
from schemas.exact import identical
from schemas.reference.tables import input_rows
from schemas.validation.unknown_keys import complaint

_UUID = {"type": "string", "format": "uuid"}
FLOW = Parameter("flow_id", _UUID, "the flow", where="path", converter="uuid")
FLOW_RUN = Parameter("flow_run_id", _UUID, "the run of the flow", where="path", converter="uuid")


def card(flow: Flow, call: Call) -> dict[str, Any]:
    """Return a `FlowCard`."""
    return {
        "id": str(flow.pk),
        "name": flow.name,
        "is_mine": flow.user_id == call.user.pk,
        "steps": len(flow.definition.get("steps", [])),
        "changed_at": moments.as_text(flow.changed_at),
        "project": call.reach.key_of(flow),
        "url": call.absolute(flow.get_absolute_url()),
    }


@operation(
    "GET",
    "/flows",
    scope="read",
    tag="flows",
    parameters=[IN_PROJECT, LIMIT, CURSOR],
    responses=[Response(200, "Flows, the last changed first.", "FlowPage")],
)
def list_flows(call: Call) -> Reply:
    """List the flows of your projects, and those shown to everybody."""
    values = call.values
    rows = call.reach.listed_rows(Flow.objects.visible_to(call.user).named())
    rows = rows.order_by("-changed_at", "-pk")
    if values["cursor"]:
        at, key = read_moment(values["cursor"], str)
        rows = rows.filter(Q(changed_at__lt=at) | Q(changed_at=at, pk__lt=as_uuid(str(key))))
    flows = list(rows[: values["limit"] + 1])

    def mark(flow: Flow) -> tuple[str, str]:
        return flow.changed_at.isoformat(), str(flow.pk)

    return Reply(take_page(flows, values["limit"], lambda flow: card(flow, call), mark))


@operation(
    "GET",
    "/flows/{flow_id}",
    scope="read",
    tag="flows",
    parameters=[FLOW],
    responses=[Response(200, "The flow: its inputs, its steps, its price.", "Flow")],
    errors=[404],
)
def get_flow(call: Call) -> Reply:
    """Read a flow: its inputs, its steps, and what a run with its saved values costs."""
    flow, definition = _find(call)
    endpoints = endpoints_of([definition])
    root = form.form_root(definition, versions_of(definition, endpoints))
    described = {
        "inputs": models.inputs(input_rows(root)),
        "values": form.defaults(definition),
        "models": [
            {
                "endpoint_id": step.endpoint,
                "refusal": refusal(endpoints.get(step.endpoint), step.endpoint),
            }
            for step in definition.steps
        ],
        "estimate": estimate_json(_price(definition)),
    }
    return Reply(card(flow, call) | described)


@operation(
    "POST",
    "/flows/{flow_id}/estimates",
    scope="read",
    tag="flows",
    limit="read",
    parameters=[FLOW],
    body=Body("NewFlowEstimate"),
    responses=[Response(200, "The estimate.", "Estimate")],
    errors=[404, 409],
)
def estimate_flow(call: Call) -> Reply:
    """Estimate what a run of a flow with these inputs will cost, without running it."""
    _, definition = _find(call)
    return Reply(estimate_json(_price(_filled(call, definition))))


@operation(
    "POST",
    "/flows/{flow_id}/runs",
    scope="run",
    tag="flows",
    limit="run",
    parameters=[FLOW, KEY, WAIT, TO_PROJECT, consents.PARAMETER],
    body=Body("NewFlowRun"),
    responses=[
        Response(201, "The new run of the flow.", "FlowRun"),
        Response(200, "The run that this Idempotency-Key started before.", "FlowRun"),
        Response(202, "The question to the token's owner; nothing was run.", "Consent"),
    ],
    errors=[404, 409],
)
def run_flow(call: Call) -> Reply:
    """Run a flow.

    Inputs that you leave out have their saved values. Everything is checked by the models' schemas
    before the first step is sent. It costs what its steps cost. Without `project`, the run lies in
    the flow's project, if you may run something there.
    """
    flow, definition = _find(call)
    filled = _filled(call, definition)
    estimate = _price(filled)
    if "max_cost" in call.body:
        require_below(Decimal(str(call.body["max_cost"])), estimate)
    token, project = _token(key_of(call)), call.reach.beside(flow)
    flow_run, is_new = FlowRun.objects.started_by(call.user).filter(form_token=token).first(), False
    if flow_run is None:
        try:
            start = partial(starting.start, call.user, flow, filled, token, project=project)
            question = consents.PlannedCall(str(flow), filled.as_json(), project, estimate)
            outcome = consents.started(call, question, start)
        except starting.StepsRefused as flow_refusal:
            raise Problem(409, str(flow_refusal), slug="cannot-be-run") from flow_refusal
        if isinstance(outcome, Consent):
            return consents.reply(outcome, call, 202)
        flow_run, is_new = outcome
    is_here = flow_run.flow_id == flow.pk and flow_run.project_id == project.pk
    if not (is_here and identical(flow_run.definition, filled.as_json())):
        raise key_reused()
    return _reply(call, flow_run, 201 if is_new else 200)


@operation(
    "GET",
    "/flow-runs/{flow_run_id}",
    scope="read",
    tag="flows",
    parameters=[FLOW_RUN, WAIT],
    responses=[Response(200, "The run of the flow as it is now.", "FlowRun")],
    errors=[404],
)
def get_flow_run(call: Call) -> Reply:
    """Read a run of a flow with the runs of its steps; with `wait`, once it has ended."""
    return _reply(call, _find_run(call), 200)


@operation(
    "POST",
    "/flow-runs/{flow_run_id}/cancellation",
    scope="run",
    tag="flows",
    parameters=[FLOW_RUN],
    responses=[
        Response(202, "The run as it is now; steps in progress may still finish.", "FlowRun")
    ],
    errors=[404],
)
def cancel_flow_run(call: Call) -> Reply:
    """Start no further step of the flow, and request that steps in progress stop."""
    flow_run = _find_run(call)
    Rights(call.user, flow_run).require_removal(permissions.CANCEL_RUN)
    starting.cancel(flow_run, permissions.name_of_other(call.user, flow_run.user_id))
    flow_run.refresh_from_db()
    return _reply(call, flow_run, 202)


def _find(call: Call) -> tuple[Flow, Definition]:
    flows = call.reach.visible_rows(Flow.objects.visible_to(call.user)).select_related("project")
    flow = flows.filter(pk=call.values["flow_id"]).first()
    if flow is None:
        raise Problem(404, "There is no such flow, or it is somebody else's.")
    try:
        return flow, parse_definition(flow.definition)
    except Invalid as invalid:
        raise Problem(409, str(invalid), slug="cannot-be-run") from invalid


def _find_run(call: Call) -> FlowRun:
    pk: uuid.UUID = call.values["flow_run_id"]
    flow_runs = call.reach.visible_rows(FlowRun.objects.kept().shown_to(call.user))
    flow_run = flow_runs.select_related("flow", "project").filter(pk=pk).first()
    if flow_run is None:
        raise Problem(404, "There is no such run of a flow, or it is somebody else's.")
    return flow_run


def _filled(call: Call, definition: Definition) -> Definition:
    """Return the definition with the call's inputs; raises Problem with each that does not fit."""
    values = tidy_addresses(call.body.get("inputs", {}))
    names = {field.name for field in definition.inputs}
    unknown = [name for name in values if name not in names]
    errors = [
        {"pointer": pointer([name], "inputs"), "detail": complaint(name, names)} for name in unknown
    ]
    filled = answered(definition, form.defaults(definition) | values)
    versions = versions_of(definition, endpoints_of([definition]))
    at_inputs, at_steps = form.problems_of(filled, versions)
    errors += [
        {"pointer": pointer(problem.path, "inputs"), "detail": problem.message}
        for problem in at_inputs
    ]
    if not call.body.get("allow_unknown", False):
        at_inputs = [
            problem for problem in form.unknown_in(filled, versions) if problem.path[0] in values
        ]
        errors += [
            {"pointer": pointer(problem.path, "inputs"), "detail": problem.message}
            for problem in at_inputs
        ]
    errors += [
        {"pointer": "", "detail": f"Step {definition.number(step)}: {message}"}
        for step, messages in at_steps.items()
        for message in messages
    ]
    if errors:
        takes = ", ".join(field.name for field in definition.inputs) or "no inputs"
        detail = f"{with_full_stop(errors[0]['detail'])} The flow takes {takes}."
        raise Problem(422, detail, slug="invalid-arguments", errors=errors)
    return filled


def _price(definition: Definition) -> Estimate:
    return sum(step_prices(definition, endpoints_of([definition])).values(), NOTHING)


def _token(key: str) -> str:
    """Return the form token of a flow's run: derived from the idempotency key, else random."""
    own = hashlib.sha256(key.encode()).hexdigest() if key else secrets.token_hex(32)
    return f"{PROGRAM_MARK}{own}"[:64]


def _reply(call: Call, flow_run: FlowRun, status: int) -> Reply:
    address = f"{FLOW_RUNS}/{flow_run.pk}"
    headers = {"Location": address} if status == 201 else {}
    if not flow_run.is_final and call.values.get("wait"):
        headers[HEADER] = f"{flow_run.pk} {call.values['wait']} {address}"
    return Reply(_whole(flow_run, call), status, headers)


def _whole(flow_run: FlowRun, call: Call) -> dict[str, Any]:
    """Return a `FlowRun`; its flow should be loaded. One query."""
    step_runs = steps.current(flow_run)
    return {
        "id": str(flow_run.pk),
        "flow_id": str(flow_run.flow_id),
        "state": flow_run.state,
        "is_final": flow_run.is_final,
        "created_at": moments.as_text(flow_run.created_at),
        "ended_at": moments.as_text(flow_run.ended_at),
        "project": call.reach.key_of(flow_run),
        "url": call.absolute(flow_run.get_absolute_url()),
        "steps": [
            {
                "endpoint_id": step.endpoint,
                "run_id": str(step_run.run_id) if step_run and step_run.run_id else None,
                "state": step_run.run.state if step_run and step_run.run else None,
                "not_sent": step_run.not_sent if step_run else "",
            }
            for step in parse_definition(flow_run.definition).steps
            for step_run in [step_runs.get(step.id)]
        ],
    }
