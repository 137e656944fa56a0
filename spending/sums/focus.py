"""Runs in the columns of FOCUS 1.0, the FinOps Open Cost and Usage Specification.

All of its columns, in the order of the alphabet; `docs/SPENDING.md` says which stay empty, and
why. BilledCost is what the house counts with, so that its sum is that of the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from core import periods
from runs.models.ledger import SumState
from spending.sums.forecast import month_of
from spending.sums.labels import GONE
from spending.sums.question import By

if TYPE_CHECKING:
    from runs.models import Charge
    from spending.sums.labels import Label

COLUMNS = (
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "SkuId",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "Tags",
)
PROVIDER = "fal"
_QUANTITY = Decimal("0.000000001")


def line(charge: Charge, named: Mapping[By, Label]) -> tuple[object, ...]:
    """Return one run as a line of the file, in the order of `COLUMNS`."""
    values = _values(charge, named)
    return tuple(values.get(column, "") for column in COLUMNS)


def plain(amount: Decimal | None) -> str:
    """Return a sum without an exponent; empty if there is none."""
    return "" if amount is None else f"{amount:f}"


def _values(charge: Charge, named: Mapping[By, Label]) -> dict[str, Any]:
    model, project = named[By.MODEL], named[By.PROJECT]
    day = charge.created_at
    month = month_of(periods.day_start(day).date())
    day_start, day_end = periods.bounds(periods.name_of_day(day))
    cost = plain(charge.amount) or "0"
    listed = charge.billed if charge.billed is not None else charge.amount
    quantity = _quantity(charge)
    sku = "" if model.value == GONE else model.value
    is_settled = charge.state == SumState.SETTLED
    return {
        "BilledCost": cost,
        "BillingAccountId": PROVIDER,  # the column may not be empty
        "BillingCurrency": "USD",
        "BillingPeriodStart": _moment(month.start),
        "BillingPeriodEnd": _moment(month.end),
        "ChargeCategory": "Usage",
        "ChargeDescription": f"Run of {model.name}{'' if is_settled else ', reserved'}",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodStart": _moment(day_start),
        "ChargePeriodEnd": _moment(day_end or day_start),
        "ConsumedQuantity": quantity,
        "ConsumedUnit": charge.price_unit if quantity else "",
        "ContractedCost": plain(listed) or "0",
        "ContractedUnitPrice": plain(charge.unit_price),
        "EffectiveCost": cost,
        "InvoiceIssuerName": PROVIDER,
        "ListCost": plain(listed) or "0",
        "ListUnitPrice": plain(charge.unit_price),
        "PricingCategory": "Standard",
        "PricingQuantity": quantity,
        "PricingUnit": charge.price_unit if quantity else "",
        "ProviderName": PROVIDER,
        "PublisherName": PROVIDER,
        "ResourceId": charge.run_id or "",
        "ResourceName": model.name,
        "ResourceType": "Run",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": "fal models",
        "SkuId": sku,
        "SkuPriceId": f"{sku} {charge.price_unit}".strip(),
        "SubAccountId": charge.project_id or "",
        "SubAccountName": project.name,
        "Tags": _tags(charge, named),
    }


def _quantity(charge: Charge) -> str:
    """Return the billed units: what they cost by the price of one; empty if either is unknown."""
    if charge.billed is None or not charge.unit_price:
        return ""
    units = (charge.billed / charge.unit_price).quantize(_QUANTITY).normalize()
    return f"{units:f}"


def _tags(charge: Charge, named: Mapping[By, Label]) -> str:
    figure = "reported" if charge.reported is not None else "billed"
    if charge.billed is None and charge.reported is None:
        figure = "unknown" if charge.expected is None else "estimated"
    tags = {
        "vitrine/person": named[By.PERSON].name,
        "vitrine/door": charge.door,
        "vitrine/figure": figure,
        "vitrine/state": charge.state,
    }
    return json.dumps(tags, ensure_ascii=False, sort_keys=True)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
