"""The plan of a board: `/compare/new/`, and changes to an existing board."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.limits.rate_limit import limit
from catalog.models import Endpoint
from core.http.caching import no_store
from core.http.posts import controls, hidden, press_token, ticked
from features.boards.display import plan_form
from features.boards.models import Board
from features.boards.plan import editing, rows, tables
from features.boards.plan.cells import ExpandedPlan, expand
from features.boards.plan.editing import endpoints_of, first_post, with_models
from features.boards.plan.groups import Post, groups_of
from features.boards.plan.input_files import known_files, missing_files, store_posted
from features.boards.plan.plan import Plan, Trouble, read_plan
from features.boards.plan.plan_query import address_of, arguments_of, find, not_listed, open_plan
from features.boards.runs import pricing, sending
from features.boards.runs.sending import SendingResult
from features.boards.views.board import find_changeable
from playground.form.posted_files import with_files
from projects import current, roles
from projects.rules import enforcement
from runs.progress.worker_status import readiness
from runs.promises import named_inputs
from runs.start import starting
from runs.start.refused_starts import Forbidden, StartRefused
from schemas import apply

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from projects.models import Project
    from runs.promises.named_inputs import OfferedName

# Fields of a post that belong to the page, not to the plan or to a model's input.
PAGE_FIELDS = {
    *("csrfmiddlewaretoken", "~token", "~do", "~schema", "~tab", "~version", "~filled"),
    *("add", "file", "operation", rows.NAMED_CONTROL),
}


def new(request: HtmxRequest) -> HttpResponseBase:
    """Plan a new board: GET fills in the form from the address or the draft, POST changes it."""
    if request.method == "POST":
        return _posted(request, None)
    is_blank = not request.GET.keys() - {current.PARAMETER}
    if is_blank and (draft := editing.load_draft(request.user, current.current(request))):
        models, unknown = endpoints_of(draft.get("model", []))
        troubles = [not_listed(name) for name in unknown]
        return render_plan(request, draft, models, None, troubles, is_kept=True)
    plan = open_plan(request.user, request.GET)
    post = first_post(plan.models, plan.arguments) if plan.models else {}
    post |= plan.post
    return render_plan(request, post, plan.models, None, plan.troubles, matches=plan.found)


@require_POST
def of_form(request: HtmxRequest, endpoint_id: str) -> HttpResponse:
    """Transfer the posted form of a model to a new plan."""
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    arguments = arguments_of(endpoint, fields(request))
    query = address_of(request.user, endpoint, arguments)
    address = f"{_new_address(request)}&{query}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


@limit("run")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def change(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Add models and rows to a board, on the form of its plan."""
    board = find_changeable(request, pk, "source")
    if request.method == "POST":
        return _posted(request, board)
    models, unknown = endpoints_of(board.plan.get("model", []))
    added_models, missing = endpoints_of(request.GET.getlist("model"))
    post = board.plan
    if added_models:
        now = [(model, place) for place, model in enumerate(models)]
        post = with_models(
            post, models, [*now, *((m, None) for m in added_models)], board.source, board.source
        )
        models = [*models, *added_models]
    troubles = [not_listed(name) for name in [*unknown, *missing]]
    return render_plan(request, post, models, board, troubles)


def _new_address(request: HtmxRequest) -> str:
    """Return the address of a new plan in the request's project."""
    return f"{reverse('boards:plan')}{current.query(current.current(request))}"


def _project_of(request: HtmxRequest, board: Board | None) -> Project:
    """Return the board's project, or the one in which a new board will live."""
    return board.project if board else current.current(request)


def fields(request: HtmxRequest) -> Post:
    """Return the posted controls of a plan."""
    return controls(request, but=PAGE_FIELDS)


def _posted(request: HtmxRequest, board: Board | None) -> HttpResponseBase:
    post = fields(request)
    models, unknown = endpoints_of(post.get("model", []))
    source = board.source if board else (models[0] if models else None)
    troubles = [not_listed(name) for name in unknown]
    project = _project_of(request, board)
    if not roles.refusal_to_make(request.user, project):
        post, file_troubles = _with_files(request, post, models, source, project)
        troubles += file_troubles
    verb, _, target = hidden(request, "~do", "run").partition(":")
    if verb == "run" and hidden(request, "add").strip():
        verb = "add"  # Enter in the field for a model's name presses the form's first button
    if verb == "discard":
        editing.discard_draft(request.user, project)
        return redirect(_new_address(request))
    if verb in {"add", "remove"}:
        return _other_models(request, post, models, board, verb, target, troubles)
    if verb in {"run", "run-fitting"} and models and not troubles:
        return _run(request, post, models, board, is_partial=verb == "run-fitting")
    if verb == "name-rows" and source:
        mentions = ticked(request, rows.NAMED_CONTROL)
        post = rows.with_named_rows(post, groups_of(source, models), mentions)
    elif (edited_post := rows.edited(post, verb, target)) is not None:
        post = edited_post
    elif verb not in {"run", "run-fitting", "update"}:
        post = apply(post, hidden(request, "~do"))
    return render_plan(request, post, models, board, troubles)


def _other_models(
    request: HtmxRequest,
    post: Post,
    models: list[Endpoint],
    board: Board | None,
    verb: str,
    target: str,
    troubles: list[Trouble],
) -> HttpResponse:
    """Add a model by its id or by a search, or remove one."""
    now: list[tuple[Endpoint, int | None]] = [(m, place) for place, m in enumerate(models)]
    matches: list[Endpoint] = []
    if verb == "remove":
        now = [pair for pair in now if str(pair[1]) != target]
    else:
        text = (target or hidden(request, "add")).strip()[:255]
        exact, _ = endpoints_of([text])
        matches = [] if exact or not text else find(text)
        now += [(endpoint, None) for endpoint in exact]
        if not exact:
            message = f"No model was found for “{text}”." if text else "Write a model's name or id."
            troubles = troubles if matches else [*troubles, Trouble("models", message)]
    remaining_models = [model for model, _ in now]
    source = board.source if board else (models[0] if models else None)
    new_source = board.source if board else (remaining_models[0] if remaining_models else None)
    if new_source is None or (source is None and not remaining_models):
        return render_plan(request, {}, [], board, troubles, matches=matches)
    post = with_models(post, models, now, source or new_source, new_source)
    return render_plan(request, post, remaining_models, board, troubles, matches=matches)


def _run(
    request: HtmxRequest,
    post: Post,
    models: list[Endpoint],
    board: Board | None,
    *,
    is_partial: bool,
) -> HttpResponseBase:
    """Write the board if everything fits; with `is_partial`, write what fits."""
    project = _project_of(request, board)
    plan = read(request, post, models, board, named_inputs.offered(request.user, project))
    expanded = expand(plan, named_inputs.resolver(request.user, project))
    changes = [*_changed_schemas(request, models), *missing_files(plan)]
    is_fine = all(report.is_fine for report in expanded.reports) or is_partial
    if plan.troubles or changes or not is_fine or not expanded.fitting:
        return render_plan(request, post, models, board, changes, is_refused=True)
    try:
        result = send(request, plan, expanded, board)
    except Forbidden as error:
        return render_plan(request, post, models, board, [], status=error.status, why_not=error)
    except StartRefused as refusal:
        return render_plan(
            request, post, models, board, [Trouble("models", str(refusal))], is_refused=True
        )
    if board is None and request.GET.get("blind"):
        return redirect("boards:vote", result.board.pk)
    return redirect(result.board)


def send(
    request: HtmxRequest, plan: Plan, expanded: ExpandedPlan, board: Board | None
) -> SendingResult:
    """Write a plan as a new board, or add it to one; raises StartRefused if nothing may run."""
    project = _project_of(request, board)
    # After Back, another plan is another board.
    token = starting.form_token(press_token(request), plan.post)
    result = sending.run_plan(request.user, plan, expanded, token, board=board, project=project)
    result.require_any()
    if board is None and not result.is_repeat:
        editing.discard_draft(request.user, project)
    if result.reused or result.held or board:
        messages.info(request, result.summary)
    return result


def read(
    request: HtmxRequest,
    post: Post,
    models: list[Endpoint],
    board: Board | None,
    offered: Sequence[OfferedName],
) -> Plan:
    """Parse the posted plan with descriptions of its files."""
    project = _project_of(request, board)
    known = known_files(rows.all_files(post), request.user, project, offered)
    return read_plan(post, models, board.source if board else models[0], known)


def _changed_schemas(request: HtmxRequest, models: list[Endpoint]) -> list[Trouble]:
    """Return the models whose schema has changed since the form was rendered."""
    posted_digests = ticked(request, "~schema")
    if len(posted_digests) != len(models):
        return []
    return [
        Trouble(
            "models",
            f"The schema of {model.endpoint_id} changed since this plan was drawn. "
            "Look at its settings, then press Run again.",
        )
        for model, digest in zip(models, posted_digests, strict=True)
        if digest != (model.schema_id or "")
    ]


def _with_files(
    request: HtmxRequest,
    post: Post,
    models: list[Endpoint],
    source: Endpoint | None,
    project: Project,
) -> tuple[Post, list[Trouble]]:
    """Store posted files in the project, and write their addresses into the post.

    The text of a table goes into its field.
    """
    if source is None:
        return post, []
    posted_files = request.FILES.copy()
    troubles = []
    for file in posted_files.pop("file", []):
        try:
            post = {**post, "table": [_table(file)]}
        except ValueError as error:
            troubles.append(Trouble("table", str(error)))
    post, of_rows = store_posted(post, posted_files, request.user, project)
    root = groups_of(source, models).root
    post, file_problems = with_files(post, posted_files, root, request.user.pk, project)
    return post, [
        *troubles,
        *of_rows,
        *(Trouble(str(problem.path[0]), problem.message) for problem in file_problems),
    ]


def _table(file: UploadedFile[Any]) -> str:
    return tables.decode(file.read(tables.MAX_BYTES + 1)) if file.size else ""


def render_plan(
    request: HtmxRequest,
    post: Post,
    models: list[Endpoint],
    board: Board | None,
    troubles: list[Trouble],
    *,
    matches: list[Endpoint] | None = None,
    is_refused: bool = False,
    is_kept: bool = False,
    status: int = HTTPStatus.OK,
    why_not: str | Forbidden = "",
) -> HttpResponse:
    """Render the plan's page; for htmx only the parts that depend on the form's contents."""
    project = _project_of(request, board)
    context: dict[str, Any] = {
        "board": board,
        "project": project,  # a board's own, whatever the user has chosen
        "why_not": roles.refusal_to_make(request.user, project) or why_not,
        "form_token": press_token(request),
        "matches": matches or [],
        "locks": enforcement.locks(project, matches) if matches else None,
        "search_text": (request.POST or request.GET).get("add", ""),
        "is_fresh": hidden(request, "~do", "add").startswith(("add", "remove")),
        "readiness": readiness(),
        "is_refused": is_refused,
        "is_kept": is_kept,
        "offered": named_inputs.offered(request.user, project) if models else (),
    }
    if request.method == "POST" and board is None:
        editing.save_draft(request.user, project, post)
    if models:
        enforcement.mark(project, models)
        plan = read(request, post, models, board, context["offered"])
        plan.troubles.extend(troubles)
        expanded = expand(plan, named_inputs.resolver(request.user, project))
        priced = pricing.price(request.user, plan, expanded, board, project)
        context |= plan_form.context(plan, expanded, priced) | _summary(plan, expanded)
    else:
        context["troubles"] = troubles
    is_update = request.htmx and hidden(request, "~do") == "update"
    if is_update and models:
        return render(request, "features/boards/_outcome.html", context | {"oob": True})
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else status
    return render(request, "features/boards/plan.html", context, status=status)


def _summary(plan: Plan, expanded: ExpandedPlan) -> dict[str, Any]:
    """Return the context that says what Run would do, and what prevents it."""
    bad = [report for report in expanded.reports if not report.is_fine]
    fitting = len(expanded.fitting)
    return {
        "troubles": plan.troubles,
        "troubles_by_part": {
            part: plan.troubles_at(part)
            for part in ("models", "shared", "rows", "table", "values", "seeds", "cap", "total")
        },
        "failing_reports": bad,
        "fitting": fitting,
        "can_run": bool(fitting) and not bad and not plan.troubles,
        "can_run_some": bool(fitting) and bool(bad) and not plan.troubles,
    }
