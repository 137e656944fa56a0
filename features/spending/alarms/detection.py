"""The worker's job that compares each settled run with its estimate, whenever its figures change.

The ledger marks charges (`awaits_check`); a partial index finds them, so that an idle round is one
small query.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from django.contrib.auth.models import User
from django.db import transaction

from accounts import roles
from core.formatting import money
from features.notifications import outbox
from features.spending.models import Alarm, SpendingRules
from runs.models import Charge, Run
from runs.models.ledger import SumState
from schemas.estimate.wording import about

KIND = "cost_alarm"
BATCH = 200
EVERY_S = 30.0  # earlier when the database has changed
LATEST = 40  # earlier runs of the model, for the median
FEWEST = 3
Basis = Alarm.Basis


def check_settled() -> float:
    """Raise the alarm for settled runs that cost too much; returns the seconds to the next call."""
    unchecked = Charge.objects.filter(awaits_check=True).order_by("pk")
    if not unchecked.exists():
        return EVERY_S
    with transaction.atomic():
        charges = list(unchecked.select_for_update(skip_locked=True)[:BATCH])
        rules = SpendingRules.current()
        for charge in charges:
            _check(charge, rules)
        keys = [charge.pk for charge in charges]
        Charge.objects.filter(pk__in=keys).update(awaits_check=False)
    return 0.0 if len(charges) == BATCH else EVERY_S


def _check(charge: Charge, rules: SpendingRules) -> None:
    if charge.state != SumState.SETTLED or charge.amount is None:
        return
    if charge.amount <= rules.alarm_least:  # the difference to any estimate is too small
        return
    basis, expected = expectation(charge)
    if expected is None or not is_alarming(charge.amount, expected, rules):
        return
    _raise_alarm(charge, expected, basis)


def is_alarming(cost: Decimal, expected: Decimal, rules: SpendingRules) -> bool:
    """Whether a cost exceeds the expected one so much that people must be notified."""
    return cost > rules.alarm_factor * expected and cost - expected > rules.alarm_least


def expectation(charge: Charge) -> tuple[Basis, Decimal | None]:
    """Return the expected cost of a run and its basis; the cost is None if nothing is known.

    It is the estimate, or without one the median of at least three earlier paid runs of the model.
    """
    if charge.expected is not None:
        return Basis.ESTIMATE, charge.expected
    paid = Charge.objects.filter(
        endpoint=charge.endpoint_id,
        created_at__lt=charge.created_at,
        state=SumState.SETTLED,
        amount__gt=Decimal(0),
    ).exclude(billed=None, reported=None)
    newest = paid.order_by("-created_at").values_list("amount", flat=True)[:LATEST]
    sums = [amount for amount in newest if amount is not None]
    return Basis.MEDIAN, median(sums) if len(sums) >= FEWEST else None


def _raise_alarm(charge: Charge, expected: Decimal, basis: Basis) -> None:
    if charge.run_id is None or charge.amount is None:
        return
    requests = Run.objects.filter(pk=charge.run_id).values_list("request_id", flat=True)
    alarm, is_new = Alarm.objects.get_or_create(
        run_id=charge.run_id,
        defaults={
            "user_id": charge.user_id,
            "project_id": charge.project_id,
            "endpoint_id": charge.endpoint_id,
            "request_id": requests.first() or "",
            "expected": expected,
            "basis": basis,
            "cost": charge.amount,
        },
    )
    if is_new:
        _tell(alarm, people_told(alarm))


def people_told(alarm: Alarm) -> Sequence[User]:
    """Return the run's user, if their account is active, and the admins."""
    owner = User.objects.filter(pk=alarm.user_id or 0, is_active=True)
    return list({person.pk: person for person in [*owner, *roles.admins()]}.values())


def _tell(alarm: Alarm, people: Sequence[User]) -> None:
    name = alarm.endpoint.name if alarm.endpoint else "a model"
    sums = f"{money(alarm.cost)} instead of {about(alarm.expected)}"
    for person in people:
        outbox.notify(
            person,
            KIND,
            subject=f"A run of {name} has cost {sums}",
            text=f"Request {alarm.request_id or 'without an id'}. The page has both sums and a "
            "letter to fal's support, ready to copy.",
            path=alarm.get_absolute_url(),
            key=f"cost alarm {alarm.run_id}",
            about=alarm,
        )
