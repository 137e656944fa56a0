"""The cost of a run is shown in money if it is known, and never for free runs."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from catalog import pricing


@pytest.mark.parametrize(
    ("count", "price", "unit", "text"),
    [
        ("48", "0.0025", "seconds", "≈ $0.12 · 48 seconds"),
        ("1", "0.012", "images", "≈ $0.012 · 1 image"),
        ("1.0", "0.025", "megapixels", "≈ $0.025 · 1 megapixel"),
        ("0.189", "0.0005", "1000 tokens", "≈ $0.0000945 · 189 tokens"),
        ("2.5", "0.5", "1,000 characters", "≈ $1.25 · 2,500 characters"),
        ("400", "0.002", "steps", "≈ $0.80 · 400 steps"),
        ("2", None, "image", "2 images"),
        ("0.5", None, "compute seconds", "0.5 compute seconds"),
        ("7", None, "", "7"),
        ("1", "0", "images", ""),
        ("a few", "0.1", "images", "a few images"),
        ("NaN", "0.1", "images", "NaN images"),
        ("1e999999", "0.1", "images", "1e999999 images"),
    ],
)
def test_billed_units_are_worded_with_their_price(
    count: str, price: Any, unit: str, text: str
) -> None:
    amount = None if price is None else Decimal(price)
    endpoint = SimpleNamespace(unit_price_usd=amount, currency="USD", price_unit=unit)
    assert pricing.billed_in_words(count, endpoint) == text
