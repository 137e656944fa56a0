"""The cost of a run is shown in money if it is known, and never for free runs."""

from __future__ import annotations

from catalog import pricing
from tests.tables import each_row


@each_row(
    ("count", "unit", "text"),
    [
        ("48", "seconds", "48 seconds"),
        ("1", "images", "1 image"),
        ("1.0", "megapixels", "1 megapixel"),
        ("0.189", "1000 tokens", "189 tokens"),
        ("2.5", "1,000 characters", "2,500 characters"),
        ("2", "image", "2 images"),
        ("0.5", "compute seconds", "0.5 compute seconds"),
        ("7", "", "7"),
        ("a few", "images", "a few images"),
        ("NaN", "images", "NaN images"),
        ("1e999999", "images", "1e999999 images"),
    ],
)
def test_billed_units_are_worded(count: str, unit: str, text: str) -> None:
    assert pricing.units_in_words(count, unit) == text
