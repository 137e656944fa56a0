"""Asking for more than a budget has left, or for a locked model, and allowing it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.models import Endpoint
from core.db import clock
from core.db.dollars_field import MOST
from core.formatting import enumerated, in_cents
from core.http.parameters import parse_key
from core.http.posts import BUTTON, hidden
from core.http.refusals import refusals_as_messages
from core.refusals import Refused
from features.notifications import inbox
from features.spending.budgets import access, gauges, wording
from features.spending.models import BudgetRequest
from features.spending.requests import decision, listing, submission
from features.spending.requests.forms import DecisionForm, RequestForm
from projects import current, roles
from projects.rules import editing, enforcement
from projects.rules import wording as rules_in_words
from runs.costs.ledger import Counter, Scope
from schemas.estimate.amounts import decimal

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest
    from features.spending.requests.submission import Subject

MAX_PATH_CHARS = 500
MAX_PERIOD_CHARS = 32
CENT = Decimal("0.01")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """Ask for an `amount` more, or for a `model`; 404 for a budget that does not limit the user.

    Whoever decides about the rules allows the model at once.
    """
    user, subject = request.user, _subject(request)
    if waiting_request := submission.waiting(user, subject):
        if request.method == "POST":
            messages.info(
                request, "You have already asked for this. Your request waits for an answer."
            )
        return redirect(waiting_request)
    posted = request.POST if request.method == "POST" else None
    endpoint = subject.endpoint
    facts = _about(subject, user)
    form = RequestForm(posted)
    context: dict[str, Any] = facts | {"form": form, "path": _path(request)}
    if endpoint:
        project = current.current(request)
        context["path"] = endpoint.get_absolute_url() + current.query(project)
    try:
        submission.require_open(subject, clock.now())
        if posted is not None and endpoint and facts.get("may_allow"):
            decision.allow(user, subject.project, endpoint)
            messages.success(request, f"{endpoint.name} may run now.")
            return redirect(context["path"])
        if posted is not None and form.is_valid():
            sentence = form.cleaned_data["sentence"]
            budget_request = submission.ask(user, subject, sentence, context["path"])
            messages.success(request, f"{facts['waiting_text']} Your inbox will show the answer.")
            return redirect(context["path"] or budget_request)
    except Refused as refusal:
        context["refusal"] = str(refusal)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "features/spending/requests/new.html", context, status=status)


@require_safe
def request_page(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a request, with two buttons if the user may decide."""
    budget_request = _visible(request, pk)
    inbox.see(request.user, budget_request)
    return _render_request(request, budget_request, DecisionForm())


@require_POST
def decide(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Allow or refuse a request; a second decision is refused with a sentence."""
    budget_request = _visible(request, pk)
    if not submission.may_decide(request.user, budget_request):
        raise PermissionDenied(decision.MAY_NOT)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _render_request(request, budget_request, form)
    answer = form.cleaned_data["answer"]
    with refusals_as_messages(request):
        if hidden(request, BUTTON) == "grant":
            allowed = decision.grant(request.user, pk, answer)
            messages.success(request, f"Allowed: {submission.in_words(allowed)}.")
        elif hidden(request, BUTTON) == "refuse":
            decision.refuse(request.user, pk, answer)
            messages.success(request, "Refused. The person who asked is notified.")
    return redirect(budget_request)


def _render_request(request: HtmxRequest, row: BudgetRequest, form: DecisionForm) -> HttpResponse:
    subject = submission.Subject.of_request(row)
    context: dict[str, Any] = {
        "budget_request": row,
        "request_text": submission.in_words(row),
        "period": submission.period_in_words(row),
        "is_own": row.user_id == request.user.pk,
        "may_decide": submission.may_decide(request.user, row),
        "verb": decision.verb_of(row),
        "form": form,
    }
    # Former members still see their request, but no longer the project's budget or rules.
    if _may_see_subject(request.user, row):
        context |= _about(subject, row.user)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "features/spending/requests/request.html", context, status=status)


def _may_see_subject(user: User, row: BudgetRequest) -> bool:
    if row.project is not None:
        return bool(roles.role_in(row.project, user))
    return row.budget is None or access.may_see(user, row.budget, row.scope_key)


def _about(subject: Subject, asker: User) -> dict[str, Any]:
    """Return the context about a request's subject: its spending, and the other deciders."""
    other_deciders = subject.deciders.exclude(pk=asker.pk)
    people = [person.get_username() for person in other_deciders]
    facts: dict[str, Any] = {
        "deciders": enumerated(people),
        "waiting_text": _who_can_allow(people),
    }
    if endpoint := subject.endpoint:
        rule = enforcement.lock(subject.project, endpoint)
        return facts | {
            "endpoint": endpoint,
            "whose": subject.project,
            "locked": rule and rules_in_words.in_place(rule),
            "may_allow": editing.may_change(asker, subject.project),
        }
    if subject.budget is None:  # of a request whose model has left
        return facts
    counter = Counter(Scope(subject.budget.scope), subject.key, subject.period)
    (gauge,) = gauges.read([gauges.BudgetCounter(subject.budget, counter)])
    name, allowance = gauges.names_of([counter])[counter], wording.allowance(subject.budget)
    return facts | {
        "gauge": gauge,
        "name": name,
        "allowance": allowance,
        "amount": subject.amount,
    }


def _who_can_allow(people: list[str]) -> str:
    """Return the sentence that says who can allow a request."""
    if not people:
        return "Nobody can allow it yet."
    verb = "has" if len(people) == 1 else "have"
    return f"{enumerated(people)} can allow it, and {verb} been notified."


def _subject(request: HtmxRequest) -> Subject:
    query = request.GET
    if "model" in query:
        endpoint = get_object_or_404(Endpoint, endpoint_id=query["model"])
        project = current.current(request)
        rule = enforcement.lock(project, endpoint)
        whose = editing.list_to_open(request.user, project, rule) if rule else project
        return submission.Subject(endpoint=endpoint, project=whose)
    budget, key = parse_key(query.get("budget")), parse_key(query.get("key", "0"))
    period = query.get("period", "")[:MAX_PERIOD_CHARS]
    amount = decimal(query.get("amount", ""))
    if budget is None or key is None or amount is None or not wording.is_period(period):
        raise Http404
    if not CENT <= amount <= MOST:
        raise Http404
    subject = submission.subject_of(request.user, budget, key, period, in_cents(amount))
    if subject is None:
        raise Http404
    return subject


def _path(request: HtmxRequest) -> str:
    """Return the page of the refusal: from the parameters, else from the referrer."""
    path = hidden(request, "path") or request.GET.get("path") or ""
    if not path and request.method != "POST":
        referrer = urlsplit(request.headers.get("Referer", ""))
        if referrer.netloc == request.get_host():
            path = referrer._replace(scheme="", netloc="", fragment="").geturl()
    is_local = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_local and len(path) <= MAX_PATH_CHARS else ""


def _visible(request: HtmxRequest, pk: uuid.UUID) -> BudgetRequest:
    rows = listing.visible(request.user).select_related(
        "budget__project", "budget__person", "user", "decided_by", "endpoint", "project"
    )
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row
