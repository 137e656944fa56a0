"""A user dismisses or pauses a trial just as the worker sends it, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from catalog.models import Endpoint
from features.boards.models import Board, StandingTrial
from features.boards.trials import planning, sending, settings
from runs.models import Run
from tests.features.boards.racing import run_during

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def new(board: Board, standing: StandingTrial, comes: Callable[..., Endpoint]) -> Endpoint:
    """A model whose trial waits."""
    endpoint = comes()
    planning.note_all()
    assert board.trials.get().state == "waiting"
    return endpoint


@pytest.mark.parametrize("deed", ["dismiss", "pause"])
def test_a_trial_dismissed_or_paused_after_listing_is_not_sent(
    board: Board, new: Endpoint, deed: str
) -> None:
    trial = board.trials.get()

    def stop() -> None:
        if deed == "dismiss":
            settings.dismiss(board, trial.pk, is_dismissed=True)
        else:
            settings.pause(board, is_paused=True)

    run_during(stop, lambda: sending.send_due(timezone.now()))
    assert not Run.objects.filter(endpoint=new).exists()
    assert board.trials.get().state == {"dismiss": "dismissed", "pause": "waiting"}[deed]


def test_a_dismissal_after_sending_leaves_the_trial_sent(board: Board, new: Endpoint) -> None:
    trial = board.trials.get()
    run_during(
        lambda: sending.send_due(timezone.now()),
        lambda: settings.dismiss(board, trial.pk, is_dismissed=True),
    )
    assert board.trials.get().state == "sent"
