"""A house with an admin, a project with members, and runs at the cost that a test states."""

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from projects.models import Project
from projects.models.project import private_project
from runs.models import Run
from runs.start import starting
from runs.start.starting import Source, StartRequest
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.house.made import make_admin
from tests.projects.people import logged_in, make_project, person

Pay = Callable[..., Run]


@pytest.fixture
def eva(db: None) -> User:
    """An admin."""
    return make_admin("eva")


@pytest.fixture
def admin(eva: User) -> Client:
    return logged_in(eva)


@pytest.fixture
def fox(db: None) -> Project:
    """A project with a manager, mia, a maker, ana, and a viewer, vic."""
    return make_project("Fox", mia="manager", ana="maker", vic="viewer")


@pytest.fixture
def manager(fox: Project) -> Client:
    return logged_in(person("mia"))


@pytest.fixture
def maker(fox: Project) -> Client:
    return logged_in(person("ana"))


@pytest.fixture
def pay(make_endpoint: Any) -> Pay:
    """`pay("1.5", by, project)` → a run that has ended and cost this much."""
    endpoint = make_endpoint(unit_price_usd=Decimal(1), price_unit="images", currency="USD")
    keys = map(str, count())

    def run(amount: str, by: User, project: Project | None = None) -> Run:
        place = project or private_project(by)
        made, _ = starting.start(
            StartRequest(
                user=by, endpoint=endpoint, arguments={}, source=Source.FORM, key=next(keys),
                project=place,
            )
        )  # fmt: skip
        end = Observation(Run.State.SUCCEEDED, output={}, billable_units=amount)
        state_machine.record(made.pk, end)
        return made

    return run
