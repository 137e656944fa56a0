"""Budgets in words: the sentences of a refusal, with what is left, until when, and whom to ask."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts import roles as house_roles
from core import periods
from core.formatting import counted, money
from projects import roles
from projects.models import Project
from runs.ledger import Counter, Scope
from spending.budgets import counting
from spending.models import Budget

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from runs.models import Charge

ASK_FOR_MORE = "Ask for more"
ASK_ADMIN = "Ask an admin"
_WHEN = {Budget.Period.DAY: " today", Budget.Period.MONTH: " this month", Budget.Period.ONCE: ""}


def spent(budget: Budget, counter: Counter, left: Decimal, wanted: Decimal, user: User) -> str:
    """Return why a budget refuses this: what is left of it, until when, and whom to ask."""
    whose = subject(budget, counter, user)
    rest = f"{money(left)} is left" if left else "nothing is left"
    end = until(budget, counter.period)
    when = _WHEN[Budget.Period(budget.period)]
    return (
        f"{whose} may spend {money(budget.limit)}{when}, and {rest}{end}. "
        f"This may cost {money(wanted)}. {whom_to_ask(budget, counter)} for more."
    )


def until(budget: Budget, period: str) -> str:
    """Return " until 1 December", or nothing."""
    end = counting.ends_at(budget, period)
    if end is None:
        return ""
    if budget.period == Budget.Period.DAY:
        return " until midnight"
    return f" until {timezone.localtime(end):%-d %B}"


def subject(budget: Budget, counter: Counter, user: User) -> str:
    """Return whose budget it is, as a refusal says it to the user."""
    match counter.scope:
        case Scope.PROJECT:
            project = Project.objects.filter(pk=counter.key).first()
            is_own = project is None or project.is_private
            return "Your private project" if is_own else f"The project “{project}”"
        case Scope.PERSON:
            return "You" if counter.key == user.pk else "Whoever starts this"
        case Scope.TOKEN:
            return "This token"
        case _:
            return "The house"


def whom_to_ask(budget: Budget, counter: Counter) -> str:
    """Return "Ask Ada or Ben": who can grant more of it."""
    if counter.scope == Scope.PROJECT and counting.named_key(budget) is not None:
        project = Project.objects.filter(pk=counter.key).first()
        if project is not None and not project.is_private:
            return roles.ask(project)
    return house_roles.whom_to_ask()


def above_ceiling(wanted: Decimal, ceiling: Decimal) -> str:
    """Return why the house's ceiling refuses a run."""
    return (
        f"One run of this may cost {money(wanted)}, and only admins start a run above "
        f"{money(ceiling)}. {house_roles.whom_to_ask()} to allow it."
    )


def unknown_refused(charges: Sequence[Charge]) -> str:
    """Return why runs of which nothing is known of what they cost are refused."""
    (name, *_) = [charge.endpoint.name for charge in charges if charge.endpoint] or ["this model"]
    return (
        f"Nothing is known of what a run of {name} costs, and the house starts no such run where "
        f"a budget holds. {house_roles.whom_to_ask()} if it should run."
    )


def go_on(amount: Decimal, runs: int, unknown: Sequence[Charge]) -> str:
    """Return the question that whoever presses answers."""
    what = "This run costs" if runs == 1 else f"These {counted(runs, 'run')} cost"
    if not unknown:
        return f"{what} about {money(amount)}. Go on?"
    which = "it costs" if runs == 1 else f"{len(unknown)} of {runs} runs cost"
    known = f", the rest about {money(amount)}" if amount else ""
    return f"Nothing is known of what {which}{known}. Go on?"


def yes(amount: Decimal, unknown: Sequence[Charge]) -> str:
    """Return the words of the button that answers `go_on`."""
    if not unknown:
        return f"Go on: about {money(amount)}"
    return f"Go on: {money(amount)} or more" if amount else "Go on, whatever it costs"


def request_address(budget: Budget | None, counter: Counter | None, amount: Decimal) -> str:
    """Return the page on which somebody asks for this much more; without a budget for a run."""
    asked: dict[str, object] = {"amount": f"{amount:f}"}
    if budget and counter:
        asked |= {"budget": budget.pk, "key": counter.key, "period": counter.period}
    return f"{reverse('spending:new-request')}?{urlencode(asked)}"


def period_in_words(period: str) -> str:
    """Return "27 November", "November 2026" or "since 1 November 2026"."""
    start, end = periods.bounds(period)
    day = timezone.localtime(start)
    if end is None:
        return f"since {day:%-d %B %Y}"
    return f"{day:%B %Y}" if period.count("-") == 1 else f"{day:%-d %B}"
