"""The monthly mail: what was spent in the month that is over, in five lines."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from core.db import clock
from core.formatting import counted, enumerated, money
from notifications import outbox
from notifications.models import Channel, Method, Notification
from runs.costs.daily_sums import DAY
from spending.budgets import access, counting, gauges, wording
from spending.models import Budget
from spending.sums import scope
from spending.sums.forecast import month_of
from spending.sums.question import By, Each, Question
from spending.sums.report import Report, report
from spending.sums.totals import Days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spending.budgets.gauges import Gauge
    from spending.sums.scope import Scope

KIND = "spending_month"
SENT_UNTIL_DAY = 5  # of a month; who asks for the mail later gets the next one
PEOPLE_AT_ONCE = 20
CHECK_EVERY_S = 1800.0
MOST_NAMED = 3


def send_due() -> float:
    """Notify whoever wants it of the month that is over; returns seconds to the next call."""
    today = timezone.localdate(clock.now())
    if today.day > SENT_UNTIL_DAY:
        return CHECK_EVERY_S
    month = month_of(today.replace(day=1) - DAY)
    people = _waiting(month)
    for person in people[:PEOPLE_AT_ONCE]:
        _send(person, month)
    return 1.0 if len(people) > PEOPLE_AT_ONCE else CHECK_EVERY_S


def lines(person: User, month: Days) -> list[str]:
    """Return the five lines about a month of what somebody sees; none if nothing was spent."""
    seen = scope.of(person)
    sums = report(seen, _question(month, By.MODEL), month.last)
    if not sums.total.runs:
        return []
    return [
        _total(sums),
        f"Most on a model: {_largest(sums)}.",
        f"Most {_largest_places(seen, month)}.",
        _unusual(sums),
        _budgets(person, month),
    ]


def _send(person: User, month: Days) -> None:
    """Notify one person, once: the key names the month."""
    said = lines(person, month)
    question = _question(month, By.MODEL)
    name = f"{month.first:%B %Y}"
    with transaction.atomic():
        outbox.notify(
            person,
            KIND,
            subject=f"What was spent in {name}" if said else f"Nothing was spent in {name}",
            text="\n".join(said),
            path=f"/spend/{question.query}",
            key=_key(month),
        )


def _waiting(month: Days) -> list[User]:
    """Return who wants the mail and has not been notified of this month."""
    channels = Channel.objects.filter(deleted_at=None, is_paused=False, user__is_active=True)
    wanting = channels.exclude(method=Method.RUNS).values_list("user_id", "kinds")
    keys = {user_id for user_id, kinds in wanting if KIND in kinds}
    told = Notification.objects.filter(user__in=keys, key=_key(month)).values("user_id")
    return list(User.objects.filter(pk__in=keys).exclude(pk__in=told).order_by("pk"))


def _key(month: Days) -> str:
    return f"{KIND} {month.first:%Y-%m}"


def _question(month: Days, by: By) -> Question:
    return Question(month, by=by, each=Each.DAY)


def _total(sums: Report) -> str:
    spent = (
        f"{sums.days_in_words}: {money(sums.total.amount)} for {counted(sums.total.runs, 'run')}"
    )
    if not sums.before.amount:
        return f"{spent}; nothing in {sums.before_in_words}."
    return f"{spent}, {sums.change} compared with {money(sums.before.amount)} in " + (
        f"{sums.before_in_words}."
    )


def _largest(sums: Report) -> str:
    row = sums.rows[0]
    return f"{row.label.name}, {money(row.sums.amount)} ({row.share} %)"


def _largest_places(seen: Scope, month: Days) -> str:
    project = _largest(report(seen, _question(month, By.PROJECT), month.last))
    said = f"in a project: {project}"
    if seen.sees_all or seen.is_manager:
        person = _largest(report(seen, _question(month, By.PERSON), month.last))
        said += f"; by a person: {person}"
    return said


def _unusual(sums: Report) -> str:
    if not sums.unusual:
        return "No day was unusual."
    shown = "; ".join(found.words for found in sums.unusual[:MOST_NAMED])
    return f"{counted(sums.unusual_count, 'unusual day')}: {shown}."


def _budgets(person: User, month: Days) -> str:
    """Return the budgets that were nearly spent at the end of the month, or spent."""
    near = [gauge for gauge in _gauges(person, month) if gauge.is_nearly_spent]
    if not near:
        return "No budget came near its end."
    near.sort(key=lambda gauge: gauge.spent / gauge.limit, reverse=True)
    said = [
        f"{wording.title(gauge.budget)}, {gauge.percent} % of {money(gauge.limit)}"
        for gauge in near[:MOST_NAMED]
    ]
    return f"{counted(len(near), 'budget')} near the end or spent: {enumerated(said)}."


def _gauges(person: User, month: Days) -> Sequence[Gauge]:
    """Return the budgets of a month, or spent once, that the person sees, one counter each.

    Of a budget for each person it is the person's own; those of a day are too many to say.
    """
    visible = access.visible(person).values("pk")
    budgets = Budget.objects.holding(month.last).filter(pk__in=visible)
    budgets = budgets.exclude(period=Budget.Period.DAY).exclude(scope=Budget.Scope.SESSION)
    related = budgets.select_related("project__person", "person", "token__user")
    at = month.end - timedelta(seconds=1)
    pairs = []
    for budget in related:
        key = counting.named_key(budget)
        if key is None and budget.scope == Budget.Scope.PERSON:
            key = person.pk
        if key is not None:
            pairs.append(gauges.counter_of(budget, key, at))
    return gauges.read(pairs)
