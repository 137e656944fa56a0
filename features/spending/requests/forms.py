"""The forms of a request: for asking, and for the decision."""

from __future__ import annotations

from django import forms

from core.forms import LineField
from features.spending.models.budget import SENTENCE_CHARS


class RequestForm(forms.Form):
    """Why it is wanted, if the user says it."""

    sentence = LineField(
        label="What for, in a sentence (optional)", max_length=SENTENCE_CHARS, required=False
    )


class DecisionForm(forms.Form):
    """A reply, which may be empty."""

    answer = LineField(
        label="Your answer, in a sentence", max_length=SENTENCE_CHARS, required=False
    )
