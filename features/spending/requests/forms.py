"""The forms of a request: for asking, and for the decision."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from core.formatting import in_cents, money
from core.forms import LineField
from fal.db_safe import db_safe_text
from features.spending.budgets.form import SumField
from features.spending.models.budget import SENTENCE_CHARS
from runs.costs.ledger import NOTHING
from schemas.estimate.amounts import decimal

if TYPE_CHECKING:
    from django.http import QueryDict

NOTHING_ASKED = "Ask for a sum above $0."
TOO_LITTLE = "The limit is already exceeded by {over}: ask for more than that."
NOTHING_GRANTED = "Grant a sum above $0, or refuse it."


class RequestForm(forms.Form):
    """How much more, and why."""

    amount = SumField(label="How much more, in dollars")
    sentence = forms.CharField(
        label="Why, in a sentence",
        max_length=SENTENCE_CHARS,
        error_messages={
            "required": "Say in a sentence what it is for: the people who decide read it.",
            "max_length": f"Say it in at most {SENTENCE_CHARS} characters.",
        },
    )

    def __init__(self, data: QueryDict | None, amount: str, overspent: Decimal) -> None:
        """`overspent` is the spending above the limit; a smaller sum would start nothing."""
        requested_amount = decimal(amount)
        if requested_amount is not None and NOTHING < requested_amount <= overspent:
            requested_amount += overspent
        if requested_amount is not None:
            amount = f"{in_cents(requested_amount):f}"
        super().__init__(data, initial={"amount": amount})
        self._overspent = overspent

    def clean_amount(self) -> Decimal:
        """Return the sum, which must be positive and more than `overspent`."""
        amount = _something(self.cleaned_data["amount"], NOTHING_ASKED)
        if amount <= self._overspent:
            sentence = TOO_LITTLE.format(over=money(self._overspent))
            raise ValidationError(sentence, code="too_little")
        return amount

    def clean_sentence(self) -> str:
        """Return the sentence on one line."""
        return " ".join(db_safe_text(self.cleaned_data["sentence"]).split())


class ModelRequestForm(forms.Form):
    """Why a model is wanted, if the user says it."""

    sentence = LineField(
        label="What for, in a sentence (optional)", max_length=SENTENCE_CHARS, required=False
    )


class DecisionForm(forms.Form):
    """A sum other than the requested one, and a reply; both may be empty."""

    amount = SumField(label="Another sum, in dollars", required=False)
    answer = forms.CharField(
        label="Your answer, in a sentence",
        max_length=SENTENCE_CHARS,
        required=False,
        error_messages={"max_length": f"Say it in at most {SENTENCE_CHARS} characters."},
    )

    def clean_amount(self) -> Any:
        """Return the sum, which must be positive; None for the requested one."""
        amount = self.cleaned_data["amount"]
        return amount if amount is None else _something(amount, NOTHING_GRANTED)

    def clean_answer(self) -> str:
        """Return the sentence on one line."""
        return " ".join(db_safe_text(self.cleaned_data["answer"]).split())


def _something(amount: Decimal, refusal: str) -> Decimal:
    if amount <= 0:
        raise ValidationError(refusal, code="nothing")
    return amount
