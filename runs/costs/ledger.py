"""The only counter of money: what runs may cost and have cost, and what is left under caps.

`runs/start/starting.py` writes a charge for each run, with the most that it may cost, in the
transaction that creates the run. The transaction that ends the run settles the charge with the
actual cost, or releases it. Everything with a cap is an account: a row with the sum that is
committed. So for each account

    reserved + settled = committed ≤ its cap

holds after every commit, as far as the prices are right. A transaction that reserves locks the
account's row (`open_account`), so two that reserve at once wait for each other. A transaction that
starts runs locks the house's row first (`lock_house`), so no new account misses any of them.

A counter is what the house, a project, a person or a token has spent in a period. It is read from
the daily sums (`daily_sums.py`), which change with each charge. Locks are taken in the order
accounts, house, charges, daily sums.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_UP, Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import models
from django.db.models import QuerySet, Sum, Value
from django.utils import timezone

from core import periods
from core.db.dollars_field import MOST, PLACES
from runs.costs import daily_sums
from runs.models import Charge, DailySum, LedgerAccount, LedgerEntry, Run
from runs.models.ledger import SumState
from runs.promises.lifecycle import Lifecycle
from runs.promises.registry import registered
from runs.records import counting
from schemas.estimate.amounts import decimal

NOTHING = daily_sums.NOTHING
CURRENCY = "USD"
IN_DOLLARS = {"", CURRENCY}  # upstream's prices without a currency are in dollars
UNIT = Decimal(1).scaleb(-PLACES)  # as the columns store it

Kind = LedgerAccount.Kind
# The order in which accounts are locked: the order in which transactions that start runs open them.
# Otherwise the end of one run and the start of another could wait for each other.
_LOCKED_AFTER = [Kind.ASSISTANT, Kind.BOARD, Kind.CHECK, Kind.HOUSE]


class Scope(StrEnum):
    """The owner of the runs that a counter counts; the values are kinds of `DailySum`."""

    HOUSE = "house"
    PROJECT = "project"
    PERSON = "person"
    TOKEN = "token"  # noqa: S105  # a program's


COLUMNS = {Scope.PROJECT: "project_id", Scope.PERSON: "user_id", Scope.TOKEN: "token_id"}


class Counter(NamedTuple):
    """What a project, person or token, or the house, has spent in a period of `core.periods`.

    `key` is the primary key of its row, or 0 for the house.
    """

    scope: Scope
    key: int
    period: str

    @property
    def name(self) -> str:
        """Return the scope and the key in one word."""
        return f"{self.scope}:{self.key}"


class CapExceeded(Exception):
    """A sum would exceed an account's cap, or is unknown, so the cap could not be guaranteed."""

    def __init__(self, account: LedgerAccount, amount: Decimal | None, committed: Decimal) -> None:
        super().__init__(f"{account}: {amount} on top of {committed}, cap {account.cap_usd}")
        self.account, self.amount, self.committed = account, amount, committed


@dataclass
class Balance:
    """A cap and what is committed under it, while several sums are reserved one after the other.

    Each sum counts as it is stored, rounded up: three thirds of a dollar are more than one.
    """

    cap: Decimal | None
    committed: Decimal = NOTHING

    def allows(self, amount: Decimal | None) -> bool:
        """Whether a sum fits. An unknown sum fits only where there is no cap."""
        if self.cap is None:
            return True
        return amount is not None and self.committed + _rounded(amount) <= self.cap

    def take(self, amount: Decimal | None) -> None:
        """Count a sum as committed."""
        self.committed += _rounded(amount or NOTHING)


def lock_house() -> None:
    """Let nobody else start runs until the transaction ends, so that counted sums stay valid."""
    house = LedgerAccount.objects.filter(kind=Kind.HOUSE, key="", period="")
    if house.select_for_update().first() is None:
        open_account(Kind.HOUSE, "")


def open_account(
    kind: LedgerAccount.Kind, key: object, period: str = "", cap: Decimal | None = None
) -> LedgerAccount:
    """Return an account with this cap, locked until the transaction ends; create it if needed."""
    account, _ = LedgerAccount.objects.select_for_update().get_or_create(
        kind=kind, key=str(key), period=period, defaults={"cap_usd": cap}
    )
    if account.cap_usd != cap:
        account.cap_usd = cap
        account.save(update_fields=["cap_usd"])
    return account


def committed(kind: LedgerAccount.Kind, key: object, period: str = "") -> Decimal:
    """Return what is reserved or settled in an account; zero if it was never opened."""
    accounts = LedgerAccount.objects.filter(kind=kind, key=str(key), period=period)
    return accounts.values_list("committed", flat=True).first() or NOTHING


def spent_by_people(user_ids: Iterable[int], since: datetime | None = None) -> dict[int, Decimal]:
    """Return what the ended runs of each of these people have cost in dollars, by the person's key.

    With `since`, only runs that began on that day or later count. One query in all.
    """
    days = DailySum.objects.filter(kind=DailySum.Kind.PERSON, user__in=user_ids)
    if since:
        days = days.filter(day__gte=timezone.localdate(since))
    sums = [models.Sum("amount"), models.Sum("reserved")]
    rows = days.order_by().values_list("user").annotate(*sums)
    return {user_id: amount - reserved for user_id, amount, reserved in rows}


def balance(account: LedgerAccount) -> Balance:
    """Return an opened account's balance."""
    return Balance(account.cap_usd, account.committed)


@dataclass(frozen=True)
class Reservation:
    """The most that a run may cost in dollars (None: unknown), and the accounts it counts for."""

    run_id: uuid.UUID | None
    amount: Decimal | None
    accounts: Sequence[LedgerAccount]


def write_charges(charges: Sequence[Charge]) -> None:
    """Write what new runs may cost (`expected`), in the transaction that creates the runs."""
    for charge in charges:
        if charge.expected is not None:
            charge.expected = charge.amount = _rounded(charge.expected)
    Charge.objects.bulk_create(charges)
    daily_sums.add((charge, daily_sums.of_charge(charge)) for charge in charges)


def _spent(scope: Scope, keys: Collection[int], period: str) -> QuerySet[DailySum, Any]:
    """Return (key, sum) for these projects, people or programs; the key of the house is 0."""
    first, end = periods.days(period)
    days = DailySum.objects.order_by().filter(
        kind=scope.value, day__gte=first, day__lt=end or date.max
    )
    keyed_days: QuerySet[DailySum, Any]
    if scope == Scope.HOUSE:
        keyed_days = days.annotate(house=Value(0)).values_list("house")
    else:
        keyed_days = days.filter(**{f"{COLUMNS[scope]}__in": keys}).values_list(COLUMNS[scope])
    return keyed_days.annotate(total=Sum("amount"))


def spent(counters: Collection[Counter]) -> dict[Counter, Decimal]:
    """Return what is reserved or settled in each counter; one query per scope and period.

    If the caller has locked the house, the sums include all reservations of others, who have to
    wait, but may miss what others settle meanwhile.
    """
    keys: dict[tuple[Scope, str], list[int]] = defaultdict(list)
    for counter in counters:
        keys[counter.scope, counter.period].append(counter.key)
    sums = dict.fromkeys(counters, NOTHING)
    for (scope, period), counter_keys in keys.items():
        rows = _spent(scope, counter_keys, period)
        sums |= {Counter(scope, key, period): total or NOTHING for key, total in rows}
    return sums


def spent_by_each(scope: Scope, period: str) -> list[tuple[int, Decimal]]:
    """Return the keys of a scope with runs in a period and what each has spent, highest sum first.

    One query.
    """
    first, end = periods.days(period)
    column = COLUMNS[scope]
    days = DailySum.objects.filter(kind=scope, day__gte=first, day__lt=end or date.max, runs__gt=0)
    keyed_days = days.exclude(**{column: None}).order_by().values_list(column)
    return list(keyed_days.annotate(total=models.Sum("amount")).order_by("-total"))


def due(charges: models.QuerySet[Charge]) -> models.QuerySet[Charge]:
    """Return the charges that count: all but the released ones."""
    return charges.exclude(state=SumState.RELEASED)


def reserve(reservations: Sequence[Reservation]) -> list[LedgerEntry]:
    """Write reservations in the caller's transaction, which has opened the accounts.

    Raises CapExceeded; then the caller must roll all of them back.
    """
    accounts = _locked({account.pk for reserved in reservations for account in reserved.accounts})
    balances = {account.pk: balance(account) for account in accounts}
    entries = []
    for reserved in reservations:
        amount = None if reserved.amount is None else _rounded(reserved.amount)
        for account in reserved.accounts:
            account_balance = balances[account.pk]
            if not account_balance.allows(amount):
                raise CapExceeded(account, amount, account_balance.committed)
            account_balance.take(amount)
            entries.append(LedgerEntry(account=account, run_id=reserved.run_id, amount_usd=amount))
    for account in accounts:
        account.committed = balances[account.pk].committed
    LedgerAccount.objects.bulk_update(accounts, ["committed"])
    return LedgerEntry.objects.bulk_create(entries)


def locked_charge(run_id: uuid.UUID) -> Charge | None:
    """Return the charge of a run, locked after the house; None if the run has ended."""
    lock_house()
    reserved = Charge.objects.select_for_update().filter(run_id=run_id, state=SumState.RESERVED)
    return reserved.first()


def grow(charge: Charge, extra: Decimal, *, is_known: bool) -> None:
    """Reserve more for a run that continues to cost; `charge` comes from `locked_charge`.

    Unless `is_known`, the total cost of the run is unknown, and `extra` counts until it is known.
    """
    before = daily_sums.of_charge(charge)
    charge.amount = (charge.amount or NOTHING) + _rounded(extra)
    charge.expected = charge.amount if is_known else None
    charge.save(update_fields=["expected", "amount"])
    daily_sums.add([(charge, daily_sums.of_charge(charge) - before)])


def give_back(keys: Collection[int]) -> None:
    """Remove the reservations of planned runs that have not started (`starting.plan`)."""
    lock_house()
    planned = list(Charge.objects.select_for_update().filter(pk__in=keys, run=None))
    Charge.objects.filter(pk__in=[charge.pk for charge in planned]).delete()
    no_sums = daily_sums.Sums()
    daily_sums.add((charge, no_sums - daily_sums.of_charge(charge)) for charge in planned)


def note_so_far(run_id: uuid.UUID, cost: Decimal | None) -> None:
    """Write what a live session's results have cost so far; the session settles with this sum.

    `cost` is None if it is unknown.
    """
    reserved = Charge.objects.filter(run_id=run_id, state=SumState.RESERVED)
    reserved.update(so_far=None if cost is None else _rounded(cost))


def assign(entry: LedgerEntry, run: Run) -> None:
    """Assign a sum that was reserved for a call to the run that the call has started."""
    entry.run = run
    entry.save(update_fields=["run"])


def take_back(entry: LedgerEntry) -> None:
    """Remove a sum that was reserved for a call that has started no run."""
    (account,) = _locked({entry.account_id})
    account.committed -= _counted(entry)
    account.save(update_fields=["committed"])
    entry.delete()


def settle(run: Run, changes: Mapping[str, Any], price: Decimal | None, currency: str) -> None:
    """Settle or release a run's sums if these changes of its row end it or contain its bill.

    The run costs its billed units at the price when it began. `price` is the present price of its
    model's unit, for a run that began before the model had a price. If upstream ended the run
    without a bill, it counts with the most that it could cost if it has a result, and with nothing
    if it has none: server errors are not billed, rejected input may be (protocol 17.5).
    """
    state = changes.get("state", run.state)
    if state not in Run.FINAL or not {"state", "billable_units"} & changes.keys():
        return
    entries, accounts = _entries_of(run.pk)
    charge = Charge.objects.select_for_update().filter(run_id=run.pk).first()
    if charge is None:  # the row was not created by `starting`: nothing was reserved for it
        return
    if charge.unit_price is None and currency in IN_DOLLARS:
        charge.unit_price = price
    cost = cost_of_units(changes.get("billable_units", run.billable_units), charge.unit_price)
    charge.billed = None if cost is None else _rounded(cost)
    _settle(charge, entries, accounts, has_result=state == Run.State.SUCCEEDED)


def report(run_id: uuid.UUID, cost: Decimal) -> Charge | None:
    """Settle a run's sums with the cost in upstream's billing events; None if it has no charge."""
    entries, accounts = _entries_of(run_id)
    charge = Charge.objects.select_for_update().filter(run_id=run_id).first()
    if charge is not None:
        charge.reported = _rounded(cost)
        _settle(charge, entries, accounts, has_result=True)
    return charge


def _entries_of(run_id: uuid.UUID) -> tuple[list[LedgerEntry], dict[int, LedgerAccount]]:
    """Return a run's entries, and their accounts, which are locked."""
    entries = list(LedgerEntry.objects.filter(run_id=run_id))
    return entries, {row.pk: row for row in _locked({entry.account_id for entry in entries})}


def _settle(
    charge: Charge,
    entries: Sequence[LedgerEntry],
    accounts: Mapping[int, LedgerAccount],
    *,
    has_result: bool,
) -> None:
    """Count the best known cost of a run instead of the most that it may cost.

    If no cost is known, the counted sum stays reserved until one is.
    """
    before = daily_sums.of_charge(charge)
    known_cost = charge.billed if charge.reported is None else charge.reported
    most = charge.expected if charge.so_far is None else charge.so_far
    best = most if known_cost is None else known_cost
    is_due = known_cost is not None or has_result
    charge.state = SumState.SETTLED if is_due else SumState.RELEASED
    if best is not None:
        charge.amount = best
    elif is_due and charge.amount is not None:
        charge.state = SumState.RESERVED
    charge.awaits_check = known_cost is not None
    charge.save(
        update_fields=["unit_price", "billed", "reported", "amount", "state", "awaits_check"]
    )
    for owner in registered(Lifecycle):
        owner.on_settle(charge)
    for entry in entries:
        earlier = _counted(entry)
        entry.state = charge.state
        if known_cost is not None:
            entry.amount_usd = known_cost
        accounts[entry.account_id].committed += _counted(entry) - earlier
    LedgerEntry.objects.bulk_update(entries, ["state", "amount_usd"])
    LedgerAccount.objects.bulk_update(accounts.values(), ["committed"])
    counting.touch(filter(None, [charge.run_id]))
    daily_sums.add([(charge, daily_sums.of_charge(charge) - before)])


def _counted(entry: LedgerEntry) -> Decimal:
    return NOTHING if entry.state == SumState.RELEASED else entry.amount_usd or NOTHING


def _locked(keys: Collection[int]) -> list[LedgerAccount]:
    """Return these accounts with their current values, locked in the common order."""
    if not keys:
        return []
    places = [models.When(kind=kind, then=place) for place, kind in enumerate(_LOCKED_AFTER)]
    rows = LedgerAccount.objects.select_for_update().filter(pk__in=keys)
    return list(rows.order_by(models.Case(*places, default=len(places)), "pk"))


def _rounded(amount: Decimal) -> Decimal:
    return min(amount, MOST).quantize(UNIT, ROUND_UP)


def cost_of_units(billable_units: str, price: Decimal | None) -> Decimal | None:
    """Return the cost of billed units at a price; None if either is unknown."""
    if price == 0:
        return Decimal(0)
    units = decimal(billable_units)
    return units * price if price is not None and units is not None and units >= 0 else None
