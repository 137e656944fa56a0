"""The price list: its page, its files, and the figures that it does not show."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog.models import Endpoint
from features.spending.models import MeasuredPrice
from features.spending.prices import listing, updating
from features.spending.prices.listing import difference_in_words
from tests.features.spending.prices.conftest import PictureBill

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_measured_price(make_endpoint: Any) -> Any:
    """`make_measured_price("acme/a", median="0.06")` → the row of a model listed at $0.05."""

    def make(endpoint_id: str = "acme/paint", **values: Any) -> MeasuredPrice:
        endpoint = make_endpoint(endpoint_id, unit_price_usd=Decimal("0.05"), price_unit="images")
        columns: dict[str, Any] = {
            "unit": "images", "count": 8, "median": "0.05", "low": "0.05", "high": "0.05",
            "said": "0.05", "spread": 0, "groups": [], "is_used": False,
        }  # fmt: skip
        columns |= values
        for name in ("median", "low", "high", "said"):
            columns[name] = None if columns[name] is None else Decimal(columns[name])
        if columns["said"]:
            columns["difference"] = (columns["median"] - columns["said"]) / columns["said"]
        return MeasuredPrice.objects.create(endpoint=endpoint, **columns)

    return make


def test_the_page_shows_what_is_said_and_what_was_paid(
    member: Client, painter: Endpoint, bill: PictureBill
) -> None:
    due = {"1K": "0.04", "2K": "0.08", "4K": "0.16"}
    for resolution in [*due] * 4:
        bill(due[resolution], resolution=resolution)
    updating.measure_due()
    text = member.get("/prices/").content.decode()
    assert "What models really cost us" in text
    assert "$0.08</b> / image" in text
    assert "$0.0005 per compute second" in text
    assert "By resolution" in text
    assert "resolution 4K" in text
    assert "Measured is used" in text


def test_without_measurements_the_page_says_how_they_come(member: Client) -> None:
    text = member.get("/prices/").content.decode()
    assert "Nothing measured yet" in text
    assert "5 runs" in text
    assert 'class="prices-filters' not in text


def test_words_order_and_differences_choose(member: Client, make_measured_price: Any) -> None:
    make_measured_price("acme/equal")
    make_measured_price("acme/dear", median="5", is_used=True, count=6)
    make_measured_price("acme/cheap", median="0.01", is_used=True, count=20)
    make_measured_price("acme/unsaid", median="0.02", said=None, is_used=True, count=7)

    def find_models(query: str) -> list[str]:
        prices = member.get(f"/prices/?{query}").context["prices"]
        return [price.endpoint.endpoint_id.removeprefix("acme/") for price in prices]

    assert find_models("") == ["dear", "cheap", "equal", "unsaid"]
    assert find_models("sort=runs") == ["cheap", "equal", "unsaid", "dear"]
    assert find_models("sort=price") == ["cheap", "unsaid", "equal", "dear"]
    assert find_models("sort=nonsense") == find_models("")
    assert find_models("q=CHEAP") == ["cheap"]
    assert find_models("differs=1") == ["dear", "cheap", "unsaid"]
    assert "No such model" in member.get("/prices/?q=nobody").content.decode()


def test_the_list_has_pages(member: Client, make_measured_price: Any) -> None:
    for number in range(51):
        make_measured_price(f"acme/m{number:02}")
    first = member.get("/prices/?differs=0&sort=name")
    assert len(first.context["prices"]) == 50
    assert 'rel="next"' in first.content.decode()
    assert len(member.get("/prices/?page=2").context["prices"]) == 1


def test_a_model_with_fewer_than_five_runs_is_nobodys_business(
    member: Client, make_measured_price: Any
) -> None:
    make_measured_price("acme/secret", count=4)
    for query in ("", "?q=secret", "?format=csv", "?format=json"):
        response = member.get(f"/prices/{query}")
        assert "acme/secret" not in response.content.decode()


def test_workflows_of_the_account_are_not_listed(member: Client, make_measured_price: Any) -> None:
    row = make_measured_price("workflows/me/secret")
    Endpoint.objects.filter(pk=row.pk).update(entry_digest=Endpoint.OF_ACCOUNT)
    assert "workflows/me/secret" not in member.get("/prices/").content.decode()


def test_the_csv_has_a_line_for_each_figure_and_no_formula(
    member: Client, make_measured_price: Any
) -> None:
    group = {
        "arguments": {"=cmd()": "4K"}, "count": 3, "median": "0.16", "low": "0.16",
        "high": "0.17", "said": None,
    }  # fmt: skip
    row = make_measured_price(median="0.08", is_used=True, groups=[group])
    Endpoint.objects.filter(pk=row.pk).update(display_name="=HYPERLINK(1)")
    response = member.get("/prices/?format=csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="measured-prices.csv"'
    head, whole, part = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert tuple(head) == listing.HEADER
    assert whole[:10] == [
        "acme/paint", "'=HYPERLINK(1)", "", "image", "8", "0.08", "0.05", "0.05", "0.05",
        "measured",
    ]  # fmt: skip
    assert part[2] == "'=cmd() 4K"
    assert part[4:9] == ["3", "0.16", "0.16", "0.17", ""]


def test_the_json_has_sums_as_texts(member: Client, make_measured_price: Any) -> None:
    make_measured_price(median="0.08", is_used=True)
    (item,) = member.get("/prices/?format=json").json()["items"]
    assert item["endpoint_id"] == "acme/paint"
    assert (item["median"], item["said"], item["difference"]) == ("0.08", "0.05", "0.6")
    assert item["list_price"] == {"amount": "0.05", "unit": "images", "currency": ""}


@pytest.mark.parametrize(
    ("difference", "text"),
    [("0.45", "45 % more"), ("-0.3", "30 % less"), ("97", "98 ×"), ("2.52", "3.5 ×"),
     ("0.004", "none"), ("1.99", "199 % more"), ("999999", "1,000,000 ×")],
)  # fmt: skip
def test_differences_in_words(difference: str, text: str) -> None:
    assert difference_in_words(Decimal(difference)) == text
