"""The JSON Schemas of the measured price list."""

from __future__ import annotations

from typing import Any

from api.contract.shapes import (
    Schema,
    flag,
    integer,
    moment,
    nullable,
    page_schema,
    record,
    ref,
    several,
    text,
)

_FIGURES: dict[str, Any] = {
    "runs": integer("number of runs that it was measured from"),
    "median": text("dollars per `unit`"),
    "low": text(),
    "high": text(),
    "said": nullable(text("what the same runs cost by the list price; null: unknown")),
}
PRICES: dict[str, Schema] = {
    "MeasuredPrice": record(
        endpoint_id=text(),
        name=text(),
        category=text(),
        unit=text("what a sum is for: `image`, `second`, `1,000 tokens`, `run`"),
        **_FIGURES,
        spread=text("mean distance from the median, relative to the mean: 0 is a constant price"),
        difference=nullable(
            text(
                "the largest difference to the stated price, relative to that price: 0.5 is half "
                "as much again"
            )
        ),
        is_used=flag("cards and estimates use it in place of the list price"),
        groups=several(
            ref("MeasuredGroup"), "where arguments change the price; the most used first"
        ),
        list_price=record(amount=nullable(text()), unit=text(), currency=text()),
        measured_at=moment(),
    ),
    "MeasuredGroup": record(
        arguments={"type": "object", "additionalProperties": text()}, **_FIGURES
    ),
    "MeasuredPricePage": page_schema("MeasuredPrice"),
}
