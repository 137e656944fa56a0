"""Fixtures of boards: models with prices, and shortcuts that turn form posts into boards."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from features.boards.models import Board
from features.boards.plan.cells import expand
from features.boards.plan.plan import Plan, read_plan
from features.boards.runs import sending
from projects.models import Project
from tests.copies import copies_are_ready
from tests.features.boards import documents
from tests.features.boards.judging import make_judged_board, stored_picture
from tests.projects.people import make_project

__all__ = ["copies_are_ready", "make_judged_board", "stored_picture"]

Made = dict[str, Endpoint]


@pytest.fixture
def project(db: None) -> Project:
    """A project with a maker, a viewer and a manager."""
    return make_project("Film", mia="maker", vera="viewer", ana="manager")


@pytest.fixture
def models(make_endpoint: Callable[..., Any]) -> Made:
    """Two text-to-image models with different steps, a voice model, and an image editor."""
    price = {"unit_price_usd": Decimal("0.01"), "price_unit": "images", "currency": "USD"}
    return {
        "flux": make_endpoint("lab/flux", documents.FLUX, **price),
        "turbo": make_endpoint("lab/turbo", documents.TURBO, **price),
        "voice": make_endpoint("lab/voice", documents.VOICE),
        "edit": make_endpoint("lab/edit", documents.EDIT, **price),
    }


@pytest.fixture
def plan_of(models: Made) -> Callable[..., Plan]:
    """`plan_of("flux", "turbo", seeds="1, 2")` → Plan. Keyword arguments are controls that all
    models share.
    """

    def make(*names: str, **controls: str) -> Plan:
        chosen = [models[name] for name in names or ("flux", "turbo")]
        post = {
            name if "." in name else name.replace("_", "-"): [text]
            for name, text in controls.items()
        }
        post |= {"model": [model.endpoint_id for model in chosen], "planned": ["1"], "reuse": ["1"]}
        return read_plan(post, chosen, chosen[0])

    return make


@pytest.fixture
def send(user: User) -> Callable[..., sending.SendingResult]:
    """`send(plan, board=…)`: save a plan as a new board, or add its rows to an existing board."""

    def write(
        plan: Plan, token: str = "token", board: Board | None = None, who: User = user
    ) -> sending.SendingResult:
        press = token if board is None else ""  # each addition is a press of its own
        return sending.run_plan(who, plan, expand(plan), press, board=board)

    return write
