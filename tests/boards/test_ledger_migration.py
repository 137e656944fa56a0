"""A database from before the ledger counts its boards as it did."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from django.utils import timezone

from boards.models import Column, StandingTrial, Trial
from boards.plan.plan import Plan
from boards.runs import sending
from boards.runs.budget import committed
from boards.trials.sending import spent_since
from core.db import clock
from runs import ledger
from runs.models import LedgerAccount, LedgerEntry, Run
from tests.boards.finishing import finish

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
Send = Callable[..., sending.Sent]


class NamesOf0007:
    """The registry of models, with a board called as it was when 0007 was written."""

    def get_model(self, app_label: str, name: str) -> type[Model]:
        return apps.get_model(app_label, "Board" if name == "Batch" else name)


def migrate() -> None:
    """Empty the ledger, then run what the migrations run."""
    LedgerAccount.objects.all().delete()
    assert not LedgerEntry.objects.exists()
    boards = import_module("boards.migrations.0007_ledger")
    boards.count_boards(NamesOf0007(), None)
    boards.count_trials(NamesOf0007(), None)
    import_module("runs.migrations.0029_ledger").open_todays_accounts(apps, None)


@pytest.mark.parametrize("ending", ["succeeded", "failed", "running"])
def test_the_ledger_migration_keeps_the_sums_of_boards_and_days(
    plan_of: Callable[..., Plan], send: Send, ending: str
) -> None:
    board = send(plan_of(row_field="prompt", row_values="a\nb", cap="0.09")).board
    finish(ending, "2" if ending == "succeeded" else "")
    Run.objects.filter(pk=board.cells.first().run_id).delete()  # type: ignore[union-attr,misc]
    board_sum = committed(board)
    assert board_sum > 0 or ending == "failed"
    migrate()
    deleted = Decimal("0.01") if ending == "failed" else Decimal(0)
    # A deleted run counts with its estimate, since nothing says what it has cost.
    saved = Decimal("0.01") if ending == "succeeded" else Decimal(0)
    assert committed(board) == board_sum + deleted - saved
    account = LedgerAccount.objects.get(kind="board", key=str(board.pk))
    assert account.cap_usd == Decimal("0.09")
    left = Run.objects.filter(state__in=["succeeded", "running"]).count()
    day = ledger.day_of(clock.now())
    entries = LedgerEntry.objects.filter(account__kind="person-day", account__period=day)
    assert entries.exclude(state="released").count() == left


def test_the_ledger_migration_counts_this_months_trials(
    plan_of: Callable[..., Plan], send: Send
) -> None:
    board = send(plan_of(row_field="prompt", row_values="a\nb")).board
    column: Any = Column.objects.filter(board=board).first()
    StandingTrial.objects.create(board=board, monthly_cap_usd=Decimal(3))
    Trial.objects.create(
        board=board, endpoint=column.endpoint, column=column, sent_at=timezone.now(), state="sent"
    )
    migrate()
    own = board.cells.filter(column=column, is_reused=False).count()
    assert spent_since(board, timezone.now()) == own * Decimal("0.01")
    assert LedgerAccount.objects.get(kind="trial-month").cap_usd == 3
