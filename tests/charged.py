"""Writes the charges of runs whose rows a test writes, as starting and ending a run does."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from runs.costs import daily_sums, ledger
from runs.costs.ledger import cost_of_units
from runs.models import Charge, Run
from runs.models.ledger import SumState


def settle(runs: Iterable[Run]) -> None:
    """Settle these runs at their billed units, at the present price of their model."""
    keys = [run.pk for run in runs]
    for run in Run.objects.filter(pk__in=keys).select_related("endpoint"):
        endpoint = run.endpoint
        price = endpoint.unit_price_usd if endpoint.currency in ledger.IN_DOLLARS else None
        billed = cost_of_units(run.billable_units, price)
        is_due = billed is not None or run.state == Run.State.SUCCEEDED
        state = SumState.RESERVED
        if run.state in Run.FINAL:
            state = SumState.SETTLED if is_due else SumState.RELEASED
        values = {
            "endpoint": endpoint, "unit_price": price, "price_unit": endpoint.price_unit,
            "billed": billed, "amount": billed, "state": state,
        }  # fmt: skip
        whose = {"user_id": run.user_id, "project_id": run.project_id, "door": "page"}
        Charge.objects.update_or_create(
            run=run,
            defaults=values,
            create_defaults=values | whose | {"created_at": run.created_at},
        )
    _add_up(Charge.objects.filter(run__in=keys))


def bill(run: Run, amount: str) -> None:
    """Record fal's bill of this amount for a run."""
    reported = Decimal(amount)
    Charge.objects.filter(run=run).update(reported=reported, amount=reported)
    _add_up(Charge.objects.filter(run=run))


def _add_up(charges: QuerySet[Charge]) -> None:
    for day in {timezone.localdate(at) for at in charges.values_list("created_at", flat=True)}:
        daily_sums.add_up(day)
