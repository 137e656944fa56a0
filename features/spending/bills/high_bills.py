"""The worker's job that compares each settled run with its estimate, whenever its figures change.

The ledger marks charges (`awaits_check`); a partial index finds them, so that an idle round is one
small query.
"""

from __future__ import annotations

from decimal import Decimal
from statistics import median

from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse

from accounts import roles
from core.formatting import money
from features.notifications import outbox
from runs.models import Charge, Run
from runs.models.ledger import SumState
from schemas.estimate.wording import about

KIND = "cost_alarm"
FACTOR = Decimal(3)  # times the estimate, and
LEAST = Decimal(1)  # dollars more than it
BATCH = 200
EVERY_S = 30.0  # earlier when the database has changed
LATEST = 40  # earlier runs of the model, for the median
FEWEST = 3


def check_settled() -> float:
    """Notify people of settled runs that cost too much; returns the seconds to the next call."""
    unchecked = Charge.objects.filter(awaits_check=True).order_by("pk")
    if not unchecked.exists():
        return EVERY_S
    with transaction.atomic():
        charges = list(unchecked.select_for_update(skip_locked=True)[:BATCH])
        for charge in charges:
            _check(charge)
        keys = [charge.pk for charge in charges]
        Charge.objects.filter(pk__in=keys).update(awaits_check=False)
    return 0.0 if len(charges) == BATCH else EVERY_S


def _check(charge: Charge) -> None:
    if charge.state != SumState.SETTLED or charge.amount is None:
        return
    if charge.amount <= LEAST:  # the difference to any estimate is too small
        return
    expected = expectation(charge)
    if expected is not None and is_far_above(charge.amount, expected):
        _tell(charge, charge.amount, expected)


def is_far_above(cost: Decimal, expected: Decimal) -> bool:
    """Whether a cost exceeds the expected one so much that people must be notified."""
    return cost > FACTOR * expected and cost - expected > LEAST


def expectation(charge: Charge) -> Decimal | None:
    """Return the expected cost of a run; None if nothing is known.

    It is the estimate, or without one the median of at least three earlier paid runs of the model.
    """
    expected: Decimal | None = charge.expected
    if expected is not None:
        return expected
    paid = Charge.objects.filter(
        endpoint=charge.endpoint_id,
        created_at__lt=charge.created_at,
        state=SumState.SETTLED,
        amount__gt=Decimal(0),
    ).exclude(billed=None, reported=None)
    newest = paid.order_by("-created_at").values_list("amount", flat=True)[:LATEST]
    sums = [amount for amount in newest if amount is not None]
    return median(sums) if len(sums) >= FEWEST else None


def _tell(charge: Charge, cost: Decimal, expected: Decimal) -> None:
    """Notify the run's user, if their account is active, and the admins, once for each run."""
    if charge.run_id is None:
        return
    name = charge.endpoint.name if charge.endpoint else "a model"
    requests = Run.objects.filter(pk=charge.run_id).values_list("request_id", flat=True)
    owner = User.objects.filter(pk=charge.user_id or 0, is_active=True)
    for person in {person.pk: person for person in [*owner, *roles.admins()]}.values():
        outbox.notify(
            person,
            KIND,
            subject=f"A run of {name} has cost {money(cost)} instead of {about(expected)}",
            text=f"Request {requests.first() or 'without an id'}. The run's page has its bill.",
            path=reverse("playground:run", args=[charge.run_id]),
            key=f"cost alarm {charge.run_id}",
            about=User(pk=charge.user_id) if charge.user_id else None,
        )
