"""A replayed month of a house: the page, the ledger and upstream's events have the same sum."""

import csv
import io
import random
import re
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

import fal
from core import periods
from core.db import clock
from features.spending.bills import storing
from features.spending.models import BillingEvent, Budget
from projects.models.project import private_project
from runs.costs import daily_sums, ledger
from runs.costs.ledger import Counter, Scope
from runs.models import Charge, Run
from runs.start import starting
from runs.start.starting import Door, Source, StartRequest
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.features.spending.sums import require_sums_hold
from tests.house.made import make_admin
from tests.projects.people import logged_in, make_project
from tests.sampling import IS_EXHAUSTIVE

PEOPLE, RUNS = (40, 12) if IS_EXHAUSTIVE else (6, 9)  # the runs of each person
STATES = (Run.State.SUCCEEDED,) * 8 + (Run.State.FAILED, Run.State.CANCELLED)


@pytest.mark.django_db
@pytest.mark.both_databases
@pytest.mark.system
def test_a_month_adds_up(make_endpoint):
    generator = random.Random(48)
    admin = logged_in(make_admin("eva"))
    team = make_project("Spring", mia="manager")
    models = [
        make_endpoint(f"lab/{name}", unit_price_usd=Decimal(price), price_unit="images")
        for name, price in (("a", "0.003"), ("b", "0.0377"), ("c", "1.25"), ("d", "0.000000001"))
    ]
    people = [User.objects.create_user(f"person{number}") for number in range(PEOPLE)]
    for person in people:
        team.memberships.create(user=person, role="maker")
    start = periods.month_start(periods.month_start(clock.now()) - timedelta(days=1))
    month = periods.name_of_month(start)
    events, runs = [], []
    for person in people:
        for _ in range(RUNS):
            run = _run(person, generator.choice(models), generator, team)
            at = start + timedelta(minutes=generator.randrange(27 * 24 * 60))
            Charge.objects.filter(run=run).update(created_at=at)
            runs.append((run, at))
    list(daily_sums.rebuild())  # while the month's runs are on their way
    for run, at in runs:
        state = generator.choice(STATES)
        units = generator.choice(["", "1", "2.5", "0"]) if state == "succeeded" else ""
        state_machine.record(run.pk, Observation(state, output={}, billable_units=units))
        cost = Decimal(generator.randrange(2_000_000_000)).scaleb(-9)
        if state != "succeeded":
            cost = generator.choice([Decimal(0), cost])  # upstream charges for some failures
        events.append(_event(run, at, cost))
    late, in_time = events[::9], [event for place, event in enumerate(events) if place % 9]
    storing.store(in_time)
    storing.store(in_time[:50])  # upstream sends some events twice
    # upstream also sends an event of a request that is not Vitrine's
    storing.store([_event(None, start, Decimal(7))])
    storing.store(late)
    total = sum((event.cost or Decimal(0) for event in events), Decimal(0))
    kept = BillingEvent.objects.filter(run__isnull=False).values_list("cost", flat=True)
    assert sum((cost for cost in kept if cost), Decimal(0)) == total
    Budget.objects.create(scope="house", limit=Decimal(10**6))
    with transaction.atomic():
        ledger.lock_house()
        names = [Counter(Scope.HOUSE, 0, month)]
        names += [Counter(Scope.PERSON, person.pk, month) for person in people]
        sums = ledger.spent(names)
    assert set(Charge.objects.values_list("door", flat=True)) == set(Door)
    assert sums[names[0]] == total == sum(sums[name] for name in names[1:])
    assert require_sums_hold() == Charge.objects.exclude(state="released").count()
    _require_pages(admin, start, total)


def _require_pages(admin: Client, start: datetime, total: Decimal) -> None:
    """Check this sum on the page, and the sum of its parts by person, project, model and door."""
    end = periods.month_start(start + timedelta(days=40)) - timedelta(days=1)
    days = f"from={start:%Y-%m-%d}&to={end:%Y-%m-%d}"
    for way in ("person", "project", "model", "category", "door"):
        page = admin.get(f"/spend/?{days}&by={way}").content.decode()
        (value,) = re.findall(r'<data data-total value="([\d.]+)"', page)
        assert Decimal(value) == total, way
        table = admin.get(f"/spend/export.csv?{days}&by={way}")
        amounts = _column(table.getvalue().decode("utf-8-sig"), "cost_usd")
        assert sum(amounts, Decimal(0)) == total, way


def _column(table: str, name: str) -> list[Decimal]:
    rows = list(csv.DictReader(io.StringIO(table)))
    return [Decimal(row[name]) for row in rows]


def _run(person: User, model: Any, generator: random.Random, team: Any) -> Run:
    request = StartRequest(
        user=person,
        endpoint=model,
        arguments={},
        source=Source.FORM,
        key=uuid.UUID(int=generator.getrandbits(128)).hex,
        project=generator.choice([team, private_project(person)]),
        door=generator.choice(list(Door)),
    )
    run = starting.start(request).run
    Run.objects.filter(pk=run.pk).update(request_id=run.pk.hex)
    return run


def _event(run: Run | None, at: datetime, cost: Decimal) -> fal.BillingEvent:
    return fal.BillingEvent(run.pk.hex if run else "somebodys", "lab/a", at, cost)
