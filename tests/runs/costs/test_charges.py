"""The cost of a failed run is shown with every error, and only as far as it is known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from runs.costs.charges import charge_in_words

SENT = {"sent_at": timezone.now(), "request_id": "r"}


@pytest.mark.parametrize(
    ("values", "price", "charge"),
    [
        ({}, "0.05", "Nothing was billed: it was never sent."),
        (SENT | {"billable_units": "0"}, "0.05", "Nothing was billed."),
        (SENT | {"billable_units": "0.000"}, "0.05", "Nothing was billed."),
        (SENT | {"billable_units": "2"}, "0.05", "Billed: ≈ $0.10 · 2 images."),
        (SENT | {"billable_units": "2"}, None, "Billed: 2 images."),
        (SENT | {"billable_units": "2"}, "0", "Nothing was billed."),
        (SENT, "0", "Nothing was billed: the model is free."),
        (SENT | {"error": {"error": "UpstreamFailed", "status": 503}}, "0.05",
         "Nothing was billed: upstream does not charge for its own errors."),
        ({"sent_at": timezone.now(), "error": {"error": "AuthFailed", "status": 403}}, "0.05",
         "Nothing was billed: upstream did not take the run."),
        (SENT | {"error": {"error": "InvalidInput", "status": 422}}, "0.05",
         "Upstream did not say what it billed; it may charge for input that it refuses."),
        (SENT | {"error": {"error": "RunFailed"}}, "0.05",
         "Upstream did not say whether it billed anything."),
        (SENT | {"error": None}, None, "Upstream did not say whether it billed anything."),
    ],
)  # fmt: skip
def test_a_failed_run_shows_what_it_cost(
    make_endpoint: Any, make_run: Any, values: Any, price: Any, charge: str
) -> None:
    endpoint = make_endpoint(
        unit_price_usd=None if price is None else Decimal(price), price_unit="images"
    )
    run = make_run(endpoint=endpoint, state="failed", **values)
    assert charge_in_words(run) == charge


def test_every_error_page_shows_what_was_billed(
    member: Client, make_endpoint: Any, make_run: Any
) -> None:
    endpoint = make_endpoint(unit_price_usd=Decimal("0.05"), price_unit="images")
    error = {"error": "RunFailed", "message": "broke"}
    run = make_run(endpoint=endpoint, state="failed", error=error, billable_units="1", **SENT)
    page = member.get(run.get_absolute_url()).content.decode()
    assert "Billed: ≈ $0.05 · 1 image." in page
    stage = member.get(endpoint.get_absolute_url(), {"shown": str(run.pk)}).content.decode()
    assert "Billed: ≈ $0.05 · 1 image." in stage
