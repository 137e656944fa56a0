"""The first screen of a new board: what to make and an amount; the house chooses the models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import replace_url

from accounts.limits.rate_limit import limit
from catalog.display import page_cache
from catalog.display.operations import ANYTHING, BY_SLUG
from catalog.filters.operations import Operation
from catalog.models import Revision
from core.http.caching import no_store
from core.http.posts import hidden, press_token, pressed, ticked
from features.boards.display import start_form
from features.boards.display.judge import LEAST
from features.boards.display.start_form import Question
from features.boards.plan import editing, rows
from features.boards.plan.cells import expand
from features.boards.plan.editing import endpoints_of
from features.boards.plan.input_files import missing_files, store_posted
from features.boards.plan.plan import Trouble
from features.boards.plan.plan_query import find, not_listed
from features.boards.runs import choosing
from features.boards.runs.choosing import Choice
from features.boards.views import plan as planner
from features.boards.views.plan import PlanPage
from playground import suggestions
from playground.form.prefill.place_of_run import in_place_of_run
from projects import current, roles
from runs.progress.worker_status import readiness
from runs.promises import named_inputs
from runs.start.refused_starts import Forbidden, StartRefused
from schemas.estimate.wording import nobody_pays

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from projects.models import Project

NO_AMOUNT = "Write what it may cost at most, in US dollars, such as 1.00."
NO_MODEL = "No model here does this with what you gave. Change the sentence or the files."
NONE_TICKED = "Tick at least one model."
NO_SENTENCE = "Write what you want to make."
# Controls: the models that the page shows, those that are ticked, and those that were added.
SHOWN, USED, ADDED = "~shown", "~use", "~added"
TOO_MANY = f"Give at most {start_form.MAX_FILES} files."


@limit("run")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
@in_place_of_run
def new(request: HtmxRequest) -> HttpResponseBase:
    """Begin a board: by a question that the house chooses models for, or by a whole plan.

    An `operation` or a sentence `q` shows the question, and so does a blank address without a
    draft; other addresses say what the plan has.
    """
    operation = _operation(request)
    if operation is None:
        return planner.new(request)
    if request.method == "POST":
        return _posted(request, operation)
    question = Question(operation, start_form.first_post(request.GET))
    choice, troubles = _choose(request, question)
    return _render(request, question, choice, troubles)


def _operation(request: HtmxRequest) -> Operation | None:
    """Return the operation that is asked for; None for a whole plan."""
    if request.method == "POST":
        return BY_SLUG.get(hidden(request, "operation"))
    if keys := request.GET.keys() - {current.PARAMETER}:
        chosen = BY_SLUG.get(request.GET.get("operation", ""))
        return chosen or (ANYTHING if "q" in keys else None)
    has_draft = editing.load_draft(request.user, current.current(request))
    return None if has_draft else ANYTHING


def _choose(request: HtmxRequest, question: Question) -> tuple[Choice, list[Trouble]]:
    """Return the models for a question with their highest costs, and what prevents a run."""
    project = current.current(request)
    house = suggestions.house_of(request, Revision.current())
    models, wanted = suggestions.answer(question.wanted, house)
    added, unknown = endpoints_of([*ticked(request, ADDED), *_typed(request)])
    off = {*ticked(request, SHOWN)} - {*ticked(request, USED)}
    choice = Choice(
        wanted, records=house.records, off=off, added=[model.endpoint_id for model in added]
    )
    troubles = [not_listed(name) for name in unknown]
    models = [*added, *(model for model in models if model not in added)]
    if not models:
        return choice, [*troubles, Trouble("models", NO_MODEL)]
    names = named_inputs.offered(request.user, project)
    plan = PlanPage(request, None, question.sample(models), models).read(names)
    troubles += [trouble for trouble in plan.troubles if trouble.where == "cap"]
    if not (troubles or plan.cap_usd or nobody_pays()):
        troubles.append(Trouble("cap", NO_AMOUNT))
    expanded = expand(plan, named_inputs.resolver(request.user, project))
    priced = choosing.offers_of(expanded)
    unused = [offer for offer in priced if offer.endpoint.endpoint_id in off]
    usable = [offer for offer in priced if offer not in unused]
    of_added = [offer for offer in usable if offer.endpoint in added]
    amount = None if nobody_pays() else plan.cap_usd
    offers = choosing.first_choice(usable, of_added)
    is_limited = amount is not None and choosing.total(offers) > amount
    if not troubles:
        try:
            offers = choosing.choose(usable, amount, of_added)
        except ValueError as error:
            troubles.append(Trouble("cap", str(error)))
    offers += unused
    if not offers:
        troubles.append(Trouble("models", NO_MODEL))
    is_limited = is_limited or any(trouble.where == "cap" for trouble in troubles)
    return replace(choice, offers=offers, is_limited=is_limited), troubles


def _typed(request: HtmxRequest) -> list[str]:
    """Return the id of the model that the pressed button adds: its own, or the first one found."""
    verb, target = pressed(request, "run")
    text = (target or hidden(request, "add")).strip()[:255]
    if verb != "add" or not text:
        return []
    exact, _ = endpoints_of([text])
    models = exact or find(text)
    return [models[0].endpoint_id if models else text]


def _posted(request: HtmxRequest, operation: Operation) -> HttpResponseBase:
    """Choose models for the posted question; the pressed button runs, shows or plans them."""
    project = current.current(request)
    verb, target = pressed(request, "run")
    post, troubles = planner.fields(request), list[Trouble]()
    if not roles.refusal_to_make(request.user, project):
        post, troubles = store_posted(post, request.FILES.copy(), request.user, project)
    edited_post = rows.edited(post, verb, target)
    question = Question(operation, post if edited_post is None else edited_post)
    choice, reasons = _choose(request, question)
    troubles += reasons
    if verb == "more":
        models = [offer.endpoint for offer in choice.used]
        post = question.whole_plan(models) if models else {}
        page = PlanPage(request, None, post, models, troubles)
        page.keep()
        return page.response()
    if verb != "run":
        return _render(request, question, choice, troubles)
    if not (troubles or choice.used):
        troubles.append(Trouble("models", NONE_TICKED))
    if operation.has_prompt and not question.sentence:
        troubles.append(Trouble("shared", NO_SENTENCE))
    if len(question.files) > start_form.MAX_FILES:
        troubles.append(Trouble("rows", TOO_MANY))
    if troubles:
        return _render(request, question, choice, troubles, is_refused=True)
    return _run(request, question, choice, project)


def _run(
    request: HtmxRequest, question: Question, choice: Choice, project: Project
) -> HttpResponseBase:
    """Write the board and open its judge."""
    models = [offer.endpoint for offer in choice.used]
    post = question.plan(models)
    names = named_inputs.offered(request.user, project)
    plan = PlanPage(request, None, post, models).read(names)
    expanded = expand(plan, named_inputs.resolver(request.user, project))
    troubles = [*plan.troubles, *missing_files(plan)]
    for report in expanded.reports:
        if not report.is_fine:
            name = report.column.endpoint.name
            troubles.append(Trouble("models", f"{name}: {report.trouble}"))
    if troubles:
        return _render(request, question, choice, troubles, is_refused=True)
    try:
        result = planner.send(request, plan, expanded, None)
    except Forbidden as error:
        return _render(request, question, choice, [], status=error.status, why_not=error)
    except StartRefused as refusal:
        troubles = [Trouble("models", str(refusal))]
        return _render(request, question, choice, troubles, is_refused=True)
    page = "boards:board-judge" if len(models) >= LEAST else "boards:board"
    return redirect(page, result.board.pk)


def _render(
    request: HtmxRequest,
    question: Question,
    choice: Choice,
    troubles: Sequence[Trouble],
    *,
    is_refused: bool = False,
    status: int = HTTPStatus.OK,
    why_not: str | Forbidden = "",
) -> HttpResponseBase:
    """Render the page; for htmx only the models, with the price."""
    is_update = request.htmx and hidden(request, "~do") == "update"
    project = current.current(request)
    context = question.context(choice) | {
        "why_not": roles.refusal_to_make(request.user, project) or why_not,
        "form_token": press_token(request),
        "operations": [ANYTHING, *page_cache.operations_at(Revision.current())],
        "readiness": readiness(),
        "troubles": troubles,
        "is_refused": is_refused,
        "is_update": is_update,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else status
    name = "plan/_chosen" if is_update else "start"
    response = render(request, f"features/boards/{name}.html", context, status=status)
    return replace_url(response, question.address_in(project)) if is_update else response
