"""Checks whether runs are affordable: the last check before a start, under the house's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from accounts import roles
from features.spending.alarms import alarm_access
from features.spending.budgets import access, counting, gauges, wording
from features.spending.models import Budget, SpendingRules
from runs.costs import ledger
from runs.costs.ledger import NOTHING, Counter
from runs.start import confirmation
from runs.start.confirmation import Confirmation
from runs.start.refused_starts import Remedy, Unaffordable, Unconfirmed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from runs.models import Charge

Unknown = SpendingRules.Unknown


@dataclass(frozen=True)
class BudgetDemand:
    """The amount that a press would add to a budget, in one of its counters."""

    budget: Budget
    counter: Counter
    amount: Decimal


def check(user: User, charges: Sequence[Charge], before: Decimal = NOTHING) -> None:
    """Refuse runs that exceed the ceiling or a budget, or that need a confirmation.

    `charges` are all of one press, which has already reserved `before`. Raises Unaffordable or
    Unconfirmed with a sentence. Until its cost is known, a run of unknown cost counts with the sum
    that the house assumes, else with all that is left.
    """
    rules = SpendingRules.current()
    budgets = counting.holding_for(charges, charges[0].created_at)
    _require_below_ceiling(rules, user, charges, before)
    if rules.holds_models:
        _require_looked_at(user, charges)
    if not budgets:
        return
    unknown = [charge for charge in charges if charge.expected is None]
    if unknown and rules.unknown == Unknown.REFUSE:
        raise Unaffordable(wording.unknown_refused(unknown))
    if rules.unknown == Unknown.ASSUME:
        for charge in unknown:
            charge.expected = charge.amount = rules.assumed
    to_ask = unknown if rules.unknown == Unknown.ASK else []
    for charge in to_ask:
        charge.amount = rules.assumed
    _require_left(user, budgets, charges, [charge for charge in to_ask if charge.counted is None])
    _require_yes(charges, to_ask)


def total(charges: Sequence[Charge]) -> Decimal:
    """Return the highest total cost of these runs, leaving out unknown costs."""
    return sum((charge.expected or NOTHING for charge in charges), NOTHING)


def _require_below_ceiling(
    rules: SpendingRules, user: User, charges: Sequence[Charge], before: Decimal
) -> None:
    """Raise Unaffordable if the press exceeds the ceiling, unless an admin starts it."""
    if rules.ceiling is None:
        return
    unknown_count = sum(charge.expected is None for charge in charges)
    amount = before + total(charges) + (rules.assumed or NOTHING) * unknown_count
    if amount <= rules.ceiling or roles.admins().filter(pk=user.pk).exists():
        return
    raise Unaffordable(wording.above_ceiling(amount, len(charges), rules.ceiling))


def _require_looked_at(user: User, charges: Sequence[Charge]) -> None:
    """Raise if nobody has looked at an alarm about a run of one of these models."""
    confirmed = confirmation.current()
    if confirmed is not None and confirmed.is_alarm_fine:
        return
    keys = [charge.endpoint_id for charge in charges if charge.endpoint_id is not None]
    alarms = alarm_access.held_among(keys)
    if not alarms:
        return
    alarm = next(iter(alarms.values()))
    is_seen = alarm_access.visible_to(user).filter(pk=alarm.pk).exists()
    page = Remedy(alarm_access.SEE, alarm.get_absolute_url()) if is_seen else None
    if confirmed is None:
        raise Unaffordable(alarm_access.refusal(alarm), page)
    is_any_unknown = any(charge.expected is None for charge in charges)
    answer = Confirmation.asked_for(total(charges), is_any_unknown=is_any_unknown)
    answer = f"{answer} {confirmation.ALARMED}"
    raise Unconfirmed(alarm_access.question(alarm), alarm_access.YES, answer, page)


def _require_left(
    user: User, budgets: Sequence[Budget], charges: Sequence[Charge], unknown: Sequence[Charge]
) -> None:
    """Raise Unaffordable for the budget with the least left for this press.

    The `unknown` charges count as all that is left: one run, or a plan's steps together.
    """
    demands = _wanted(budgets, charges)
    sums = ledger.spent({want.counter for want in demands})
    near = [want for want in demands if unknown or _rest(want, sums, want.budget.limit) < 0]
    rests = {want: _rest(want, sums, limit_of(want.budget, want.counter)) for want in near}
    refused_sums = [want for want in near if rests[want] < 0 or (unknown and not rests[want])]
    if refused_sums:
        tightest = min(refused_sums, key=lambda want: rests[want] + want.amount)
        raise _unaffordable(user, tightest, rests[tightest], is_unknown=bool(unknown))
    if rests and len(unknown) > 1 and charges[0].run_id is not None:
        raise Unaffordable(wording.one_at_a_time(len(unknown)))
    for charge in unknown if rests else ():
        share = min(rests.values()) / len(unknown)
        charge.amount = share.quantize(ledger.UNIT, ROUND_DOWN)


def _rest(want: BudgetDemand, spent_sums: Mapping[Counter, Decimal], limit: Decimal) -> Decimal:
    """Return the rest of a limit after this amount."""
    return limit - spent_sums[want.counter] - want.amount


def _wanted(budgets: Sequence[Budget], charges: Sequence[Charge]) -> list[BudgetDemand]:
    sums: dict[tuple[int, Counter], Decimal] = {}
    for budget in budgets:
        for charge in charges:
            if counter := counting.counter_of(budget, charge):
                earlier = sums.get((budget.pk, counter), NOTHING)
                sums[budget.pk, counter] = earlier + (charge.counted or NOTHING)
    by_key = {budget.pk: budget for budget in budgets}
    return [BudgetDemand(by_key[key], counter, amount) for (key, counter), amount in sums.items()]


def limit_of(budget: Budget, counter: Counter) -> Decimal:
    """Return a budget's limit in a counter, including what was allowed on top. One query."""
    allowed = gauges.allowed_on_top([gauges.BudgetCounter(budget, counter)])
    limit: Decimal = budget.limit + allowed[budget.pk, counter]
    return limit


def _unaffordable(
    user: User, want: BudgetDemand, rest: Decimal, *, is_unknown: bool
) -> Unaffordable:
    """Return a budget's refusal; `rest` would be left after the press, mostly below zero."""
    owner = wording.subject(want.budget, want.counter, user)
    limit, balance = limit_of(want.budget, want.counter), max(rest + want.amount, NOTHING)
    amount = None if is_unknown else want.amount
    sentence = wording.spent(want.budget, want.counter.period, owner, limit, balance, amount)
    if access.may_change(user, want.budget):
        change = Remedy(wording.CHANGE, want.budget.get_absolute_url())
        return Unaffordable(f"{sentence} {wording.YOURS}", change)
    ask = wording.whom_to_ask(want.budget, want.counter)
    # Includes the overspent amount, for example of an expensive run.
    address = wording.request_address(want.budget, want.counter, -rest)
    return Unaffordable(f"{sentence} {ask} for more.", Remedy(wording.ASK_FOR_MORE, address))


def _require_yes(charges: Sequence[Charge], unknown: Sequence[Charge]) -> None:
    """Raise Unconfirmed if the press has runs of unknown cost that nobody has confirmed."""
    confirmed = confirmation.current()
    if confirmed is None or confirmed.is_unknown_fine or not unknown:
        return
    amount = total(charges)
    sentence = wording.go_on(amount, len(charges), unknown)
    answer = Confirmation.asked_for(amount.normalize(), is_any_unknown=True)
    raise Unconfirmed(sentence, wording.yes(amount), answer)
