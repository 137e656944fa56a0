"""Runs whose figures differ, and upstream's events of requests that no run of ours made."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Abs
from django.utils import timezone

from core.db.dollars_field import DollarsField
from core.formatting import money
from features.spending import visibility
from features.spending.bills import storing
from features.spending.models import BillingEvent
from runs.models import Charge, Run
from runs.models.ledger import SumState

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

LEAST = Decimal("0.01")  # dollars
ONE_OF = 20  # a difference is more than one part of twenty, 5 %, of the earlier figure
SINCE = timedelta(days=90)
UNKNOWN_SHOWN = 50


@dataclass(frozen=True)
class Difference:
    """A charge whose figures differ; `run` only if the viewer may read it."""

    charge: Charge
    run: Run | None
    odd: str  # why upstream's event is unusual

    @property
    def change(self) -> str:
        """Return the difference of the best figure to the one before it."""
        charge = self.charge
        earlier = charge.billed if charge.reported is not None and charge.billed else None
        if earlier is None or earlier == charge.amount:
            earlier = charge.expected
        if earlier is None or charge.amount is None:
            return ""
        increase = charge.amount - earlier
        return f"{money(abs(increase))} {'more' if increase > 0 else 'less'}"


def describe(user: User | AnonymousUser, charges: Sequence[Charge]) -> list[Difference]:
    """Return what the page shows of these charges. Two queries."""
    keys = [charge.run_id for charge in charges if charge.run_id]
    readable = Run.objects.readable_by(user).filter(pk__in=keys).light()
    runs = {run.pk: run for run in readable}
    events = BillingEvent.objects.filter(run_id__in=keys)
    odd = {event.run_id: text for event in events if (text := storing.oddity(event))}
    return [_difference(charge, runs, odd) for charge in charges]


def _difference(
    charge: Charge, runs: Mapping[uuid.UUID, Run], odd: Mapping[uuid.UUID | None, str]
) -> Difference:
    run = runs.get(charge.run_id) if charge.run_id else None
    return Difference(charge, run, odd.get(charge.run_id, ""))


def differing(user: User | AnonymousUser) -> QuerySet[Charge]:
    """Return the charges of the last 90 days that the user may see, whose figures differ.

    The difference is more than a cent and 5 %, between the estimate and the best figure or between
    the billed units and upstream's event.
    """
    recent = Charge.objects.filter(
        visibility.of_user(user),
        created_at__gte=timezone.now() - SINCE,
        state=SumState.SETTLED,
    )
    pairs = {"expected": "amount", "billed": "reported"}
    for earlier, later in pairs.items():
        gap = ExpressionWrapper(Abs(F(later) - F(earlier)), output_field=DollarsField())
        bar = ExpressionWrapper(F(earlier) / ONE_OF, output_field=DollarsField())
        recent = recent.alias(**{f"{earlier}_gap": gap, f"{earlier}_bar": bar})
    differs = Q()
    for earlier in pairs:
        differs |= Q(**{f"{earlier}_gap__gt": LEAST}) & Q(
            **{f"{earlier}_gap__gt": F(f"{earlier}_bar")}
        )
    return recent.filter(differs).select_related("endpoint", "user").order_by("-created_at")


def unknown_requests() -> list[BillingEvent]:
    """Return the newest events of requests that no run of this Vitrine made."""
    return list(BillingEvent.objects.filter(run=None).order_by("-created_at")[:UNKNOWN_SHOWN])
