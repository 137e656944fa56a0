"""The house's rules about sums: their form, and saving them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import transaction

from accounts import permissions
from features.spending.budgets.form import SumField
from features.spending.models import SpendingRules
from features.spending.models.budget import ONLY
from runs.costs import ledger

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import QueryDict

NO_SUM = "Enter the sum that is assumed, above $0, or choose another answer."
NO_CEILING = "With a ceiling of $0, only admins could start runs. Enter more, or leave it empty."


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]
    """The rules for every run."""

    unknown = forms.ChoiceField(
        label="A run of unknown cost, under a budget",
        choices=SpendingRules.Unknown,
        widget=forms.RadioSelect,
    )
    assumed = SumField(
        label="Assumed sum, in dollars",
        required=False,
        help_text="A run of unknown cost that somebody confirmed, or that belongs to an "
        "assistant's session, counts as this sum until its cost is known. Empty: it "
        "counts as all that is left, and no other run starts until then.",
    )
    ceiling = SumField(
        label="Ceiling, in dollars",
        required=False,
        help_text="Runs that start together may cost at most this; above it, only admins can "
        "start them. Empty: no ceiling.",
    )

    class Meta:
        model = SpendingRules
        fields = ("unknown", "assumed", "ceiling")

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data, instance=SpendingRules.current())

    def clean_ceiling(self) -> Decimal | None:
        """Return the ceiling, which must be positive; None if there is none."""
        ceiling: Decimal | None = self.cleaned_data["ceiling"]
        if ceiling is not None and ceiling <= 0:
            raise forms.ValidationError(NO_CEILING, code="nothing")
        return ceiling

    def clean(self) -> dict[str, Any]:
        """Require a sum if one is to be assumed."""
        cleaned = super().clean() or self.cleaned_data
        is_assumed = cleaned.get("unknown") == SpendingRules.Unknown.ASSUME
        assumed = cleaned.get("assumed")
        is_sum = assumed is not None and assumed > 0
        if "assumed" not in self.errors and not is_sum and (is_assumed or assumed is not None):
            self.add_error("assumed", NO_SUM)
        return cleaned


def save(by: User, form: RulesForm) -> None:
    """Save the rules of a valid form; runs that start from now on follow them."""
    permissions.require(by, permissions.CHANGE_BUDGETS)
    with transaction.atomic():
        ledger.lock_house()
        rules = form.save(commit=False)
        rules.pk = ONLY
        rules.save()
