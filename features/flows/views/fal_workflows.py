"""The pages of the account's workflows: the list, and one workflow with its form and steps."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.limits.rate_limit import limit
from catalog.schema_versions import version_of
from core.http.caching import no_store
from core.http.parameters import page_number, parse_uuid, search_words
from core.http.posts import BUTTON, controls, hidden
from core.notify import channel
from fal.db_safe import db_safe_text
from features.flows.fal_workflows import page, sending
from features.flows.fal_workflows.page import Contents
from features.flows.models import AccountListing, AccountWorkflow
from playground.form import form_state
from playground.form.posted_files import with_files
from playground.views import refusals
from projects.current import current
from runs.models import Run
from runs.start.refused_starts import Forbidden
from schemas import Problem, apply

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

Post = dict[str, list[str]]


@require_safe
@no_store
def workflows(request: HtmxRequest) -> HttpResponse:
    """List the account's workflows; `?q=` searches by title, name or description."""
    query = search_words(request)
    context = {"account": page.listing(query, page_number(request.GET.get("page", "")))}
    return render(request, "features/flows/fal_workflows/workflows.html", context)


@require_POST
def reading_wanted(request: HttpRequest) -> HttpResponse:
    """Request that the worker read the account again."""
    values = {"wanted_at": timezone.now()}
    AccountListing.objects.update_or_create(pk=AccountListing.ONLY, defaults=values)
    channel.notify()
    return redirect("flows:account")


@require_safe
def of_model(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """Redirect from a model's page, or with `?run=` from a run's, to the workflow's page."""
    rows = AccountWorkflow.objects.filter(endpoint__endpoint_id=db_safe_text(endpoint_id))
    workflow = rows.first()
    if workflow is None:
        return redirect("flows:account")
    run = parse_uuid(request.GET.get("run", ""))
    return redirect(f"{workflow.get_absolute_url()}?run={run}#workflow-run" if run else workflow)


@limit("run")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def workflow(request: HtmxRequest, owner: str, name: str) -> HttpResponseBase:
    """Show a workflow with its form and steps, or handle a post of the form."""
    workflow = _find(owner, name)
    if request.method == "POST":
        return _post(request, workflow)
    return _render_workflow(request, workflow, Contents(_first_post(request, workflow)))


def _find(owner: str, name: str) -> AccountWorkflow:
    rows = AccountWorkflow.objects.select_related("endpoint")
    return get_object_or_404(rows, owner=owner, name=name)


def _render_workflow(
    request: HtmxRequest,
    workflow: AccountWorkflow,
    filled: Contents,
    status: int = HTTPStatus.OK,
    forbidden: Forbidden | None = None,
) -> HttpResponse:
    run = _shown_run(request, workflow)
    context = page.detail(workflow, request.user, current(request), run, filled)
    if forbidden:
        marks = {name: texts for name, texts in controls(request).items() if name[:1] == "~"}
        repeated_post = refusals.again(request, forbidden, {**marks, **filled.post})
        context |= {"refused": forbidden, "again": repeated_post}
    return render(request, "features/flows/fal_workflows/workflow.html", context, status=status)


def _shown_run(request: HttpRequest, workflow: AccountWorkflow) -> Run | None:
    """Return the run of `?run=`, if the user may see it."""
    text = request.GET.get("run", "")
    if not text:
        return None
    pk = parse_uuid(text)
    runs = Run.objects.visible_to(request.user).select_related("endpoint")
    run = runs.filter(endpoint_id=workflow.pk, pk=pk).first() if pk else None
    if run is None:
        raise Http404("There is no such run of this workflow.")
    return run


def _first_post(request: HttpRequest, workflow: AccountWorkflow) -> Post:
    """Return the initial post of the form: the input of the shown run."""
    run = _shown_run(request, workflow)
    return form_state.from_arguments(workflow.endpoint, run.arguments).post if run else {}


def _post(request: HtmxRequest, workflow: AccountWorkflow) -> HttpResponseBase:
    post, file_problems = _posted(request, workflow)
    action = hidden(request, BUTTON, "run")
    if action not in ("", "run"):
        return _render_workflow(request, workflow, _changed(workflow, post, action, file_problems))
    token = hidden(request, "~token")[:64]
    try:
        project = current(request)
        run = sending.send(workflow, request.user, project, post, token, file_problems)
    except sending.Refused as error:
        status = error.forbidden.status if error.forbidden else HTTPStatus.UNPROCESSABLE_ENTITY
        return _render_workflow(request, workflow, error.filled, status, error.forbidden)
    return redirect(f"{workflow.get_absolute_url()}?run={run.pk}#workflow-run")


def _changed(workflow: AccountWorkflow, post: Post, action: str, errors: list[Problem]) -> Contents:
    """Return the form after a button other than Run was pressed."""
    if action == "clear":
        return Contents()
    if action == "reset":
        return Contents(form_state.without_settings(workflow.endpoint, post))
    if action in ("to-json", "to-form"):
        turned = form_state.toggled_json(form_state.FormContents(workflow.endpoint, post), action)
        return Contents(turned.post, turned.problems)
    return Contents(apply(post, action), errors)


def _posted(request: HttpRequest, workflow: AccountWorkflow) -> tuple[Post, list[Problem]]:
    """Return the form's controls with the addresses of posted files, and problems with others."""
    post = controls(request, but=("~token", BUTTON))
    root = version_of(workflow.endpoint).root
    return with_files(post, request.FILES, root, request.user.pk, current(request))
