"""The list of flows, a flow's page with the form that runs it, and that of a result's steps."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.limits.rate_limit import limit
from core.http.caching import no_store
from core.http.posts import BUTTON, DRAWN, controls, hidden, press_token
from fal.db_safe import db_safe_text
from features.flows.compose import form
from features.flows.compose.chain import chain_of
from features.flows.compose.definition import NAME_CHARS, Definition, Invalid, parse_definition
from features.flows.compose.models import endpoints_of, versions_of
from features.flows.compose.wiring import answered
from features.flows.display import flow_page
from features.flows.display.rights import FlowRights
from features.flows.execution import starting
from features.flows.models import Flow, FlowRun
from features.flows.models.flow import FOR_EVERYBODY, FlowQuerySet
from playground.display import covered_row
from playground.form.posted_files import with_files
from playground.form.prefill import place_of_run
from projects import current
from projects.kept.resource import Resource
from runs.models import Run
from runs.start.refused_starts import Forbidden
from runs.start.starting import form_token
from schemas import Problem, apply
from schemas.exact import identical

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

Post = dict[str, list[str]]


@limit("run")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def flow(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a flow with its form as saved, or as in the run `?from=`; a POST runs it."""
    if request.method == "POST":
        flow = _find(Flow.objects.visible_to(request.user), pk)
    elif (covered := covered_row.covered(request.user, "flow", pk)) is not None:
        return covered_row.render_covered(request, "flow", covered)
    else:
        flow = _find(Flow.objects.readable_by(request.user), pk)
    try:
        definition = parse_definition(flow.definition)
    except Invalid as invalid:  # stored by another version
        rights = FlowRights(request.user, flow, current.current(request))
        context = {"flow": flow, "trouble": str(invalid), "rights": rights}
        return render(request, "features/flows/flow.html", context)
    if request.method == "POST":
        return _posted(request, flow, definition)
    return _render_flow(request, flow, _as_run(request, flow, definition))


@limit("run")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def again(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the steps that led to a result, with what they began with; a POST runs them anew."""
    readable = Run.objects.readable_by(request.user).with_endpoint().light("arguments")
    origin = get_object_or_404(readable.with_artifacts(), pk=pk)
    home = place_of_run.project_of(request.user, pk)
    if home and current.PARAMETER not in request.GET and home != current.current(request):
        return redirect(request.path + current.query(home))
    chain = chain_of(origin, request.user)
    flow = Flow(
        user=request.user,
        project=current.current(request),
        origin=origin,
        definition=chain.definition.as_json(),
    )
    if request.method == "POST":
        return _posted(request, flow, chain.definition, chain.runs)
    return _render_flow(request, flow, chain.definition, first_runs=chain.runs)


def _find(flows: FlowQuerySet, pk: uuid.UUID) -> Flow:
    return get_object_or_404(flows.select_related("user", "project", "origin__endpoint"), pk=pk)


def _as_run(request: HtmxRequest, flow: Flow, definition: Definition) -> Definition:
    """Return the definition with the inputs of the run `?from=`."""
    try:
        key = uuid.UUID(request.GET.get("from", ""))
    except ValueError:
        return definition
    before = FlowRun.objects.open_to(request.user).filter(flow=flow, pk=key).first()
    if before is None:
        return definition
    steps = parse_definition(before.definition).steps
    step_ids = {step.id for step in steps}
    inputs = tuple(field for field in definition.inputs if field.targets[0][0] in step_ids)
    open_inputs = tuple(field for field in definition.inputs if field not in inputs)
    values = form.defaults(Definition(steps, inputs)) | form.defaults(
        replace(definition, inputs=open_inputs)
    )
    return answered(definition, values)


def _render_flow(
    request: HtmxRequest,
    flow: Flow,
    definition: Definition,
    post: Post | None = None,
    problems: list[Problem] | None = None,
    *,
    first_runs: Mapping[str, Run] | None = None,
    troubles: dict[str, list[str]] | None = None,
    trouble: str = "",
    forbidden: str | Forbidden = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Render a flow's form; `first_runs` has those of a result's steps, which no row holds yet."""
    context: dict[str, Any] = flow_page.context(
        request.user,
        flow,
        current.current(request),
        definition,
        post,
        problems or (),
        troubles,
        first_runs,
    )
    context |= {
        "runs": [] if first_runs else flow_page.runs_of(flow, request.user),
        "is_saved": not first_runs,
        "trouble": trouble,
        "forbidden": forbidden,
        "name": hidden(request, "~name"),
    }
    context["form_token"] = hidden(request, DRAWN) or context["form_token"]
    return render(request, "features/flows/flow.html", context, status=status)


def _posted(
    request: HtmxRequest,
    flow: Flow,
    definition: Definition,
    first_runs: Mapping[str, Run] | None = None,
) -> HttpResponseBase:
    """Run the flow if everything is valid, else show the problems; or change the form's rows."""
    show = partial(_render_flow, request, flow, definition, first_runs=first_runs)
    versions = versions_of(definition, endpoints_of([definition]))
    root = form.form_root(definition, versions)
    project = current.current(request)
    target = starting.project_for(request.user, flow, project)
    post, errors = with_files(_posted_fields(request), request.FILES, root, request.user.pk, target)
    action = hidden(request, BUTTON, "run")
    if action != "run":
        return show(apply(post, action), errors)
    values, unread = form.answers(definition, versions, post)
    filled = answered(definition, values)
    at_inputs, at_steps = form.problems_of(filled, versions)
    unread_paths = {problem.path[:1] for problem in unread}
    problems = [
        *errors,
        *unread,
        *(problem for problem in at_inputs if problem.path[:1] not in unread_paths),
    ]
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if problems or at_steps:
        return show(post, problems, troubles=at_steps, status=status)
    # Equal for two clicks on a form, but not for other input after Back.
    token = form_token(press_token(request), {"definition": filled.as_json()})
    name = db_safe_text(hidden(request, "~name")).strip()[:NAME_CHARS]
    try:
        with transaction.atomic():
            flow_run, _ = starting.start(
                request.user, _saved(flow, name), filled, token, project=target
            )
    except Forbidden as error:
        return show(post, forbidden=error, status=error.status)
    except starting.StepsRefused as refusal:
        return show(post, trouble=str(refusal), status=status)
    return redirect(flow_run)


def _saved(flow: Flow, name: str) -> Flow:
    """Return the flow as a row: a result's steps under a name, or the ones run before without."""
    if not flow._state.adding:
        return flow
    before = Flow.objects.owned_by(flow.user).filter(
        origin=flow.origin, project=flow.project, name=name
    )
    same = (row for row in before if identical(row.definition, flow.definition))
    if (row := next(same, None)) is not None:
        return row
    flow.name = name
    flow.save()
    return flow


class Flows(Resource[Flow]):
    """The list of flows, and their deletion and recovery; the runs of their steps stay."""

    model, parts, fields = Flow, ("list", "form", "deletion"), ("name",)
    at, list_route = "", "flows:flows"
    row_template = "features/flows/_row.html"
    deletion_message = "The flow is deleted. The runs of its steps are kept."
    about = (
        "A flow is some steps kept to be done again with another input. To make one, open a result "
        "that took several steps and choose “Do all this again with…”."
    )

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return the flows of the project and shared ones, or the user's own of all projects."""
        rows = super().rows_of_list(request)
        if not current.is_of_all_projects(request):
            rows |= self.rows().filter(FOR_EVERYBODY)
        rows = rows.named()
        newest = FlowRun.objects.shown_to(request.user).filter(flow=OuterRef("pk"))
        last_state = Subquery(newest.order_by("-created_at").values("state")[:1])
        return rows.annotate(last_state=last_state).order_by("-changed_at", "pk")


FLOWS = Flows()


def _posted_fields(request: HtmxRequest) -> Post:
    """Return the posted fields without the page's own controls."""
    return {name: values for name, values in controls(request).items() if name[:1] != "~"}
