"""What a board is expected to cost is what upstream then bills."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db.models import Sum

from catalog.models import Endpoint
from features.boards.models import Cell
from features.boards.plan.cells import expand
from features.boards.plan.plan import read_plan
from features.boards.runs import sending
from runs.models import Charge
from tests.runs.conftest import (
    Work,
    catalogue,
    have_ended,
    sandbox,
    sandbox_process,
    synced,
    work,
)

__all__ = ["catalogue", "sandbox", "sandbox_process", "synced", "work"]
pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]


@pytest.mark.usefixtures("catalogue")
def test_the_bill_of_two_sizes_is_within_a_tenth_of_the_total(work: Work) -> None:
    person = User.objects.create_user("ana")
    model = Endpoint.objects.get(endpoint_id="sandbox/aurora")
    post = {
        "model": [model.endpoint_id],
        "planned": ["1"],
        "row-field": ["image_size"],
        "row-values": ["square\nlandscape_4_3"],
        "seeds": ["1, 2"],
        "shared.prompt": ["a fjord"],
    }
    plan = read_plan(post, [model], model)
    sent = sending.run_plan(person, plan, expand(plan), "token")
    cells = Cell.objects.filter(board=sent.board).select_related("run")
    runs = [cell.run for cell in cells if cell.run]
    assert len(runs) == 4
    work(lambda: have_ended(*runs))
    total = cells.aggregate(total=Sum("estimate_usd"))["total"]
    billed = Charge.objects.aggregate(total=Sum("billed"))["total"]
    assert total == Decimal("0.1")
    assert abs(billed - total) <= total / 10
