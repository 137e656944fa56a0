"""Spending as CSV: its sums equal the page's, and no value can act as a formula."""

import csv
import io
from decimal import Decimal

import pytest
from django.test import Client

from runs.models import Charge
from tests.accounts.audit.audited import events
from tests.features.spending.spend.charges import bill, charge, days_ago, total_of_page
from tests.house.made import make_admin
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.django_db


def lines_of(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.get(f"/spend/export.csv{query}")
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("columns", ["", "runs"])
def test_the_sum_of_every_file_is_that_of_the_page(user, stranger, make_endpoint, columns):
    project = make_project("Acme", ana="manager", sam="maker")
    flux = make_endpoint("fal-ai/flux/dev")
    for day in range(5):
        charge(user, f"1.{day}23456789", days_ago(day), endpoint=flux)
        charge(stranger, "0.4", days_ago(day), project, state="reserved")
        charge(stranger, "100", days_ago(day))  # this charge is outside the project
    charge(user, None, days_ago(1))
    bill(charge(user, "5", days_ago(2), unit_price=Decimal("2.5")), "4.75")
    client = logged_in(user)
    for query in (f"?from={days_ago(9)}", f"?from={days_ago(3)}&to={days_ago(1)}&by=person",
                  f"?from={days_ago(9)}&model=fal-ai/flux/dev&each=week"):  # fmt: skip
        lines = lines_of(client, f"{query}&columns={columns}")
        costs = [Decimal(line["cost_usd"] or 0) for line in lines]
        assert sum(costs, Decimal()) == total_of_page(client, query)


def test_no_value_becomes_a_formula(user, make_endpoint):
    project = make_project("=HYPERLINK(1)", ana="manager")
    flux = make_endpoint("fal-ai/flux/dev", full_name="@SUM(1)")
    charge(user, "1.00", endpoint=flux, project=project)
    client = logged_in(user)
    for query in ("?by=project", "?by=model", "?columns=runs"):
        values = [value for line in lines_of(client, query) for value in line.values()]
        assert not any(value.startswith(("=", "@", "+", "-")) for value in values)
        assert any(value in {"'=HYPERLINK(1)", "'@SUM(1)"} for value in values)


def test_a_file_is_noted_in_the_audit_log(member, user):
    charge(user)
    member.head("/spend/export.csv")
    assert not events().filter(event="exported").exists()
    lines_of(member, "?by=person&columns=runs")
    (entry,) = events().filter(event="exported")
    assert entry.detail.startswith("what was spent, the runs: ?by=person")


def test_thousands_of_runs_come_in_parts_with_few_queries(user, django_assert_max_num_queries):
    first = charge(user, "0.001")
    values = {"user": user, "project_id": first.project_id, "created_at": first.created_at,
              "state": "settled", "amount": Decimal("0.001")}  # fmt: skip
    Charge.objects.bulk_create(Charge(**values) for _ in range(2_500))
    client = logged_in(make_admin("eva"))
    with django_assert_max_num_queries(40):
        assert len(lines_of(client, "?columns=runs")) == 2_501
