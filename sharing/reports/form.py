"""The form of a report: its question, and sentences of its maker's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from core.forms import LineField, TextField
from sharing.reports.sections import MAX_QUESTION_CHARS, MAX_SENTENCES_CHARS, SECTIONS

if TYPE_CHECKING:
    from django.forms import BoundField
    from django.http import QueryDict

    from sharing.models import Report


class ReportForm(forms.Form):
    """What a report's maker writes; an empty section adds nothing."""

    question = LineField(
        label="The question",
        max_length=MAX_QUESTION_CHARS,
        required="Write the question that the report answers.",
    )

    def __init__(self, report: Report, data: QueryDict | None = None) -> None:
        """Make the form of a report, as it was posted or as it is."""
        written = {"question": report.question, **report.sentences}
        super().__init__(data, initial=written, auto_id="%s")
        self.report = report
        for name, label in SECTIONS.items():
            self.fields[name] = TextField(
                label=label, max_length=MAX_SENTENCES_CHARS, required=False
            )

    @property
    def sections(self) -> list[BoundField]:
        """Return the fields of the sections."""
        return [self[name] for name in SECTIONS]

    def save(self) -> None:
        """Save what was written."""
        written = {name: self.cleaned_data[name] for name in SECTIONS}
        self.report.question = self.cleaned_data["question"]
        self.report.sentences = {name: text for name, text in written.items() if text}
        self.report.save(update_fields=["question", "sentences"])
