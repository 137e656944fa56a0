"""The account's balance, how long it lasts, and the warnings to admins when it is low."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from core.formatting import counted, money
from features.notifications import outbox
from features.spending.models import BillingState
from runs.costs.ledger import NOTHING
from runs.models import Charge
from runs.models.ledger import SumState

KIND = "balance"
BASIS = timedelta(days=14)
BARS = (2, 7)  # days; admins are warned once below each
MOST_DAYS = 3650


@dataclass(frozen=True)
class Outlook:
    """How long a balance lasts: at `per_day` dollars, the average of the last `days` days."""

    amount: Decimal
    currency: str
    per_day: Decimal
    days: int

    @property
    def lasts_days(self) -> int | None:
        """Return the whole days that it lasts; None while nothing is spent."""
        if not self.per_day:
            return None
        return min(int((self.amount / self.per_day).to_integral_value(ROUND_FLOOR)), MOST_DAYS)

    @property
    def in_words(self) -> str:
        """Return "Balance $14.20, lasts about 12 days"."""
        balance_text = f"Balance {money(self.amount, self.currency)}"
        return f"{balance_text}, lasts {self.lasts}" if self.lasts else balance_text

    @property
    def lasts(self) -> str:
        """Return "about 12 days"; empty while nothing is spent."""
        days = self.lasts_days
        if days is None:
            return ""
        return f"about {counted(days, 'day')}" if days else "less than a day"

    @property
    def basis(self) -> str:
        """Return the basis of the forecast, as a sentence."""
        period = "the last day" if self.days == 1 else f"the last {self.days} days"
        if not self.per_day:
            return f"No run of {period} has cost anything."
        return f"At {money(self.per_day)} a day, what this Vitrine's runs of {period} cost."


@dataclass(frozen=True)
class Account:
    """The account's money, for the status page."""

    state: BillingState
    outlook: Outlook | None


def account() -> Account:
    """Return the known facts about the account's money. Three queries."""
    state = BillingState.current()
    return Account(state, outlook(state, timezone.now()))


def outlook(state: BillingState, now: datetime) -> Outlook | None:
    """Return how long the balance lasts; None if the balance is not known. One query."""
    if state.balance is None:
        return None
    since = now - BASIS
    recent = Charge.objects.filter(created_at__gte=since, state=SumState.SETTLED).order_by()
    spent = recent.aggregate(total=Sum("amount"))["total"] or NOTHING
    first = Charge.objects.order_by("created_at").values_list("created_at", flat=True).first()
    age_days = -((first or now) - now).days  # a part of a day counts as a day
    days = max(1, min(age_days, BASIS.days))
    return Outlook(state.balance, state.currency, spent / days, days)


def warn_if_short(state: BillingState, now: datetime) -> None:
    """Warn the admins once when the balance lasts less than 7 days, and once below 2.

    A top-up resets both warnings. Changes `state`, which the caller saves.
    """
    balance_outlook = outlook(state, now)
    days = balance_outlook.lasts_days if balance_outlook else None
    if balance_outlook is None or days is None or days >= max(BARS):
        if balance_outlook is not None and state.warned_below is not None:
            state.warned_below, state.episode = None, state.episode + 1
        return
    bar = next(bar for bar in BARS if days < bar)
    if state.warned_below is not None and state.warned_below <= bar:
        return
    state.warned_below = bar
    with transaction.atomic():
        for admin in roles.admins():
            outbox.notify(
                admin,
                KIND,
                subject=f"fal: {balance_outlook.in_words}",
                text=f"{balance_outlook.basis} When it is spent, fal takes no further runs; "
                "they wait, and go on by themselves once it is topped up in fal's dashboard, "
                "under Billing.",
                path=reverse("admin:status"),
                key=f"balance {state.episode} {bar}",
            )
