"""The form of a view: its name, and the line or the query that it saves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from catalog.curation import query_news
from catalog.search.query import Query
from core.forms import LineField
from kept.forms import KeptForm
from library.search.line import MOST_CHARS
from runs.models import View

MOST_NAME = 80
MOST_PARAMS = 4000


class ViewForm(KeptForm):
    """A view's form; the query of one of models is not typed, but goes along."""

    name = LineField(
        max_length=MOST_NAME,
        required="Give the view a name, such as “Posters, starred”.",
        widget=forms.TextInput({"autofocus": True}),
    )
    line = LineField(
        label="Words and conditions",
        max_length=MOST_CHARS,
        required="A view needs something to narrow the results by: words or a condition.",
        widget=forms.TextInput({"spellcheck": "false"}),
    )
    of = forms.ChoiceField(choices=View.Of.choices, widget=forms.HiddenInput, required=False)

    class Meta(KeptForm.Meta):
        model = View
        fields = ("name", "line")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        of = (self.data or self.initial).get("of") if self.is_new else self.instance.of
        self.is_of_models = of == View.Of.MODELS
        self.initial["of"] = View.Of.MODELS if self.is_of_models else View.Of.RESULTS
        if self.is_of_models:
            query = query_news.query_of(self.initial.get("line", ""))
            self.in_words = query_news.in_words(query)
            self.initial["name"] = self.initial.get("name") or self.in_words
            self.fields["line"] = LineField(
                max_length=MOST_PARAMS, required=False, widget=forms.HiddenInput
            )

    def clean_line(self) -> str:
        """Return the line; of models the query in its canonical form."""
        line = str(self.cleaned_data["line"])
        if not self.is_of_models:
            return line
        held = "" if self.is_new else self.instance.line
        return query_news.params_of(Query.from_address(f"?{line}")) or held

    def save(self, commit: bool = True) -> Any:
        """Save the view; all models that there are count as seen. Raises Refused."""
        if self.is_new and self.is_of_models:
            self.instance.of, self.instance.seen_at = View.Of.MODELS, timezone.now()
        return super().save(commit)
