"""The list of flows, and a flow's page with the form that runs it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.limits.rate_limit import limit
from core.http.caching import no_store
from core.http.posts import BUTTON, DRAWN, controls, hidden, press_token
from features.flows.compose import form
from features.flows.compose.definition import Definition, Invalid, parse_definition
from features.flows.compose.models import endpoints_of, versions_of
from features.flows.compose.wiring import answered
from features.flows.display import flow_page
from features.flows.display.rights import FlowRights
from features.flows.execution import starting
from features.flows.models import Flow, FlowRun
from features.flows.models.flow import FOR_EVERYBODY, FlowQuerySet
from playground.display import covered_row
from playground.form.posted_files import with_files
from projects import current
from projects.kept.resource import Resource
from runs.start.refused_starts import Forbidden
from runs.start.starting import form_token
from schemas import Problem, apply

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
    troubles: dict[str, list[str]] | None = None,
    trouble: str = "",
    forbidden: str | Forbidden = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context: dict[str, Any] = flow_page.context(
        request.user, flow, current.current(request), definition, post, problems or (), troubles
    )
    context |= {
        "runs": flow_page.runs_of(flow, request.user),
        "trouble": trouble,
        "forbidden": forbidden,
        "is_fresh_chosen": request.method == "POST" and hidden(request, "~reuse") != "1",
    }
    context["form_token"] = hidden(request, DRAWN) or context["form_token"]
    return render(request, "features/flows/flow.html", context, status=status)


def _posted(request: HtmxRequest, flow: Flow, definition: Definition) -> HttpResponseBase:
    """Run the flow if everything is valid, else show the problems; or change the form's rows."""
    versions = versions_of(definition, endpoints_of([definition]))
    root = form.form_root(definition, versions)
    project = current.current(request)
    target = starting.project_for(request.user, flow, project)
    post, errors = with_files(_posted_fields(request), request.FILES, root, request.user.pk, target)
    action = hidden(request, BUTTON, "run")
    if action != "run":
        return _render_flow(request, flow, definition, apply(post, action), errors)
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
        return _render_flow(
            request, flow, definition, post, problems, troubles=at_steps, status=status
        )
    is_reusing = hidden(request, "~reuse") == "1"
    reused = flow_page.reusable(flow, filled, target) if is_reusing else {}
    token = _token(request, filled, is_reusing)
    try:
        flow_run, _ = starting.start(request.user, flow, filled, token, reused, project=target)
    except Forbidden as error:
        return _render_flow(request, flow, definition, post, forbidden=error, status=error.status)
    except starting.StepsRefused as refusal:
        return _render_flow(request, flow, definition, post, trouble=str(refusal), status=status)
    return redirect(flow_run)


def _token(request: HtmxRequest, filled: Definition, is_reusing: bool) -> str:
    """Return a token, equal for two clicks on a form, but not for other input after Back.

    The runs that are reused do not count: by the second click the first may have made some.
    """
    inputs = {"definition": filled.as_json(), "is_reusing": is_reusing}
    return form_token(press_token(request), inputs)


class Flows(Resource[Flow]):
    """The list of flows, and their deletion and recovery; the runs of their steps stay."""

    model, parts = Flow, ("list", "deletion")
    at, list_route = "", "flows:flows"
    row_template = "features/flows/_row.html"
    deletion_message = "The flow is deleted. The runs of its steps are kept."
    about = (
        "A flow chains models: the output of one is the input of the next. Flows that were made "
        "before can be run here; new ones cannot be made."
    )

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return the flows of the project and shared ones, or the user's own of all projects."""
        rows = super().rows_of_list(request)
        if not current.is_of_all_projects(request):
            rows |= self.rows().filter(FOR_EVERYBODY)
        newest = FlowRun.objects.shown_to(request.user).filter(flow=OuterRef("pk"))
        last_state = Subquery(newest.order_by("-created_at").values("state")[:1])
        return rows.annotate(last_state=last_state).order_by("-changed_at", "pk")


FLOWS = Flows()


def _posted_fields(request: HtmxRequest) -> Post:
    """Return the posted fields without the page's own controls."""
    return {name: values for name, values in controls(request).items() if name[:1] != "~"}
