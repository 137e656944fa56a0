"""The plan of a board: `/compare/new/`, and changes to an existing board."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
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
from core.http.posts import controls, hidden, press_token, pressed, ticked
from features.boards.display import plan_form
from features.boards.models import Board
from features.boards.plan import editing, rows, tables
from features.boards.plan.cells import ExpandedPlan, expand
from features.boards.plan.editing import endpoints_of, first_post, with_models
from features.boards.plan.groups import Groups, Post, groups_of
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
    "csrfmiddlewaretoken",
    "~token",
    "~do",
    "~schema",
    "~tab",
    "~version",
    "~filled",
    "add",
    "file",
    "operation",
    "~shown",
    "~use",
    "~added",
    rows.NAMED_CONTROL,
}


def new(request: HtmxRequest) -> HttpResponseBase:
    """Plan a new board: GET fills in the form from the address or the draft, POST changes it."""
    if request.method == "POST":
        return _posted(request, None)
    is_blank = not request.GET.keys() - {current.PARAMETER}
    if is_blank and (draft := editing.load_draft(request.user, current.current(request))):
        models, unknown = endpoints_of(draft.get("model", []))
        page = PlanPage(request, None, draft, models, [not_listed(name) for name in unknown])
        return page.response(is_kept=True)
    plan = open_plan(request.user, request.GET)
    post = first_post(plan.models, plan.arguments) if plan.models else {}
    page = PlanPage(request, None, post | plan.post, plan.models, plan.troubles, plan.found)
    return page.response()


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
    page = PlanPage(request, board, board.plan, models)
    page.troubles = [not_listed(name) for name in [*unknown, *missing]]
    if added_models:
        page.replace_models([*page.placed_models, *((model, None) for model in added_models)])
    return page.response()


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
    """Do what the pressed button says with the posted plan, and keep the plan as the draft."""
    post = fields(request)
    models, unknown = endpoints_of(post.get("model", []))
    page = PlanPage(request, board, post, models, [not_listed(name) for name in unknown])
    if not roles.refusal_to_make(request.user, page.project):
        page.store_files()
    verb, target = pressed(request, "run")
    if verb == "run" and hidden(request, "add").strip():
        verb = "add"  # Enter in the field for a model's name presses the form's first button
    if verb == "discard":
        editing.discard_draft(request.user, page.project)
        return redirect(_new_address(request))
    if verb in {"run", "run-fitting"}:
        if page.models and not page.troubles and (started := page.run(verb == "run-fitting")):
            return started
    elif verb == "add":
        page.add_model((target or hidden(request, "add")).strip()[:255])
    elif verb == "remove":
        page.remove_model(target)
    elif verb == "name-rows" and page.models:
        mentions = ticked(request, rows.NAMED_CONTROL)
        page.post = rows.with_named_rows(page.post, page.groups, mentions)
    elif (edited_post := rows.edited(page.post, verb, target)) is not None:
        page.post = edited_post
    elif verb != "update":
        page.post = apply(page.post, hidden(request, "~do"))
    page.keep()
    return page.response()


@dataclass
class PlanPage:
    """The page of a plan: its form with the `post`, for a new board (None) or a present one.

    `troubles` were found before the plan is read; `matches` are models to choose from. A plan that
    was not run `is_refused`, or its user is `forbidden` to run it.
    """

    request: HtmxRequest
    board: Board | None
    post: Post
    models: list[Endpoint]
    troubles: list[Trouble] = field(default_factory=list)
    matches: list[Endpoint] = field(default_factory=list)
    is_refused: bool = False
    forbidden: Forbidden | None = None

    @property
    def project(self) -> Project:
        """Return the board's project, whatever the user has chosen."""
        return _project_of(self.request, self.board)

    @property
    def source(self) -> Endpoint | None:
        """Return the model whose fields all rows share; None without models."""
        return self.board.source if self.board else next(iter(self.models), None)

    @property
    def groups(self) -> Groups:
        """Return the fields of the models, those that they share apart; there are models."""
        return groups_of(self.source or self.models[0], self.models)

    @property
    def placed_models(self) -> list[tuple[Endpoint, int | None]]:
        """Return the models with their places in the post; a new one has none."""
        return [(model, place) for place, model in enumerate(self.models)]

    def keep(self) -> None:
        """Save the plan of a new board as the user's draft."""
        if self.board is None:
            editing.save_draft(self.request.user, self.project, self.post)

    def replace_models(self, placed: list[tuple[Endpoint, int | None]]) -> None:
        """Show these models; each keeps the values that it had at its place."""
        former_models, former_source = self.models, self.source
        self.models = [model for model, _ in placed]
        if (source := self.source) is None:
            self.post = {}
            return
        self.post = with_models(self.post, former_models, placed, former_source or source, source)

    def add_model(self, text: str) -> None:
        """Add the model with this id, or offer those that a search for the text finds."""
        exact, _ = endpoints_of([text])
        if exact:
            self.replace_models([*self.placed_models, *((model, None) for model in exact)])
            return
        self.matches = find(text) if text else []
        if not self.matches:
            message = f"No model was found for “{text}”." if text else "Write a model's name or id."
            self.troubles.append(Trouble("models", message))

    def remove_model(self, place: str) -> None:
        """Remove the model at a place of the post."""
        self.replace_models([pair for pair in self.placed_models if str(pair[1]) != place])

    def store_files(self) -> None:
        """Store posted files in the project, and write their addresses into the post.

        The text of a table goes into its field.
        """
        if self.source is None:
            return
        user, project = self.request.user, self.project
        files = self.request.FILES.copy()
        for file in files.pop("file", []):
            try:
                self.post = {**self.post, "table": [_table(file)]}
            except ValueError as error:
                self.troubles.append(Trouble("table", str(error)))
        self.post, of_rows = store_posted(self.post, files, user, project)
        self.troubles += of_rows
        self.post, problems = with_files(self.post, files, self.groups.root, user.pk, project)
        self.troubles += [Trouble(str(problem.path[0]), problem.message) for problem in problems]

    def run(self, is_partial: bool) -> HttpResponseBase | None:
        """Write the board if everything fits, or with `is_partial` what fits, and open it.

        None if nothing was written; the page then says why.
        """
        user, project = self.request.user, self.project
        plan = self.read(named_inputs.offered(user, project))
        expanded = expand(plan, named_inputs.resolver(user, project))
        changes = [*_changed_schemas(self.request, self.models), *missing_files(plan)]
        is_fine = is_partial or all(report.is_fine for report in expanded.reports)
        if plan.troubles or changes or not is_fine or not expanded.fitting:
            self.troubles, self.is_refused = changes, True
            return None
        try:
            result = send(self.request, plan, expanded, self.board)
        except Forbidden as error:
            self.forbidden = error
            return None
        except StartRefused as refusal:
            self.troubles, self.is_refused = [Trouble("models", str(refusal))], True
            return None
        if self.board is None and self.request.GET.get("blind"):
            return redirect("boards:vote", result.board.pk)
        return redirect(result.board)

    def read(self, offered: Sequence[OfferedName]) -> Plan:
        """Parse the plan, with descriptions of its files; there are models."""
        known = known_files(rows.all_files(self.post), self.request.user, self.project, offered)
        return read_plan(self.post, self.models, self.source or self.models[0], known)

    def response(self, *, is_kept: bool = False) -> HttpResponse:
        """Render the page; for htmx only the parts that depend on the form's contents."""
        request, project = self.request, self.project
        verb, _ = pressed(request, "add")
        context: dict[str, Any] = {
            "board": self.board,
            "project": project,
            "why_not": roles.refusal_to_make(request.user, project) or self.forbidden or "",
            "form_token": press_token(request),
            "matches": self.matches,
            "locks": enforcement.locks(project, self.matches) if self.matches else None,
            "search_text": hidden(request, "add", request.GET.get("add", "")),
            "is_fresh": verb in {"add", "remove"},
            "readiness": readiness(),
            "is_refused": self.is_refused,
            "is_kept": is_kept,
            "offered": (),
            "troubles": self.troubles,
        }
        if self.models:
            enforcement.set_locks(project, self.models)
            offered = named_inputs.offered(request.user, project)
            plan = self.read(offered)
            plan.troubles.extend(self.troubles)
            expanded = expand(plan, named_inputs.resolver(request.user, project))
            priced = pricing.price(request.user, plan, expanded, self.board, project)
            context |= plan_form.context(plan, expanded, priced) | _summary(plan, expanded)
            context["offered"] = offered
            if request.htmx and verb == "update":
                return render(request, "features/boards/_outcome.html", context | {"oob": True})
        status: int = HTTPStatus.UNPROCESSABLE_ENTITY if self.is_refused else HTTPStatus.OK
        if self.forbidden:
            status = self.forbidden.status
        return render(request, "features/boards/plan.html", context, status=status)


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


def _table(file: UploadedFile[Any]) -> str:
    return tables.decode(file.read(tables.MAX_BYTES + 1)) if file.size else ""


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
