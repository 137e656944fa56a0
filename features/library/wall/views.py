"""Saved views: the offered ones, the news in them, and their form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone

from catalog.curation import query_news
from catalog.search.query import Query
from core.db.name_order import by_name
from core.forms import LineField
from core.http.parameters import parse_uuid
from features.library.search.line import MOST_CHARS
from features.library.wall.filters import VIEW, Filters
from projects import current
from projects.kept.forms import KeptForm
from runs.models import View

if TYPE_CHECKING:
    from django.http import HttpRequest

MOST_OFFERED = 40
MOST_NAME = 80
MOST_PARAMS = 4000


def named(request: HttpRequest) -> View | None:
    """Return the view that the address names, if the user sees it; no query without a name."""
    pk = parse_uuid(request.GET.get(VIEW, ""))
    if pk is None:
        return None
    visible_views = View.objects.kept().shown_to(request.user)
    return visible_views.filter(pk=pk, of=View.Of.RESULTS).first()


def filters(request: HttpRequest) -> Filters:
    """Return the filters in the address, including those of the view that it names."""
    view = named(request)
    return Filters.from_query(request.GET, view.line if view else "")


def offered(request: HttpRequest) -> list[View]:
    """Return the views of the request's project and the user's private ones, by name."""
    rows = View.objects.offered_in(current.current(request), cast("User", request.user))
    return list(rows.order_by(by_name("name"), "pk")[:MOST_OFFERED])


@dataclass(frozen=True)
class OfModels:
    """A view of models, with the number of models that are new since it was last opened."""

    view: View
    new: int

    @property
    def address(self) -> str:
        """Return the page's address with `since`, so that a reload shows the same models as new."""
        seen_at = self.view.seen_at or self.view.created_at
        return f"{self.view.get_absolute_url()}?since={seen_at.timestamp():.6f}"


def of_models(request: HttpRequest) -> list[OfModels]:
    """Return the user's views of models by name; searches nothing if no model is new."""
    user = cast("User", request.user)
    rows = View.objects.of_models(user).order_by(by_name("name"), "pk")[:MOST_OFFERED]
    queries = [(row.line, row.seen_at or row.created_at) for row in rows]
    return [*map(OfModels, rows, query_news.counts(user, queries))]


class ViewForm(KeptForm):
    """A view's form; in a view of models, the query is a hidden field."""

    name = LineField(
        max_length=MOST_NAME,
        required="Give the view a name, such as “Posters, starred”.",
        widget=forms.TextInput({"autofocus": True}),
    )
    line = LineField(
        label="Words and conditions",
        max_length=MOST_CHARS,
        required="A view needs words or a condition that narrow the results.",
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
        """Return the line; for a view of models, the query in canonical form."""
        line = str(self.cleaned_data["line"])
        if not self.is_of_models:
            return line
        former_line = "" if self.is_new else self.instance.line
        return query_news.params_of(Query.from_address(f"?{line}")) or former_line

    def save(self, commit: bool = True) -> Any:
        """Save the view; a new view of models counts all present models as seen. Raises Refused."""
        if self.is_new and self.is_of_models:
            self.instance.of, self.instance.seen_at = View.Of.MODELS, timezone.now()
        return super().save(commit)
