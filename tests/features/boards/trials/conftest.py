"""A board with standing trials switched on, and models that are new to the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Change, Endpoint
from features.boards.models import Board, StandingTrial
from features.boards.plan.plan import Plan
from features.boards.runs import sending
from runs.models import Run
from tests import charged
from tests.features.boards import documents

PRICE = {"unit_price_usd": Decimal("0.01"), "price_unit": "images", "currency": "USD"}


@pytest.fixture
def board(plan_of: Callable[..., Plan], send: Callable[..., sending.SendingResult]) -> Board:
    """Three prompts on two models, all runs ended; the board is newer than the catalogue."""
    plan = plan_of("flux", "turbo", row_field="prompt", row_values="a\nb\nc", title="Cats")
    board = send(plan).board
    Run.objects.update(state="succeeded", billable_units="1")
    charged.settle(Run.objects.all())
    Endpoint.objects.update(first_seen_at=timezone.now() - timedelta(days=30))
    return board


@pytest.fixture
def standing(board: Board) -> StandingTrial:
    """Standing trials of models below a dollar a run, for up to a dollar a month."""
    return StandingTrial.objects.create(
        board=board,
        state="on",
        params="q=price%3A%3C1",
        monthly_cap_usd=Decimal(1),
        watched_until=timezone.now() - timedelta(days=1),
    )


@pytest.fixture
def comes(make_endpoint: Callable[..., Endpoint]) -> Callable[..., Endpoint]:
    """`comes("lab/new", documents.FLUX)`: add a model as the latest sync does."""

    def make(name: str = "lab/new", document: Any = documents.FLUX, **more: Any) -> Endpoint:
        endpoint = make_endpoint(name, document, **(PRICE | more))
        Change.objects.create(endpoint=endpoint, kind="new", at=timezone.now(), lines=[])
        return endpoint

    return make
