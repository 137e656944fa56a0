"""Warns that a limit is nearly or fully spent, each once per period and limit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from core.db import clock
from core.formatting import money
from core.periods import day_start
from features.notifications import kinds, outbox
from features.notifications.models import NotificationPreferences
from runs.costs import ledger

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NEARLY = Decimal("0.8")
CURRENCY = "USD"
CHECK_EVERY_S = 60.0
REST_S = 300.0  # while no user has set a limit


def warn(user: User, name: str, spent: Decimal, limit: Decimal, *, period: str, path: str) -> bool:
    """Notify a user when 80 % of a limit, or all of it, is spent; False if nothing is sent.

    `name` is the limit in words (“the day's limit”), `period` its part of the key: a warning is
    repeated in a new period or for another limit.
    """
    if limit <= 0 or spent < NEARLY * limit:
        return False
    is_over = spent >= limit
    share = "all" if is_over else "80"
    amounts = f"{money(spent, CURRENCY)} of {money(limit, CURRENCY)}"
    subject = f"{'All' if is_over else '80 %'} of {name} {'is' if is_over else 'are'} spent"
    key = f"budget {period} {limit.normalize():f} {share}"
    text = (
        f"{amounts}. Where upstream has not said what it billed, the most that it may be counts. "
        "Nothing was stopped."
    )
    return outbox.notify(user, kinds.BUDGET_WARNING, subject=subject, text=text, path=path, key=key)


def check_daily_limits() -> float:
    """Warn users whose runs today reach their daily limit; returns the seconds to the next call."""
    today = day_start(clock.now())
    period = f"{today:%Y-%m-%d}"
    limited = NotificationPreferences.objects.filter(daily_limit__isnull=False)
    limited_users = list(limited.filter(user__is_active=True).select_related("user"))
    spent_today = ledger.spent_by_people([row.user_id for row in limited_users], today)
    for preferences in limited_users:
        limit = preferences.daily_limit or Decimal()
        cost = spent_today.get(preferences.user_id, ledger.NOTHING)
        warn(preferences.user, "your daily limit", cost, limit, period=period, path="/runs/")
    return CHECK_EVERY_S if limited_users else REST_S
