"""Queries over all runs cost the same with ten times as many runs on the same days."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.search import index
from features.library.search import indexing
from house import person
from house.operations.retention import walk
from house.operations.retention.kinds import KINDS
from projects.models.project import private_project
from runs.costs import ledger
from runs.models import Charge, Run
from runs.models.ledger import SumState
from tests.projects.people import logged_in
from tests.runs.records.worth import count_all

FEW, MANY = 100, 1_000
MOST_RATIO = 1.5  # G12
# an index of words may have more segments or fewer; a scan of the many runs takes 3,000 steps
FEW_STEPS = 500
EVERY = 10  # steps of SQLite's virtual machine between two counts

# Each query over all runs, made for their user.
QUESTIONS: dict[str, Callable[[User, Client], object]] = {
    "a person's page": lambda user, browser: person.overview(user, None),
    "what people have spent": lambda user, browser: ledger.spent_by_people([user.pk]),
    "how much each model is used": lambda user, browser: index._popularity(),
    "a batch of what goes by age": lambda user, browser: next(
        walk.batches(KINDS["runs"], private_project(user), timezone.now())
    ),
    "the front page": lambda user, browser: browser.get("/"),
    "the wall": lambda user, browser: browser.get("/runs/?as=wall"),
    "what was used": lambda user, browser: browser.get("/runs/?as=wall&q=used"),
    "what is deleted": lambda user, browser: browser.get("/runs/?as=wall&q=state:deleted"),
    "a rare phrase": lambda user, browser: browser.get('/runs/?as=wall&q="red+fox"'),
    "the sums of a month": lambda user, browser: browser.get("/spend/"),
    "where a run came from": lambda user, browser: browser.get(
        f"/runs/{Run.objects.order_by('created_at')[0].pk}/descent/"
    ),
    "the inbox": lambda user, browser: browser.get("/inbox/"),
}

# it counts SQLite's steps, which are the same on every machine
pytestmark = pytest.mark.any_database


@contextmanager
def steps() -> Iterator[Callable[[], int]]:
    """Count the steps of SQLite's virtual machine within the block."""
    counted = [0]

    def count() -> None:
        counted[0] += EVERY

    raw: Any = connection.connection
    raw.set_progress_handler(count, EVERY)
    try:
        yield lambda: counted[0]
    finally:
        raw.set_progress_handler(None, EVERY)


def add_runs(user: User, endpoint: Any, count: int) -> None:
    now = timezone.now()
    runs = [
        Run(
            user=user, endpoint=endpoint, form_token=uuid.uuid4().hex, arguments={"prompt": "fox"},
            state=Run.State.SUCCEEDED, created_at=now - timedelta(milliseconds=at), ended_at=now,
        )
        for at in range(count)
    ]  # fmt: skip
    ledger.write_charges(
        [
            Charge(
                run=run, user=user, project=run.project, endpoint=endpoint, door="page",
                created_at=now, expected=Decimal("0.01"), state=SumState.SETTLED,
            )
            for run in Run.objects.bulk_create(runs)
        ]
    )  # fmt: skip


def test_no_question_costs_more_with_ten_times_as_many_runs(user, make_endpoint):
    endpoint, browser = make_endpoint(), logged_in(user)
    costs = []
    for count in (FEW, MANY - FEW):
        add_runs(user, endpoint, count)
        indexing.index_all()
        count_all()  # as a worker does
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        cost = {}
        for name, ask in QUESTIONS.items():
            ask(user, browser)
            with steps() as counted:
                ask(user, browser)
            cost[name] = counted()
        costs.append(cost)
    few, many = costs
    grown = {name: (few[name], many[name]) for name in QUESTIONS}
    most = {name: MOST_RATIO * few[name] + FEW_STEPS for name in QUESTIONS}
    assert not {name: both for name, both in grown.items() if both[1] > most[name]}, grown
