"""Asks a token's person before something expensive starts for an assistant, and keeps the answer.

A call with `?consent=ask` starts nothing: it is checked for every refusal, then it becomes a
question (a `Consent`), open for `OPEN_FOR`. Once the person has said yes, in a form of the program
or on the question's page, the same call with `?consent=<id>` starts once. Nothing starts after a
change of body, price, token or project, or after a late answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from django.core import signing
from django.db import transaction
from django.urls import reverse

from accounts.audit import trail
from api.contract.operation import Call, Parameter, Reply
from api.http.problem import Problem
from api.models import Consent
from api.reach import PARAMETER as TO_PROJECT
from core.db import clock
from core.formatting import money
from features.spending.budgets import headroom
from runs.costs.ledger import NOTHING
from runs.start import confirmation
from runs.start.confirmation import Confirmation
from runs.start.starting import in_dollars
from schemas.exact import identical

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from projects.models import Project
    from schemas.estimate import Estimate

OPEN_FOR = timedelta(seconds=120)
ASK = "ask"
PARAMETER = Parameter(
    "consent",
    {"type": "string", "pattern": f"^({ASK}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})$"},
    f"`{ASK}`: start nothing, but ask the token's owner; or the id of a question that they "
    "answered with yes: start what they agreed to, once",
)
_ANYTHING = Confirmation.asked_for(Decimal(10**9), is_any_unknown=True)
_SIGNER = signing.Signer(salt="api.consent")


class _Row(Protocol):
    """A run, or the run of a flow."""

    pk: Any


R = TypeVar("R", bound=_Row)


class _Tried(Exception):
    """Rolls back the trial start of a call that asks a question."""


class PlannedCall(NamedTuple):
    """What a call starts: the model or flow, its inputs, the project, and the estimated cost."""

    subject: str
    inputs: Any
    project: Project
    estimate: Estimate


def started(
    call: Call, planned_call: PlannedCall, start: Callable[[], tuple[R, bool]]
) -> tuple[R, bool] | Consent:
    """Return the result of `start`, or the question if the call asks first.

    Raises what `start` raises, and Problem: 402 if an assistant's call lacks the required consent,
    409 if its consent is not valid.
    """
    consent_value = call.values["consent"]
    if consent_value == ASK:
        try:
            with transaction.atomic(), confirmation.given(_ANYTHING):
                start()
                raise _Tried
        except _Tried:
            return _ask(call, planned_call)
    if not consent_value:
        _require_unasked(call, planned_call.estimate)
        return start()
    with transaction.atomic():
        consent = _claimed(call, consent_value, planned_call)
        with confirmation.given(consent.answer):
            row, is_new = start()
        consent.started = row.pk
        consent.save(update_fields=["started"])
        answered_by = f"by {consent.get_way_display()} ({consent.program})".replace(" ()", "")
        detail = f"{consent}, asked by “{call.token.name}”, answered {answered_by}: {row.pk}"
        trail.record(call.user, "agreed to pay for", [consent], detail)
    return row, is_new


def _require_unasked(call: Call, estimate: Estimate) -> None:
    """Raise Problem (402) if an assistant would start something of unknown cost unasked."""
    if call.reserved is None or in_dollars(estimate) is not None:
        return
    price = estimate.most_in_words
    detail = f"This costs {price}: the token's owner has to agree first. Nothing was run."
    raise Problem(402, detail, slug="unconfirmed", max_cost=_answer(estimate))


def _ask(call: Call, planned_call: PlannedCall) -> Consent:
    return Consent.objects.create(
        token=call.token,
        project=planned_call.project,
        path=_path(call),
        named=call.values[TO_PROJECT] or "",
        body=call.body,
        inputs=planned_call.inputs,
        subject=planned_call.subject[:255],
        price=planned_call.estimate.most_in_words[:80],
        answer=_answer(planned_call.estimate),
        expires_at=clock.now() + OPEN_FOR,
    )


def _path(call: Call) -> str:
    return call.request.path.removeprefix("/api/v1")


def _answer(estimate: Estimate) -> str:
    most = in_dollars(estimate)
    amount = estimate.low if most is None else most
    return Confirmation.asked_for(amount or NOTHING, is_any_unknown=most is None)


def _claimed(call: Call, consent_key: str, planned_call: PlannedCall) -> Consent:
    """Return the question whose yes permits this call, locked; raises Problem (409)."""
    consent = questions_of(call).select_for_update().filter(pk=consent_key).first()
    is_same = consent is not None and consent.path == _path(call)
    if consent is None or not is_same or not identical(consent.inputs, planned_call.inputs):
        raise _refused("No question was asked about this call. Its inputs may have changed.")
    if consent.project_id != planned_call.project.pk:
        raise _refused("The person agreed to this in another project.")
    if consent.started is not None:
        raise _refused(
            f"The person agreed to one start only, and it has started {consent.started}."
        )
    if consent.agreed_at is None:
        raise _refused("The person has not agreed to this.")
    if clock.now() > consent.expires_at:
        raise _refused("The person's agreement has expired.")
    if _answer(planned_call.estimate) != consent.answer:
        raise _refused(f"The price has changed since, to {planned_call.estimate.most_in_words}.")
    return consent


def _refused(sentence: str) -> Problem:
    return Problem(409, f"{sentence} Nothing was run: ask again.", slug="not-agreed")


def questions_of(call: Call) -> QuerySet[Consent]:
    """Return the questions of the calling token."""
    return Consent.objects.filter(token=call.token)


def answer(consent: Consent, way: str, program: str, *, agrees: bool) -> bool:
    """Keep the person's answer to an open question; returns whether it was open."""
    now = clock.now()
    still_open = Consent.objects.filter(
        pk=consent.pk, agreed_at=None, declined_at=None, expires_at__gte=now
    )
    changes = {"agreed_at": now} if agrees else {"declined_at": now}
    is_kept = bool(still_open.update(**changes, way=way, program=program))
    consent.refresh_from_db()
    if is_kept and not agrees:
        trail.record(consent.token.user, "declined to pay for", [consent], str(consent))
    return is_kept


def left(consent: Consent) -> str:
    """Return the amount that budgets leave for the run: `$12.00`; empty without a budget."""
    gauge = headroom.least(consent.token.user, consent.project)
    return "" if gauge is None else money(gauge.left)


def reply(consent: Consent, call: Call, status: int = 200) -> Reply:
    """Return a `Consent`."""
    body = {
        "id": str(consent.pk),
        "state": consent.state,
        "subject": consent.subject,
        "price": consent.price,
        "left": left(consent),
        "expires_at": consent.expires_at.isoformat(),
        "url": call.absolute(address(consent)),
        "started": str(consent.started) if consent.started else None,
        "is_flow": consent.path != "/runs",
    }
    return Reply(body, status)


def address(consent: Consent) -> str:
    """Return the path of a question's page, for its person alone."""
    return reverse("api:consent", args=[_SIGNER.sign(str(consent.pk))])


def read_address(signed: str) -> uuid.UUID | None:
    """Return the key of the question in a signed address; None if forged."""
    try:
        return uuid.UUID(_SIGNER.unsign(signed))
    except (signing.BadSignature, ValueError):
        return None
