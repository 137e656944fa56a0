"""Keeps the measured prices: measures models with new bills, and writes the prices in use.

Prices for estimates are written to the model's own row (`catalog/pricing.py` reads them there), and
only if they change: each change rebuilds the catalogue's search index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import QuerySet
from django.urls import reverse

from accounts import permissions, roles
from accounts.audit import trail
from catalog.models import Endpoint
from core.formatting import counted, money, unit
from features.notifications import outbox
from features.notifications.subjects import Button
from features.spending.models import MeasuredPrice, UnmeasuredRun
from features.spending.prices.measuring import PER_RUN, Figures, Measurement, measure
from features.spending.prices.samples import defaults_of, read_samples
from runs.costs.ledger import IN_DOLLARS
from runs.models import Charge
from schemas.estimate import parse_unit

PAUSE_S = 20.0  # between two checks of the queue
SOON_S = 0.1  # while the queue has more
AT_ONCE = 1000  # bills taken from the queue
_SAME = Decimal("0.01")  # of a price; a smaller change is not worth a new search index
_NEW_COUNT = Decimal("1.2")  # times the number of runs that pages show
_NANO = Decimal("1e-9")
_MOST_DIFFERENCE = Decimal(10**9)
MOST_UNASKED = Decimal(1)  # relative difference to the list price, above which an admin is asked
_NEAR = Decimal("1.2")  # times the difference approved by an admin
KIND = "measured_price"


async def measure_in_background() -> float:
    """Measure due models in a separate thread; return the seconds until the next call."""
    with ThreadPoolExecutor(1, "prices") as thread:
        try:
            count = await sync_to_async(measure_due, thread_sensitive=False, executor=thread)()
        finally:
            thread.submit(connections.close_all)
    return SOON_S if count == AT_ONCE else PAUSE_S


def note_bill(charge: Charge) -> None:
    """Queue a model for measurement if this charge is billed; one insert in that case."""
    is_billed = charge.billed is not None or charge.reported is not None
    if is_billed and charge.endpoint_id is not None:
        UnmeasuredRun.objects.create(endpoint_id=charge.endpoint_id)


def measure_due() -> int:
    """Measure models with new bills; return the number of bills. One query if there are none."""
    queued = list(UnmeasuredRun.objects.order_by("pk").values_list("pk", "endpoint_id")[:AT_ONCE])
    if queued:
        measure_models({endpoint_id for _, endpoint_id in queued})
        # Deleted afterwards, so that a killed worker loses no bills.
        UnmeasuredRun.objects.filter(pk__in=[pk for pk, _ in queued]).delete()
    return len(queued)


def measure_all() -> int:
    """Measure every model with runs, delete the others' prices; return the number of models."""
    charged = Charge.objects.order_by().values_list("endpoint_id", flat=True).distinct()
    measured = MeasuredPrice.objects.order_by().values_list("endpoint_id", flat=True)
    return measure_models({*charged, *measured})


def measure_models(endpoint_ids: Iterable[int | None]) -> int:
    """Measure these models and write changes; return the number of models."""
    keys = [key for key in endpoint_ids if key is not None]
    for endpoint in Endpoint.objects.filter(pk__in=keys).defer("field_words", "inputs"):
        in_dollars = endpoint.currency in IN_DOLLARS
        samples = read_samples(endpoint) if in_dollars else []
        measurement = measure(samples, _preferred_unit(endpoint))
        if measurement is None:
            MeasuredPrice.objects.filter(endpoint=endpoint).delete()
        else:
            row, _ = MeasuredPrice.objects.update_or_create(
                endpoint=endpoint, defaults=_columns(measurement)
            )
            is_used = measurement.is_useful and _is_approved(row)
            measurement = measurement if is_used else None
        _write_used(endpoint, measurement)
    return len(keys)


def agree(by: User, row: MeasuredPrice) -> None:
    """Approve a price far above the list price for estimates, on behalf of an admin."""
    row.agreed = row.difference
    row.save(update_fields=["agreed"])
    trail.record(by, "agreed to the measured price of", [row.endpoint], str(row))
    measure_models([row.endpoint_id])


def waiting(user: User) -> QuerySet[MeasuredPrice]:
    """Return the prices that wait for the user, who has to be an admin, to agree."""
    rows = MeasuredPrice.objects.filter(awaits_yes=True)
    return rows if permissions.may(user, permissions.CHANGE_BUDGETS) else rows.none()


def buttons(user: User, keys: Collection[int]) -> dict[int, Button]:
    """Return the buttons that agree to those of these prices that wait for the user. One query."""
    return {
        pk: Button("Use the measured price", reverse("spending:price-agreement", args=[pk]), "")
        for pk in waiting(user).filter(pk__in=keys).values_list("pk", flat=True)
    }


def _is_approved(row: MeasuredPrice) -> bool:
    """Return whether estimates may use a price; asks admins about one far above the list price."""
    difference = row.difference or Decimal()
    is_agreed = row.agreed is not None and difference <= row.agreed * _NEAR
    row.is_used = difference <= MOST_UNASKED or is_agreed
    was_awaiting, row.awaits_yes = row.awaits_yes, not row.is_used
    row.save(update_fields=["is_used", "awaits_yes"])
    if row.awaits_yes and not was_awaiting:
        _ask_admins(row)
    return row.is_used


def _ask_admins(row: MeasuredPrice) -> None:
    name, per = row.endpoint.name, unit(row.unit)
    list_price = "nothing" if row.said is None else money(row.said)
    for admin in roles.admins():
        outbox.notify(
            admin,
            KIND,
            subject=f"{name} seems to cost {money(row.median)} per {per}, not {list_price}",
            text=f"Measured from the bills of {counted(row.count, 'run')}. Estimates use the list "
            "price until an admin agrees in the inbox.",
            path=reverse("notifications:inbox"),
            key=f"measured price {row.endpoint_id} {row.updated_at:%Y-%m-%d}",
            about=row,
        )


def _preferred_unit(endpoint: Endpoint) -> str:
    """Return the list price's unit, except compute seconds, which many models only claim to use."""
    is_claimed = parse_unit(endpoint.price_unit).kind == "compute second"
    return PER_RUN if is_claimed else endpoint.price_unit


def _columns(measurement: Measurement) -> dict[str, Any]:
    groups = [
        {"arguments": dict(group.arguments), "count": group.figures.count}
        | {name: _text(value) for name, value in _sums(group.figures).items()}
        for group in measurement.groups
    ]
    return {
        "unit": measurement.unit,
        "count": measurement.figures.count,
        **_sums(measurement.figures),
        "spread": measurement.spread,
        "groups": groups,
        "difference": _difference(measurement),
        "is_used": False,
    }


def _sums(figures: Figures) -> dict[str, Decimal | None]:
    return {name: getattr(figures, name) for name in ("median", "low", "high", "said")}


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.quantize(_NANO).normalize():f}"


def _difference(measurement: Measurement) -> Decimal | None:
    """Return the largest relative difference to the list price; None if that is unknown."""
    all_figures = [measurement.figures, *(group.figures for group in measurement.groups)]
    differences = [(own.median - own.said) / own.said for own in all_figures if own.said]
    return min(max(differences, key=abs), _MOST_DIFFERENCE) if differences else None


def _write_used(endpoint: Endpoint, measurement: Measurement | None) -> None:
    """Write the price for cards, search and estimates to the model's row, if it changed."""
    used_columns = _used(endpoint, measurement)
    if not _is_as_written(endpoint, used_columns):
        Endpoint.objects.filter(pk=endpoint.pk).update(**used_columns)


def _used(endpoint: Endpoint, measurement: Measurement | None) -> dict[str, Any]:
    """Return the columns: the price of a run with default arguments, and the groups' prices."""
    if measurement is None:
        return dict(Endpoint.NOT_MEASURED)
    usual = measurement.group_of(defaults_of(endpoint)) if measurement.groups else None
    figures = usual.figures if usual else measurement.figures
    return {
        "measured_price": figures.median,
        "measured_unit": measurement.unit,
        "measured_runs": figures.count,
        "measured_groups": [
            {
                "arguments": dict(group.arguments),
                "price": _text(group.figures.median),
                "runs": group.figures.count,
            }
            for group in measurement.groups
        ]
        or None,
    }


def _is_as_written(endpoint: Endpoint, values: dict[str, Any]) -> bool:
    """Whether the row already has nearly the same values."""
    if (endpoint.measured_price is None) != (values["measured_price"] is None):
        return False
    return (
        _is_same(values["measured_price"], endpoint.measured_price)
        and values["measured_unit"] == endpoint.measured_unit
        and values["measured_runs"] <= endpoint.measured_runs * _NEW_COUNT
        and _prices(values["measured_groups"]).keys() == _prices(endpoint.measured_groups).keys()
        and all(
            _is_same(price, _prices(endpoint.measured_groups)[key])
            for key, price in _prices(values["measured_groups"]).items()
        )
    )


def _prices(groups: Any) -> dict[tuple[tuple[str, str], ...], Decimal]:
    return {
        tuple(sorted(group["arguments"].items())): Decimal(group["price"]) for group in groups or ()
    }


def _is_same(new: Decimal | None, old: Decimal | None) -> bool:
    if new is None or old is None:
        return new is old
    return abs(new - old) <= _SAME * old
