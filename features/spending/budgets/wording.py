"""Words budgets and refusals: the remaining amount, its period, and whom to ask."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts import roles as house_roles
from core import periods
from core.formatting import counted, money
from features.spending.budgets import counting
from features.spending.models import Budget
from projects import roles
from projects.models import Project
from runs.costs.ledger import Counter, Scope
from schemas.estimate.wording import about, between

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from runs.models import Charge

ASK_FOR_MORE = "Ask for more"
CHANGE = "Change the budget"
YOURS = "You look after this budget."
EACH = {
    Budget.Scope.PROJECT: "Each project",
    Budget.Scope.PERSON: "Each person",
    Budget.Scope.TOKEN: "Each token",
    Budget.Scope.SESSION: "Each session of an assistant",
}
_WHEN = {Budget.Period.DAY: " today", Budget.Period.MONTH: " this month", Budget.Period.ONCE: ""}


def spent(
    budget: Budget, period: str, owner: str, limit: Decimal, rest: Decimal, amount: Decimal | None
) -> str:
    """Return why a budget refuses a press: the remaining amount, and until when.

    `limit` includes what was allowed on top; `owner` comes from `subject`. `amount` is None if a
    part of the cost is unknown.
    """
    remainder = f"{money(rest)} is left" if rest else "nothing is left"
    end = until(budget, period)
    period_phrase = _WHEN[Budget.Period(budget.period)]
    cost = (
        "The cost of this is not known in advance"
        if amount is None
        else (f"This may cost {money(amount)}")
    )
    return f"{owner} may spend {money(limit)}{period_phrase}, and {remainder}{end}. {cost}."


def until(budget: Budget, period: str) -> str:
    """Return " until 1 December", or nothing."""
    end = counting.ends_at(budget, period)
    if end is None:
        return ""
    if budget.period == Budget.Period.DAY:
        return " until midnight"
    return f" until {timezone.localtime(end):%-d %B}"


def subject(budget: Budget, counter: Counter, user: User) -> str:
    """Return the budget's target as the subject of a refusal to the user."""
    match counter.scope:
        case Scope.PROJECT:
            project = Project.objects.filter(pk=counter.key).first()
            is_own = project is None or project.is_private
            return "Your private project" if is_own else f"The project “{project}”"
        case Scope.PERSON:
            return "You" if counter.key == user.pk else "The person who starts this"
        case Scope.TOKEN:
            return "This token"
        case _:
            return "The house"


def whom_to_ask(budget: Budget, counter: Counter) -> str:
    """Return "Ask Ada or Ben", naming those who can allow more."""
    is_named = counting.named_key(budget) is not None
    if counter.scope == Scope.PROJECT and is_named and not budget.is_by_admin:
        project = Project.objects.filter(pk=counter.key).first()
        if project is not None and not project.is_private:
            return roles.ask(project)
    return house_roles.whom_to_ask()


def above_ceiling(press_cost: Decimal, runs: int, ceiling: Decimal) -> str:
    """Return why the house's ceiling refuses a press of `runs` runs."""
    run_phrase = "This run" if runs == 1 else f"These {counted(runs, 'run')} together"
    return (
        f"{run_phrase} may cost {money(press_cost)}, and only admins start more than "
        f"{money(ceiling)} at once. {house_roles.whom_to_ask()} to start it."
    )


def unknown_refused(charges: Sequence[Charge]) -> str:
    """Return why runs of unknown cost are refused."""
    (name, *_) = [charge.endpoint.name for charge in charges if charge.endpoint] or ["this model"]
    return (
        f"The cost of a run of {name} is not known in advance, and the house does not start such "
        f"runs under a budget. {house_roles.whom_to_ask()} if it should run."
    )


def one_at_a_time(runs: int) -> str:
    """Return why several runs of unknown cost do not start together."""
    return (
        f"The cost of {runs} of these runs is not known in advance. Under a budget, only one such "
        "run starts at a time, since it counts as all that is left until its cost is known. "
        f"{house_roles.whom_to_ask()} to set a sum that is assumed for such runs."
    )


def go_on(amount: Decimal, runs: int, unknown: Sequence[Charge]) -> str:
    """Return the question to confirm before a press with runs of unknown cost."""
    cost_phrase = "it costs" if runs == 1 else f"{len(unknown)} of {runs} runs cost"
    rest_cost = f"; the rest costs {about(amount)}" if amount else ""
    held_sum = sum((charge.amount or Decimal() for charge in unknown), Decimal())
    until = f" Until it is known, it counts as {money(held_sum)}." if held_sum else ""
    return f"It is not known in advance how much {cost_phrase}{rest_cost}.{until} Go on?"


def yes(amount: Decimal) -> str:
    """Return the words of the button that answers `go_on`."""
    return f"Go on: {between(amount, None)}" if amount else "Go on, whatever it costs"


def request_address(budget: Budget, counter: Counter, missing: Decimal) -> str:
    """Return the address of the form that asks for the missing sum, rounded up to whole dollars."""
    dollars = max(missing.to_integral_value(ROUND_CEILING), Decimal(1))
    parameters: dict[str, object] = {"amount": f"{dollars:f}"}
    parameters |= {"budget": budget.pk, "key": counter.key, "period": counter.period}
    return f"{reverse('spending:new-request')}?{urlencode(parameters)}"


def period_in_words(period: str) -> str:
    """Return "27 November", "November 2026" or "since 1 November 2026"."""
    start, end = periods.bounds(period)
    day = timezone.localtime(start)
    if end is None:
        return f"since {day:%-d %B %Y}"
    return f"{day:%B %Y}" if period.count("-") == 1 else f"{day:%-d %B}"


def title(budget: Budget) -> str:
    """Return the budget's target: "The house", "Fox", "ada", "Each person"."""
    if budget.scope == Budget.Scope.HOUSE:
        return "The house"
    if budget.project:
        return project_name(budget.project)
    if budget.person:
        return budget.person.get_username()
    return token_name(budget.token) if budget.token else EACH[Budget.Scope(budget.scope)]


def project_name(project: Project) -> str:
    """Return a project's name; for a private project, with its person."""
    return f"{project.person.get_username()}'s private project" if project.person else project.name


def token_name(token: Any) -> str:
    """Return "ada's token “films”"."""
    return f"{token.user.get_username()}'s token “{token.name}”"


def allowance(budget: Budget) -> str:
    """Return "$5.00 a day", "$50.00 a month" or "$100.00 from 1 to 30 November 2026, once"."""
    limit = money(budget.limit)
    if budget.scope == Budget.Scope.SESSION:
        return f"{limit} a session"
    if budget.period != Budget.Period.ONCE:
        return f"{limit} {budget.get_period_display()}"
    begin = f", from {budget.begins_on:%-d %B %Y}" if budget.begins_on else ""
    return f"{limit} once{begin}{f' to {budget.ends_on:%-d %B %Y}' if budget.ends_on else ''}"


def is_period(name: str) -> bool:
    """Whether this is the name of a period."""
    try:
        periods.bounds(name)
    except (ValueError, OverflowError):
        return False
    return True
