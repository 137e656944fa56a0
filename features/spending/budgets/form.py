"""The form of a budget: its target, limit and period."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.db import clock
from core.db.dollars_field import MOST, PLACES
from core.db.name_order import by_name
from core.formatting import money
from features.spending import visibility
from features.spending.budgets import access, gauges, wording
from features.spending.models import Budget
from runs.costs.ledger import Scope

if TYPE_CHECKING:
    from django.http import QueryDict

FOR_WHOM = "Choose the person, project or token that the budget is for."
NO_SUM = "Enter a sum in dollars, such as 50 or 12.50."
TOO_MUCH = f"No budget is above {money(MOST)}: enter less."
NOT_NOTHING = "A budget of $0 stops everything. Enter a sum above $0."
ONCE_ALONE = "Only a budget that is spent once has dates: choose “once”, or leave them empty."
PAST = "This day is over, so the budget would have no effect. Choose today or a later day."
BACKWARDS = "The budget would end before it begins. Choose a later day."
BELOW = (
    "{whose} already spent {spent}{when}. With this budget, everything is refused{until}. Enter "
    "more, or tick “Save it anyway”."
)
ABOVE_ADMINS = (
    "An admin has set {allowance} for this project: your budget has an effect only if it is "
    "lower. Enter less."
)
SUM_ERRORS = {
    "required": NO_SUM,
    "invalid": NO_SUM,
    "max_value": TOO_MUCH,
    "max_digits": TOO_MUCH,
    "max_whole_digits": TOO_MUCH,
    "max_decimal_places": f"A sum has at most {PLACES} places after the point.",
}


class SumField(forms.DecimalField):
    """A sum in dollars, which may begin with `$`; NaN and infinity are invalid."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def __init__(self, **options: Any) -> None:
        errors = {**SUM_ERRORS, **options.pop("error_messages", {})}
        super().__init__(max_value=MOST, decimal_places=PLACES, error_messages=errors, **options)

    def to_python(self, value: Any) -> Any:
        """Return the sum; raises ValidationError."""
        text = value.strip().removeprefix("$") if isinstance(value, str) else value
        return super().to_python(text)


class BudgetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A budget that the user may make or change; its target cannot change."""

    target = forms.ChoiceField(
        label="For",
        error_messages={"required": FOR_WHOM, "invalid_choice": FOR_WHOM},
        help_text="The budget of a person counts what they spend in their private project.",
    )
    limit = SumField(label="Budget in US dollars")
    is_below_fine = forms.BooleanField(label="Save it anyway", required=False)

    class Meta:
        model = Budget
        fields = ("limit", "period", "begins_on", "ends_on")
        help_texts = {
            "begins_on": "Empty: it begins today.",
            "ends_on": "Its last day. Empty: it has no end.",
        }
        widgets = dict.fromkeys(
            ("begins_on", "ends_on"), forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        )

    def __init__(self, user: User, data: QueryDict | None, instance: Budget | None = None) -> None:
        super().__init__(data, instance=instance)
        self.existing: Budget | None = None  # a budget that this one would duplicate
        self.offers_below = False
        self._user = user
        if instance:
            del self.fields["target"]
        else:
            self.fields["target"].choices = choices(user)  # type: ignore[attr-defined]

    def clean_limit(self) -> Decimal:
        """Return the limit, which must be positive."""
        limit: Decimal = self.cleaned_data["limit"]
        if limit <= 0:
            raise ValidationError(NOT_NOTHING, code="nothing")
        return limit

    def clean(self) -> dict[str, Any]:
        """Check the fields against each other and against the spending."""
        cleaned = super().clean() or self.cleaned_data
        self._clean_dates(cleaned)
        if self.errors:
            return cleaned
        budget = self.as_budget(cleaned)
        if self._is_second(budget):
            return cleaned
        self._clean_below_admins(budget)
        self._clean_spent(budget)
        return cleaned

    def as_budget(self, cleaned: dict[str, Any]) -> Budget:
        """Return the form's budget, unsaved."""
        budget: Budget = self.instance
        if "target" in self.fields:
            scope, _, key = cleaned["target"].partition(":")
            budget.scope = scope
            if key:
                setattr(budget, f"{scope}_id", int(key))
        for name in ("limit", "period", "begins_on", "ends_on"):
            setattr(budget, name, cleaned.get(name))
        return budget

    def _clean_dates(self, cleaned: dict[str, Any]) -> None:
        today = timezone.localdate(clock.now())
        begins, ends = cleaned.get("begins_on"), cleaned.get("ends_on")
        scopes = {cleaned.get("target"), self.instance.scope}
        is_of_session = Budget.Scope.SESSION in scopes
        if is_of_session:
            cleaned["period"] = Budget.Period.ONCE  # in each session
        if is_of_session or cleaned.get("period") != Budget.Period.ONCE:
            for name in ("begins_on", "ends_on"):
                if cleaned.get(name):
                    self.add_error(name, ONCE_ALONE)
            return
        if begins is None and "begins_on" not in self.errors:
            begins = cleaned["begins_on"] = self.instance.begins_on or today
        if ends and ends < today:
            self.add_error("ends_on", PAST)
        elif ends and begins and ends < begins:
            self.add_error("ends_on", BACKWARDS)

    def _is_second(self, budget: Budget) -> bool:
        alike = access.managed(self._user).filter(
            ended_at=None,
            scope=budget.scope,
            project=budget.project_id,
            person=budget.person_id,
            token=budget.token_id,
            period=budget.period,
            is_by_admin=self._is_by_admin,
        )
        if budget.period == Budget.Period.ONCE:
            alike = alike.filter(begins_on=budget.begins_on)
        self.existing = alike.exclude(pk=budget.pk).first()
        if self.existing is None:
            return False
        owner_phrase = wording.title(self.existing)
        sentence = f"{owner_phrase} has such a budget already: {wording.allowance(self.existing)}."
        self.add_error("target" if "target" in self.fields else "period", sentence)
        return True

    @property
    def _is_by_admin(self) -> bool:
        """Whether it is an admin's; a project may have an admin's and a manager's budget."""
        return self.instance.is_by_admin if self.instance.pk else visibility.sees_all(self._user)

    def _clean_below_admins(self, budget: Budget) -> None:
        """Require managers' limits to be below an admin's limit for the same period."""
        if self._is_by_admin or budget.project_id is None or "limit" not in self.changed_data:
            return
        now = clock.now()
        above = Budget.objects.holding(timezone.localdate(now)).filter(
            project=budget.project_id, period=budget.period, is_by_admin=True
        )
        if budget.period == Budget.Period.ONCE:
            above = above.filter(begins_on=budget.begins_on)
        budget_counters = [gauges.counter_of(row, budget.project_id, now) for row in above]
        for gauge in gauges.read(budget_counters):
            if budget.limit >= gauge.limit:
                allowance = wording.allowance(gauge.budget)
                self.add_error("limit", ABOVE_ADMINS.format(allowance=allowance))

    def _clean_spent(self, budget: Budget) -> None:
        gauge = gauges.most_spent(budget, clock.now())
        if gauge is None:
            return
        limit = gauge.limit if self.instance.pk else budget.limit
        if gauge.spent <= limit:
            return
        self.offers_below = True
        if self.cleaned_data["is_below_fine"]:
            return
        name = gauges.names_of([gauge.counter])[gauge.counter]
        period_words = {Budget.Period.DAY: " today", Budget.Period.MONTH: " this month"}
        sentence = BELOW.format(
            whose=f"{name} has" if gauge.counter.scope != Scope.HOUSE else "The house has",
            spent=money(gauge.spent),
            when=period_words.get(Budget.Period(budget.period), ""),
            until=wording.until(budget, gauge.counter.period),
        )
        self.add_error("limit", sentence)


def choices(user: User) -> list[tuple[str, Any]]:
    """Return choices of the targets for which the user may make a budget; at most three queries."""
    projects = [
        (f"project:{project.pk}", project.name) for project in access.managed_projects(user)
    ]
    if not visibility.sees_all(user):
        return [("", "Choose…"), *projects]
    scopes = Budget.Scope
    scope_choices = [(f"{scope}", label) for scope, label in wording.EACH.items()]
    people = User.objects.filter(is_active=True).order_by(by_name("username"), "pk")
    tokens = access.TOKENS._default_manager.filter(revoked_at=None).select_related("user")
    groups = [
        ("Projects", projects),
        ("People", [(f"person:{person.pk}", person.get_username()) for person in people]),
        ("Tokens", [(f"token:{token.pk}", wording.token_name(token)) for token in tokens]),
    ]
    return [
        ("", "Choose…"),
        (f"{scopes.HOUSE}", "The house: all runs together"),
        *scope_choices,
        *((name, rows) for name, rows in groups if rows),
    ]
