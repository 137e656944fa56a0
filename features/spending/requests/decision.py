"""Allows or refuses a request, once."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.audit import trail
from core.db import clock
from core.refusals import Refused
from features.notifications import inbox, outbox
from features.spending.models import BudgetRequest
from features.spending.requests import submission
from projects.rules import editing

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from catalog.models import Endpoint
    from projects.models import Project

MAY_NOT = "Only people who look after this budget, or these rules, can decide on the request."
DECIDED = "{who} has already {verb} this."
TOO_LATE = "The budget has ended or started again since the request: there is nothing to allow."


def grant(by: User, pk: uuid.UUID, answer: str) -> BudgetRequest:
    """Add the sum to the budget's limit in the period, or allow the model.

    Raises PermissionDenied, and Refused if it is decided already or too late.
    """
    with transaction.atomic():
        request = _undecided(by, pk)
        if request.endpoint is not None:
            reason = f"{request.user.get_username()} asked for it"
            allow(by, request.project, request.endpoint, reason, answer)
            request.is_granted = True
            return request
        try:
            submission.require_open(submission.Subject.of_request(request), clock.now())
        except Refused as refusal:
            raise Refused(TOO_LATE) from refusal
        request.is_granted = True
        _decide(by, request, answer)
    return request


def allow(
    by: User, project: Project | None, endpoint: Endpoint, reason: str = "", answer: str = ""
) -> None:
    """Open a model by an exception in a list of rules, and allow all requests for that.

    Raises PermissionDenied, and Refused.
    """
    with transaction.atomic():
        editing.allow(by, project, endpoint, reason)
        # Another decision holds a row that is skipped, and must not wait for this one.
        rows = BudgetRequest.objects.select_for_update(of=("self",), skip_locked=True)
        rows = rows.filter(endpoint=endpoint, project=project, decided_at=None)
        for request in rows.select_related("user", "endpoint", "project"):
            request.is_granted = True
            _decide(by, request, answer)


def refuse(by: User, pk: uuid.UUID, answer: str) -> BudgetRequest:
    """Refuse a request. Raises PermissionDenied, and Refused if it is decided."""
    with transaction.atomic():
        request = _undecided(by, pk)
        _decide(by, request, answer)
    return request


def _undecided(by: User, pk: uuid.UUID) -> BudgetRequest:
    rows = BudgetRequest.objects.select_for_update(of=("self",))
    request = rows.select_related("budget", "user", "endpoint", "project").get(pk=pk)
    if not submission.may_decide(by, request):
        raise PermissionDenied(MAY_NOT)
    if request.decided_at is not None:
        decider = request.decided_by.get_username() if request.decided_by else "Somebody"
        verb = verb_of(request)
        raise Refused(DECIDED.format(who=decider, verb=verb))
    return request


def verb_of(request: BudgetRequest) -> str:
    """Return what was decided: "allowed" or "refused"."""
    return "allowed" if request.is_granted else "refused"


def _decide(by: User, request: BudgetRequest, answer: str) -> None:
    request.decided_at, request.decided_by, request.answer = clock.now(), by, answer
    request.save(update_fields=["decided_at", "decided_by", "is_granted", "answer"])
    verb = verb_of(request)
    detail = f"{submission.in_words(request)}, asked by {request.user.get_username()}"
    trail.record(by, verb, [request], detail)
    inbox.settle(request)
    if request.user_id == by.pk:
        return
    again = "Try again what was refused." if request.endpoint_id is None else "Try it on its page."
    lines = [answer, again if request.is_granted else ""]
    outbox.notify(
        request.user,
        submission.KIND,
        subject=f"{by.get_username()} has {verb} {submission.in_words(request)}",
        text="\n\n".join(line for line in lines if line),
        path=(request.path if request.is_granted else "") or request.get_absolute_url(),
        key=f"budget request {request.pk} decided",
        about=request,
    )
