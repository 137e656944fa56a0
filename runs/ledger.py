"""The only counter of money: what runs may cost and have cost, by account.

`runs/starting.py` reserves the most that a run may cost in the transaction that creates it; the
transaction that ends the run settles it with what it has cost, or releases it. So of each account

    reserved + settled ≤ its cap

holds after every commit, as far as the prices do. An account is a row with its cap: whoever
reserves locks it (`open_account`), which makes two that reserve at once wait for each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import Any

from django.db.models import Q, Sum

from runs.costs.billing import cost_of_units
from runs.models import LedgerAccount, LedgerEntry, Run

NOTHING = Decimal(0)
CURRENCY = "USD"
IN_DOLLARS = {"", CURRENCY}  # upstream's prices without a currency are in dollars
_UNIT = Decimal("0.00000001")  # as the columns store it
_MOST = Decimal(10**11)  # what they hold; no real sum comes near

Kind = LedgerAccount.Kind
State = LedgerEntry.State


class CapExceeded(Exception):
    """A sum would exceed an account's cap, or is unknown, so that the cap could not hold."""

    def __init__(self, account: LedgerAccount, amount: Decimal | None, committed: Decimal) -> None:
        super().__init__(f"{account}: {amount} on top of {committed}, cap {account.cap_usd}")
        self.account, self.amount, self.committed = account, amount, committed


@dataclass
class Balance:
    """A cap and what is committed under it, while several sums are reserved one after the other.

    Each sum counts as it is stored: three thirds of a dollar, rounded up, are more than one.
    """

    cap: Decimal | None
    committed: Decimal = NOTHING

    def allows(self, amount: Decimal | None) -> bool:
        """Whether a sum fits; one that is unknown only fits where there is no cap."""
        if self.cap is None:
            return True
        return amount is not None and self.committed + _rounded(amount) <= self.cap

    def take(self, amount: Decimal | None) -> None:
        """Count a sum as committed."""
        self.committed += _rounded(amount or NOTHING)


def open_account(
    kind: LedgerAccount.Kind, key: object, period: str = "", cap: Decimal | None = None
) -> LedgerAccount:
    """Return an account with this cap, locked until the end of the transaction; may create it."""
    account, _ = LedgerAccount.objects.select_for_update().get_or_create(
        kind=kind, key=str(key), period=period, defaults={"cap_usd": cap}
    )
    if account.cap_usd != cap:
        account.cap_usd = cap
        account.save(update_fields=["cap_usd"])
    return account


def person_day(user_id: int, now: datetime) -> LedgerAccount:
    """Return the account of a person's day, in UTC."""
    return _uncapped(Kind.PERSON_DAY, user_id, day_of(now))


def day_of(now: datetime) -> str:
    """Return a day as the ledger names it: `2026-11-26`."""
    return f"{now:%Y-%m-%d}"


def token(token_id: int) -> LedgerAccount:
    """Return the account of an API token."""
    return _uncapped(Kind.TOKEN, token_id, "")


def _uncapped(kind: LedgerAccount.Kind, key: int, period: str) -> LedgerAccount:
    """Return an account without a cap, which nobody has to lock."""
    account, _ = LedgerAccount.objects.get_or_create(kind=kind, key=str(key), period=period)
    return account


def committed(kind: LedgerAccount.Kind, key: object, period: str = "") -> Decimal:
    """Return what is reserved or settled in an account; nothing if it was never opened."""
    return _sum(LedgerEntry.objects.filter(_of(kind, key, period)).exclude(state=State.RELEASED))


def settled(kind: LedgerAccount.Kind, key: object, period: str = "") -> Decimal:
    """Return what the ended runs of an account have cost; nothing if it was never opened."""
    return _sum(LedgerEntry.objects.filter(_of(kind, key, period), state=State.SETTLED))


def spent_by_people(user_ids: Iterable[int], month: str = "") -> dict[int, Decimal]:
    """Return what the ended runs of each of these people have cost, by the person's key.

    In a month such as `2026-11`, or ever; in dollars, and in UTC. One query, however many people.
    """
    accounts = LedgerAccount.objects.filter(kind=Kind.PERSON_DAY, key__in=map(str, user_ids))
    if month:
        accounts = accounts.filter(period__gte=f"{month}-01", period__lte=f"{month}-31")
    entries = LedgerEntry.objects.filter(account__in=accounts, state=State.SETTLED)
    sums = entries.order_by().values("account__key").annotate(total=Sum("amount_usd"))
    return {int(row["account__key"]): row["total"] or NOTHING for row in sums}


def balance(account: LedgerAccount) -> Balance:
    """Return an opened account's balance."""
    entries = LedgerEntry.objects.filter(account=account).exclude(state=State.RELEASED)
    return Balance(account.cap_usd, _sum(entries))


def _of(kind: LedgerAccount.Kind, key: object, period: str) -> Q:
    return Q(account__kind=kind, account__key=str(key), account__period=period)


def _sum(entries: Any) -> Decimal:
    total: Decimal | None = entries.aggregate(total=Sum("amount_usd"))["total"]
    return total or NOTHING


@dataclass(frozen=True)
class Reservation:
    """The most that a run may cost in dollars, None if unknown, and the accounts it counts for."""

    run_id: uuid.UUID | None
    amount: Decimal | None
    accounts: Sequence[LedgerAccount]


def reserve(reservations: Iterable[Reservation]) -> list[LedgerEntry]:
    """Write reservations in the caller's transaction; raises CapExceeded, then none may stay.

    The accounts with a cap were locked in this transaction (`open_account`).
    """
    balances: dict[int, Balance] = {}
    entries = []
    for reserved in reservations:
        amount = None if reserved.amount is None else _rounded(reserved.amount)
        for account in reserved.accounts:
            if account.cap_usd is not None:
                if account.pk not in balances:
                    balances[account.pk] = balance(account)
                left = balances[account.pk]
                if not left.allows(amount):
                    raise CapExceeded(account, amount, left.committed)
                left.take(amount)
            entries.append(LedgerEntry(account=account, run_id=reserved.run_id, amount_usd=amount))
    return LedgerEntry.objects.bulk_create(entries)


def assign(entry: LedgerEntry, run: Run) -> None:
    """Make a sum that was reserved for a call the run's that the call has started."""
    entry.run = run
    entry.save(update_fields=["run"])


def settle(run: Run, changed: Mapping[str, Any], price: Decimal | None, currency: str) -> None:
    """Settle or release a run's sums where these changes of its row end it or say what it cost.

    `price` is that of its model's unit. A run that upstream ended without saying what it billed
    counts with the most that it could cost if it has a result, and with nothing if it has none:
    server errors are not billed, rejected input may be (protocol 17.5).
    """
    state = changed.get("state", run.state)
    if state not in Run.FINAL or not {"state", "billable_units"} & changed.keys():
        return
    entries = LedgerEntry.objects.filter(run_id=run.pk)
    units = changed.get("billable_units", run.billable_units)
    cost = cost_of_units(units, price) if currency in IN_DOLLARS else None
    if cost is not None:
        entries.update(state=State.SETTLED, amount_usd=_rounded(cost))
    elif state == Run.State.SUCCEEDED:
        entries.update(state=State.SETTLED)
    else:
        entries.update(state=State.RELEASED)


def _rounded(amount: Decimal) -> Decimal:
    return min(amount, _MOST).quantize(_UNIT, ROUND_UP)
