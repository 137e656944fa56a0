"""The deputy takes over from a model of the sandbox that declines or breaks down."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Endpoint
from projects.models import Project
from runs.models import Charge, Run
from runs.results import timeline
from tests.features.spending.sums import require_sums_hold
from tests.runs.conftest import Ask, Work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]


@pytest.mark.parametrize(
    ("endpoint_id", "arguments", "reason"),
    [
        ("mischief/slow", {"prompt": "forbidden", "duration": 0}, "declined this content"),
        ("mischief/fail", {"error_type": "startup_timeout", "after": 0}, "did not respond"),
    ],
)
@pytest.mark.parametrize("is_allowed", [True, False])
def test_the_deputy_makes_the_run_only_where_the_project_allows_it(
    ask: Ask, work: Work, endpoint_id: str, arguments: Any, reason: str, is_allowed: bool
) -> None:
    model = Endpoint.objects.filter(endpoint_id=endpoint_id)
    deputy = Endpoint.objects.get(endpoint_id="mischief/mislabelled")
    model.update(deputy=deputy, unit_price_usd=Decimal("0.5"))
    run = ask(endpoint_id, **arguments)
    Project.objects.update(deputies_take_over=is_allowed)
    others = Run.objects.exclude(pk=run.pk)
    ends = (
        Run.objects.filter(state="failed") if not is_allowed else others.filter(state="succeeded")
    )
    work(ends.exists)
    run.refresh_from_db()
    assert bool(timeline.event_text(run, timeline.TAKEN_OVER)) == is_allowed == others.exists()
    require_sums_hold()
    if is_allowed:
        made = others.get()
        sentence = timeline.event_text(made, timeline.MADE_BY_DEPUTY)
        assert sentence.endswith(f"made by {deputy.name}: {run.endpoint.name} {reason}.")
        assert {*Charge.objects.values_list("run_id", flat=True)} >= {run.pk, made.pk}
