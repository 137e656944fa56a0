"""The form of a board's standing trials."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from catalog.curation import query_news
from catalog.search.query import Query
from core.forms import LineField
from features.boards.models import Column, StandingTrial, Trial
from features.boards.models.trial import PARAMS_CHARS
from features.boards.plan.plan import MAX_CAP_CHARS, parse_cap
from features.boards.runs.locking import lock
from features.boards.trials.settings import standing_of, words_of
from runs.models import View

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import QueryDict

    from features.boards.models import Board

MAX_SEARCH_CHARS = 300
SEARCH, KEPT = "", "kept"  # besides the keys of views: the typed search, and the saved one
NOTHING = "Write a search or choose new versions: without either there is nothing to try."
GONE = "This view was deleted. Choose another one."
NO_CAP = "Write what trials may cost each month, in US dollars, such as 2.50."


class ColumnField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A column of a board, by its position."""

    def label_from_instance(self, column: Column) -> str:
        """Return the column's name."""
        return f"{column.endpoint.name} {column.label}"


class TrialsForm(forms.Form):
    """Which new models a board tries, when, and within which cap; offers the user's views."""

    state = forms.ChoiceField(
        label="Try automatically", choices=StandingTrial.State.choices, widget=forms.RadioSelect
    )
    q = LineField(
        label="New models that fit this search",
        max_length=MAX_SEARCH_CHARS,
        required=False,
        widget=forms.TextInput({"placeholder": "in:image out:video price:<0.5"}),
        help_text="Write it as in the gallery's search. Leave it empty to try no new models.",
    )
    saved = forms.ChoiceField(
        label="or one of your views of models",
        required=False,
        error_messages={"invalid_choice": GONE},
    )
    versions = forms.BooleanField(required=False)
    cap = LineField(
        label="Cap for each month, in US dollars",
        max_length=MAX_CAP_CHARS,
        required=NO_CAP,
        widget=forms.TextInput({"inputmode": "decimal"}),
        error_messages={"max_length": NO_CAP},
    )
    when = forms.ChoiceField(choices=StandingTrial.When.choices)
    reference = ColumnField(
        Column.objects.none(),
        label="Compare with",
        required=False,
        to_field_name="position",
        empty_label="The best, by votes, winners and stars",
    )

    def __init__(self, board: Board, user: User, data: QueryDict | None = None) -> None:
        """Fill in the posted data, else the board's saved settings."""
        self.board, self.standing = board, standing_of(board)
        self.views = {str(view.pk): view for view in View.objects.of_models(user)}
        initial = self._initial()
        super().__init__(data, initial=initial, auto_id="trials-%s")
        choices = [(SEARCH, "The search above")]
        if initial["saved"] == KEPT:
            choices.append((KEPT, words_of(self.standing.params)))
        choices += [(key, view.name) for key, view in self.views.items()]
        self.fields["saved"].choices = choices  # type: ignore[attr-defined]
        columns = board.columns.named()
        self.fields["reference"].queryset = columns  # type: ignore[attr-defined]

    def _initial(self) -> dict[str, Any]:
        standing = self.standing
        query = Query.from_address(f"?{standing.params}")
        is_typed = query_news.params_of(Query(q=query.q)) == standing.params
        keys = [key for key, view in self.views.items() if view.line == standing.params]
        choice = keys[0] if keys and standing.params else SEARCH if is_typed else KEPT
        return {
            "state": standing.state,
            "saved": choice,
            "q": query.q if choice == SEARCH else "",
            "versions": standing.follows_versions,
            "when": standing.when,
            "cap": f"{standing.monthly_cap_usd.normalize():f}",
            "reference": standing.reference and standing.reference.position,
        }

    def clean_cap(self) -> Decimal:
        """Return the cap, which is required."""
        try:
            cap = parse_cap(self.cleaned_data["cap"])
        except ValueError:
            cap = None
        if cap is None:
            raise ValidationError(NO_CAP)
        return cap

    def clean(self) -> dict[str, Any]:
        """Add `params`, the search; trials that are on need something to try."""
        data = self.cleaned_data
        data["params"] = self._params()
        is_empty = not (data["params"] or data["versions"])
        if data.get("state") == StandingTrial.State.ON and is_empty and "q" not in self.errors:
            self.add_error("q", NOTHING)
        return data

    def _params(self) -> str:
        saved_key, words = (self.cleaned_data.get(name, "") for name in ("saved", "q"))
        if saved_key == KEPT:
            return self.standing.params
        if saved_key:
            line: str = self.views[saved_key].line
            if len(line) > PARAMS_CHARS:
                self.add_error("saved", GONE)
            return line
        query = Query(q=words)
        if query.parsed.hints:  # ignoring a word would let more models in, which cost money
            self.add_error("q", query.parsed.hints[0].message)
        return query_news.params_of(query)[:PARAMS_CHARS] if words else ""

    def save(self) -> StandingTrial:
        """Save the settings."""
        data, former_state = self.cleaned_data, self.standing.state
        values = {
            "state": data["state"],
            "params": data["params"],
            "follows_versions": data["versions"],
            "when": data["when"],
            "monthly_cap_usd": data["cap"],
            "reference": data["reference"],
        }
        if former_state == StandingTrial.State.OFF != data["state"]:
            values["watched_until"] = timezone.now()  # models from before are not tried
        board = self.board
        with transaction.atomic():
            lock(board.pk)
            saved_trial, _ = StandingTrial.objects.update_or_create(board=board, defaults=values)
            board.trials.filter(state=Trial.State.HELD).update(state=Trial.State.WAITING)
        return saved_trial
