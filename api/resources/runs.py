"""Runs: create, wait, list, cancel, star."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Q

import schemas
from accounts import permissions
from api import consents, submission
from api.contract.components import SENT_TRANSPORTS
from api.contract.operation import Body, Call, Parameter, Reply, Response, operation
from api.http import retirement
from api.http.problem import Problem, pointer
from api.idempotency import KEY, key_of, key_reused
from api.models import Consent
from api.representation import run as representation
from api.resources import presets, webhooks
from api.resources.changes import read_moment
from api.resources.parameters import (
    CURSOR,
    IN_PROJECT,
    LIMIT,
    MODEL,
    TO_PROJECT,
    as_uuid,
    find_endpoint,
    take_page,
)
from api.wait import HEADER, MAX_WAIT_S
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.db.prepared_queries import custom_plans
from core.http.parameters import parse_moment
from features.library.search.conditions import IS, STARRED, STATE, UNFINISHED, Condition
from features.library.search.conditions import MODEL as BY_MODEL
from features.library.search.line import Line, parse_line
from features.library.search.matching import matching
from projects.rights import Rights
from runs.costs import cost, ledger
from runs.files import result_names
from runs.files.own_addresses import tidy_addresses
from runs.models import Artifact, Run
from runs.ownership import deletion
from runs.results.error_messages import with_full_stop
from runs.start import transport_choices, wait_choices
from runs.start.starting import Door, in_dollars
from runs.state import state_machine
from schemas.estimate import Estimate
from schemas.validation import unknown_keys

RUN = Parameter(
    "run_id", {"type": "string", "format": "uuid"}, "the run", where="path", converter="uuid"
)
WAIT = Parameter(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": MAX_WAIT_S, "default": 0},
    "respond once it has ended and its files are copied, after this many seconds at the latest ("
    "plus five for the copies)",
)
DEPUTY = Parameter(
    "X-Vitrine-Deputy",
    {"type": "string", "enum": ["allow"]},
    "if the model does not respond or declines the content, its deputy may make another run, where "
    "the project allows it, within the same estimate: the run's `deputy_run_id`",
    where="header",
)
_MOMENT = {"type": "string", "minLength": 8, "maxLength": 40, "examples": ["2026-11-26"]}
NO_MODEL = (
    "Name the model by endpoint_id, and its input by arguments; or a preset by preset_id, which "
    "has both."
)
_FILTERS = [
    Parameter(
        "q",
        {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^\S"},
        "words in prompt, input or output, and conditions such as out:video or cost:>0.1",
    ),
    MODEL,
    Parameter(
        "state",
        {"type": "string", "enum": [UNFINISHED, *Run.State.values]},
        "only runs in this state",
    ),
    Parameter("starred", {"type": "boolean"}, "only starred runs"),
    Parameter("created_after", _MOMENT, "at this time or later; a date is its midnight UTC"),
    Parameter("created_before", _MOMENT, "before this time; a date is its midnight UTC"),
    Parameter("batch", {"type": "string", "format": "uuid"}, "of the batch with this `batch_id`"),
]


@operation(
    "GET",
    "/runs",
    scope="read",
    tag="runs",
    parameters=[*_FILTERS, IN_PROJECT, LIMIT, CURSOR],
    responses=[Response(200, "Runs, the newest first.", "RunPage")],
)
def list_runs(call: Call) -> Reply:
    """List the runs of your projects: yours, and those that other members show."""
    values = call.values
    line = _line(call)
    rows = matching(Run.objects.kept(), line, call.user)
    if after := _moment(call, "created_after"):
        rows = rows.filter(created_at__gte=after)
    if before := _moment(call, "created_before"):
        rows = rows.filter(created_at__lt=before)
    if values["batch"]:
        rows = rows.filter(batch=as_uuid(values["batch"]))
    if values["cursor"]:
        at, key = read_moment(values["cursor"], str)
        pk = as_uuid(str(key))
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
    with custom_plans():
        newest = call.reach.newest(rows, values["limit"] + 1).recent()
        newest = result_names.with_names(newest.order_by("-created_at", "-pk"))
        runs = list(newest[: values["limit"] + 1])

    def mark(run: Run) -> tuple[str, str]:
        return run.created_at.isoformat(), str(run.pk)

    return Reply(take_page(runs, values["limit"], lambda run: representation.card(run, call), mark))


def _line(call: Call) -> Line:
    """Return the search of the parameters; raises Problem (422) for an invalid condition."""
    values = call.values
    line = parse_line(values["q"] or "")
    if line.hints:
        errors = [{"parameter": "q", "detail": hint.message} for hint in line.hints]
        raise Problem(422, line.hints[0].message, errors=errors)
    conditions = [
        *([Condition(BY_MODEL, (values["model"],))] if values["model"] else []),
        *([Condition(STATE, (values["state"],))] if values["state"] else []),
        *([Condition(IS, (STARRED,))] if values["starred"] else []),
    ]
    return replace(
        line, taken=(*line.taken, *((condition.word, condition) for condition in conditions))
    )


def _moment(call: Call, name: str) -> datetime | None:
    """Return the time in a parameter; None without it. Raises Problem (422)."""
    text = call.values[name]
    if text is None:
        return None
    moment = parse_moment(text) or parse_moment(f"{text}T00:00:00Z")
    if moment is None:
        detail = f"{name} must be a date (2026-11-26) or a time with its zone (RFC 3339)."
        raise Problem(422, detail, errors=[{"parameter": name, "detail": detail}])
    return moment


@operation(
    "POST",
    "/runs",
    scope="run",
    tag="runs",
    limit="run",
    parameters=[KEY, DEPUTY, WAIT, TO_PROJECT, consents.PARAMETER],
    body=Body("NewRun", formerly={"webhook": "webhook_url"}),
    responses=[
        Response(201, "The new run.", "Run"),
        Response(200, "The run that this Idempotency-Key created before.", "Run"),
        Response(202, "The question to the token's owner; nothing was run.", "Consent"),
    ],
    errors=[404, 409],
)
def create_run(call: Call) -> Reply:
    """Run a model.

    The arguments are checked by the model's schema first. It costs what the model costs.
    """
    endpoint, arguments = _input(call)
    transport = call.body.get("transport", SENT_TRANSPORTS[0])
    if transport not in {choice.value for choice in transport_choices.offered(endpoint)}:
        message = f"{endpoint.endpoint_id} does not offer the transport “{transport}”."
        raise _invalid("transport", message)
    problems = submission.find_problems(
        endpoint, arguments, allow_unknown=call.body.get("allow_unknown", False)
    )
    if problems and not endpoint.refusal:
        raise _invalid_arguments(endpoint, problems)
    estimate = cost.estimate_run(endpoint, arguments)
    if "max_cost" in call.body:
        require_below(Decimal(str(call.body["max_cost"])), estimate)
    webhook = call.body.get("webhook_url", "")
    if webhook:
        webhooks.require_public(webhook, "webhook_url")
    door = Door.API if call.reserved is None else Door.ASSISTANT
    wanted_run = submission.WantedRun(
        call.token,
        call.reach.target,
        endpoint,
        arguments,
        transport,
        key_of(call),
        webhook,
        door,
        wait_choices.chosen(call.body),
        allows_deputy=bool(call.values[DEPUTY.name]),
    )
    try:
        start = partial(submission.start, wanted_run)
        plan = consents.PlannedCall(endpoint.endpoint_id, arguments, call.reach.target, estimate)
        outcome = consents.started(call, plan, start)
    except submission.KeyReused as error:
        raise key_reused() from error
    if isinstance(outcome, Consent):
        return consents.reply(outcome, call, 202)
    run, is_new = outcome
    if call.reserved and is_new:
        ledger.assign(call.reserved, run)
    elif call.reserved:  # a repeated call costs nothing
        ledger.take_back(call.reserved)
    return _reply(call, find(call, run.pk), 201 if is_new else 200)


def require_below(most: Decimal, estimate: Estimate) -> None:
    """Raise Problem (409) unless the estimate is known, in dollars, and at most `most`."""
    amount = in_dollars(estimate)
    if amount is None or amount > most:
        detail = f"The estimate is {estimate.label}, and max_cost allows {most}. Nothing was run."
        as_json = representation.estimate(estimate)
        raise Problem(409, detail, slug="too-expensive", estimate=as_json)


@operation(
    "POST",
    "/estimates",
    scope="read",
    tag="runs",
    limit="read",
    body=Body("NewEstimate"),
    responses=[Response(200, "The estimate.", "Estimate")],
    errors=[404],
)
def estimate_run(call: Call) -> Reply:
    """Estimate what a run will cost, without running it."""
    endpoint = find_endpoint(call.body["endpoint_id"])
    arguments = tidy_addresses(call.body.get("arguments", {}))
    unknown = unknown_keys(version_of(endpoint).contract, arguments)
    if unknown and not call.body.get("allow_unknown", False):  # required ones may be missing
        raise _invalid_arguments(endpoint, unknown)
    return Reply(representation.estimate(cost.estimate_run(endpoint, arguments)))


def _input(call: Call) -> tuple[Endpoint, dict[str, Any]]:
    """Return the model and the arguments of a new run, with the preset's; raises Problem."""
    body = call.body
    arguments = tidy_addresses(body.get("arguments", {}))
    if body.keys().isdisjoint({"endpoint_id", "preset_id"}):
        raise _invalid("endpoint_id", NO_MODEL)
    if "preset_id" not in body:
        return find_endpoint(body["endpoint_id"]), arguments
    preset = presets.find(call, body["preset_id"])
    endpoint = retirement.note(preset.endpoint)
    if body.get("endpoint_id", endpoint.endpoint_id) != endpoint.endpoint_id:
        raise _invalid("preset_id", f"This preset is one of {endpoint.endpoint_id}.")
    return endpoint, {**preset.arguments, **arguments}


def _invalid_arguments(endpoint: Endpoint, problems: Sequence[schemas.Problem]) -> Problem:
    message = with_full_stop(problems[0].message)
    return Problem(
        422,
        f"{message} The model's inputs: GET /api/v1/models/{endpoint.endpoint_id}",
        slug="invalid-arguments",
        errors=[
            {"pointer": pointer(problem.path, "arguments"), "detail": problem.message}
            for problem in problems
        ],
    )


def _invalid(name: str, detail: str) -> Problem:
    return Problem(422, detail, errors=[{"pointer": pointer([name]), "detail": detail}])


@operation(
    "GET",
    "/runs/{run_id}",
    scope="read",
    tag="runs",
    parameters=[RUN, WAIT],
    responses=[Response(200, "The run as it is now.", "Run")],
    errors=[404],
)
def get_run(call: Call) -> Reply:
    """Read a run; with `wait`, once it has ended."""
    return _reply(call, find(call, call.values["run_id"], may_read=True))


@operation(
    "POST",
    "/runs/{run_id}/cancellation",
    scope="run",
    tag="runs",
    parameters=[RUN],
    responses=[
        Response(202, "The run as it is now; upstream may still finish it.", "Run"),
        Response(204, "Requested; the run is somebody's private one, so nothing of it is shown."),
    ],
    errors=[404],
)
def cancel_run(call: Call) -> Reply:
    """Request that a run stop; a run that has ended does not change."""
    run = find(call, call.values["run_id"], may_cover=True)
    Rights(call.user, run).require_removal(permissions.CANCEL_RUN)
    by = permissions.name_of_other(call.user, run.user_id)
    state_machine.request_cancel(run.pk, by)
    if Run.objects.covered_among(call.user, [run]):
        return Reply(None, 204)
    return _reply(call, find(call, run.pk), 202)


@operation(
    "DELETE",
    "/runs/{run_id}",
    scope="run",
    tag="runs",
    parameters=[RUN],
    responses=[Response(204, "Deleted; for 7 days, the page “Deleted results” can restore it.")],
    errors=[404, 409],
)
def delete_run(call: Call) -> Reply:
    """Delete a run that has ended."""
    run = find(call, call.values["run_id"], may_cover=True)
    Rights(call.user, run).require_removal(permissions.DELETE_RUN)
    if deletion.delete(Run.objects.filter(pk=run.pk), call.user).unfinished:
        raise Problem(409, "This run is under way. Cancel it, then delete it.")
    return Reply(None, 204)


def find(call: Call, pk: uuid.UUID, *, may_read: bool = False, may_cover: bool = False) -> Run:
    """Return a run of the user's projects, or with `may_read` an example; raises Problem (404).

    With `may_cover`, include runs that the user may only know to exist: show none of their content.
    """
    runs = Run.objects
    allowed = runs.readable_by(call.user) if may_read else runs.visible_to(call.user)
    allowed = runs.kept().noticed_by(call.user) if may_cover else allowed
    run = (
        call.reach.visible_rows(allowed)
        .with_endpoint()
        .select_related("endpoint", "project")
        .with_artifacts()
        .filter(pk=pk)
        .first()
    )
    if run is None:
        raise Problem(404, "There is no such run, or it is somebody else's.")
    retirement.note(run.endpoint)
    return run


def _reply(call: Call, run: Run, status: int = 200) -> Reply:
    """Return the run; a header makes `api.wait` hold the response until it has ended."""
    headers = {"Location": f"/api/v1/runs/{run.pk}"} if status == 201 else {}
    is_copying = any(artifact.state == Artifact.State.REMOTE for artifact in run.artifacts.all())
    if call.values.get("wait") and (is_copying or not run.is_final):
        headers[HEADER] = f"{run.pk} {call.values['wait']}"
    return Reply(representation.whole(run, call), status, headers)
