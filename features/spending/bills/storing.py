"""Writes each billing event once, and reports the runs' costs to the ledger."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

import fal
from fal.reading import as_mapping
from features.spending.models import BillingEvent
from runs.costs import ledger
from runs.costs.ledger import NOTHING
from runs.models import Run

STEPS_WITHIN = timedelta(days=1)  # between a workflow's start and an event of one of its steps
_COLUMNS = ("endpoint_id", "at", "units", "unit_price", "discount", "cost", "run_id")


def store(events: Sequence[fal.BillingEvent]) -> int:
    """Write events and settle their runs; returns the number of new and changed events.

    A known event changes nothing, unless its sum has changed. An event without a sum, or with a
    negative one, is kept, but settles nothing.
    """
    newest = {event.request_id[:128]: event for event in events}
    known = {row.request_id: row for row in BillingEvent.objects.filter(request_id__in=newest)}
    unmatched = {key: event for key, event in newest.items() if not _is_matched(known.get(key))}
    runs = runs_of(unmatched)
    runs |= runs_of_steps(event for key, event in unmatched.items() if key not in runs)
    count = 0
    for request_id, event in newest.items():
        before = known.get(request_id)
        row = _row(request_id, event, before.run_id if before else None)
        row.run_id = row.run_id or runs.get(request_id)
        if before is None or _differs(before, row):
            _write(row)
            count += 1
    return count


def runs_of(request_ids: Iterable[str]) -> dict[str, uuid.UUID]:
    """Return the run of each request that has one; the oldest, if several have the same id."""
    unique_ids = list(request_ids)
    if not unique_ids:
        return {}
    rows = Run.objects.filter(request_id__in=unique_ids).exclude(request_id="")
    return dict(rows.order_by("-created_at").values_list("request_id", "pk"))


def runs_of_steps(events: Iterable[fal.BillingEvent]) -> dict[str, uuid.UUID]:
    """Return the run of each request that was a step of an upstream workflow.

    Each step is a request with a bill of its own; the workflow's run costs the sum of its steps
    (protocol, 15.1). Only a streamed run tells the ids of these requests.
    """
    at = {event.request_id[:128]: event.at for event in events if event.at}
    if not at:
        return {}
    began = (min(at.values()) - STEPS_WITHIN, max(at.values()) + STEPS_WITHIN)
    runs = Run.objects.filter(created_at__range=began, steps__isnull=False)
    run_of: dict[str, uuid.UUID] = {}
    for pk, steps in runs.order_by("created_at").values_list("pk", "steps").iterator():
        for step in steps or ():
            request_id = as_mapping(step["event"]).get("request_id")
            if isinstance(request_id, str) and request_id in at:
                run_of.setdefault(request_id, pk)
    return run_of


def _is_matched(event: BillingEvent | None) -> bool:
    return event is not None and event.run_id is not None


def _row(request_id: str, event: fal.BillingEvent, run_id: uuid.UUID | None) -> BillingEvent:
    return BillingEvent(
        request_id=request_id,
        endpoint_id=event.endpoint_id[:255],
        at=event.at,
        units=_text(event.units, 40),
        unit_price=event.unit_price,
        discount=_text(event.discount, 20),
        cost=event.cost,
        run_id=run_id,
    )


def _text(number: Decimal | None, longest: int) -> str:
    if number is None:
        return ""
    text = f"{number.normalize():f}"
    return text if len(text) <= longest else f"{number:.6E}"


def _differs(before: BillingEvent, after: BillingEvent) -> bool:
    if before.run_id is None and after.run_id is not None:
        return True
    return _cost_in_nano(before.cost) != _cost_in_nano(after.cost)


def _cost_in_nano(cost: Decimal | None) -> int | None:
    return None if cost is None else int(cost.scaleb(9).to_integral_value())


@transaction.atomic
def _write(row: BillingEvent) -> None:
    values = {name: getattr(row, name) for name in _COLUMNS}
    BillingEvent.objects.update_or_create(request_id=row.request_id, defaults=values)
    if row.run_id is not None and row.cost is not None and row.cost >= 0:
        # A workflow's run has an event for each of its steps.
        of_run = BillingEvent.objects.filter(run_id=row.run_id, cost__gte=0)
        ledger.report(row.run_id, of_run.aggregate(sum=Sum("cost"))["sum"] or NOTHING)
