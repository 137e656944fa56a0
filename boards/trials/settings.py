"""Parses the form of a board's standing trials, and previews what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from boards.models import Board, StandingTrial, Trial
from boards.models.trial import PARAMS_CHARS
from boards.plan.plan import MAX_CAP, MAX_CAP_CHARS
from boards.runs.locking import lock
from boards.trials.planning import trial_plan
from boards.trials.sending import best_column
from catalog.curation import query_news
from catalog.models import Endpoint, Favourite, Revision
from catalog.search import engine
from catalog.search.index import current
from catalog.search.query import Query
from core.formatting import counted, money
from core.http.parameters import parse_uuid
from runs.models import View
from schemas.estimate import Estimate

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_PRICED = 3  # of the models that fit now, newest first
WHENS = StandingTrial.When.choices
STATES = StandingTrial.State.choices


@dataclass
class Form:
    """The contents of the form, and error messages by field."""

    standing: StandingTrial
    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)


def standing_of(board: Board) -> StandingTrial:
    """Return the board's settings; unsaved defaults if there are none."""
    standing = StandingTrial.objects.filter(pk=board.pk).select_related("reference").first()
    return standing or StandingTrial(board=board)


def form_of(board: Board, user: User) -> Form:
    """Return the form filled from the settings, for a user with their own views of models."""
    standing = standing_of(board)
    saved = View.objects.of_models(user).filter(line=standing.params).first()
    query = Query.from_address(f"?{standing.params}")
    plain = query_news.params_of(Query(q=query.q)) == standing.params
    return Form(
        standing,
        {
            "state": standing.state,
            "saved": str(saved.pk) if saved and standing.params else "" if plain else "kept",
            "q": query.q if plain and not saved else "",
            "versions": "1" if standing.follows_versions else "",
            "when": standing.when,
            "cap": f"{standing.monthly_cap_usd.normalize():f}",
            "reference": str(standing.reference.position) if standing.reference else "",
        },
    )


def configure(board: Board, user: User, posted: Mapping[str, str]) -> Form:
    """Store what the user posted and return the form; with errors nothing is stored."""
    values = {name: posted.get(name, "").replace("\x00", "").strip() for name in _NAMES}
    form = Form(standing_of(board), values)
    reader = _Reader(board, user, form)
    read = reader.read()
    if form.errors:
        return form
    standing = form.standing
    if standing.state == StandingTrial.State.OFF and read["state"] != StandingTrial.State.OFF:
        read["watched_until"] = timezone.now()  # what was new while it was off is not tried
    with transaction.atomic():
        lock(board.pk)
        StandingTrial.objects.update_or_create(board=board, defaults=read)
        board.trials.filter(state=Trial.State.HELD).update(state=Trial.State.WAITING)
    form.standing = standing_of(board)
    return form


_NAMES = ("state", "saved", "q", "versions", "when", "cap", "reference")


class _Reader:
    """Parses each control and records its errors."""

    def __init__(self, board: Board, user: User, form: Form) -> None:
        self.board, self.user = board, user
        self.form, self.values = form, form.values

    def read(self) -> dict[str, Any]:
        """Return the values of the columns; errors are in the form's `errors`."""
        values = self.values
        values_read = {
            "state": values["state"] if values["state"] in StandingTrial.State.values else "off",
            "params": self._params(),
            "follows_versions": bool(values["versions"]),
            "when": values["when"] if values["when"] in StandingTrial.When.values else "now",
            "monthly_cap_usd": self._cap(),
            "reference": self._reference(),
        }
        is_empty = not (values_read["params"] or values_read["follows_versions"])
        if values_read["state"] == StandingTrial.State.ON and is_empty:
            self.form.errors.setdefault(
                "q",
                "Write a search or choose new versions: without either there is nothing to try.",
            )
        return values_read

    def _params(self) -> str:
        if self.values["saved"] == "kept":
            return self.form.standing.params
        if self.values["saved"]:
            return self._saved(self.values["saved"])
        if not self.values["q"]:
            return ""
        query = Query(q=" ".join(self.values["q"].split())[:300])
        if query.words.hints:  # ignoring a word would let more models in, which cost money
            self.form.errors["q"] = query.words.hints[0].message
        return query_news.params_of(query)[:PARAMS_CHARS]

    def _saved(self, text: str) -> str:
        views = View.objects.of_models(self.user)
        view = views.filter(pk=key).first() if (key := parse_uuid(text)) else None
        if view is None or len(view.line) > PARAMS_CHARS:
            self.form.errors["saved"] = "This view was deleted. Choose another one."
            return ""
        return view.line

    def _cap(self) -> Decimal:
        text = self.values["cap"].removeprefix("$").strip()
        try:
            cap = Decimal(text if len(text) <= MAX_CAP_CHARS else "NaN")
        except InvalidOperation:
            cap = Decimal(-1)
        if not cap.is_finite() or not 0 < cap <= MAX_CAP:
            self.form.errors["cap"] = (
                "Write what it may cost each month, in US dollars, such as 2.50."
            )
            return Decimal(0)
        return cap.quantize(Decimal("0.0001"))

    def _reference(self) -> Any:
        text = self.values["reference"]
        if not (text.isascii() and text.isdecimal() and len(text) < 7):
            return None
        return self.board.columns.filter(position=int(text)).first()


@dataclass(frozen=True)
class Preview:
    """The models that fit the search now, and the cost of trying each of the newest ones."""

    count: int
    priced: list[tuple[Endpoint, str]]

    @property
    def words(self) -> str:
        """Return how many models fit."""
        return f"{counted(self.count, 'model')} {'fits' if self.count == 1 else 'fit'}"


def preview(board: Board, standing: StandingTrial) -> Preview | None:
    """Return what the search finds now; None without a search."""
    if not standing.params:
        return None
    query = Query.from_address(f"?{standing.params}")
    starred = frozenset(Favourite.objects.endpoints_of(board.user))
    index = current(Revision.current())
    places = engine.find_all(query, starred, index)
    by_age = replace(query, sort="newest")
    newest = engine.search_slice(by_age, starred, 0, MAX_PRICED).endpoints
    base = best_column(board, None) if newest else None
    return Preview(
        len(places),
        [(endpoint, _price(trial_plan(board, endpoint, base).total)) for endpoint in newest],
    )


def _price(total: Estimate | None) -> str:
    return total.words if total else "does not fit"


def pause(board: Board, *, is_paused: bool) -> str:
    """Pause or resume; returns a sentence on it."""
    before, after = StandingTrial.State.ON, StandingTrial.State.PAUSED
    if not is_paused:
        before, after = after, before
    with transaction.atomic():
        lock(board.pk)
        StandingTrial.objects.filter(board=board, state=before).update(state=after)
    if is_paused:
        return "Trials are paused: new models are recorded, but nothing is sent."
    return "Trials are on again."


def dismiss(board: Board, pk: int, *, is_dismissed: bool) -> None:
    """Leave a trial out, or undo that; ignored if it was sent."""
    with transaction.atomic():
        lock(board.pk)
        trial = board.trials.get(pk=pk)
        if trial.can_be_sent:
            trial.state = Trial.State.DISMISSED if is_dismissed else Trial.State.WAITING
            trial.note, trial.decided_at = "", timezone.now()
            trial.save(update_fields=["state", "note", "decided_at"])


def spent_words(spent: Decimal, standing: StandingTrial) -> str:
    """Return `$0.40 of $5.00 this month`."""
    return f"{money(spent)} of {money(standing.monthly_cap_usd)} this month"


def words_of(params: str) -> str:
    """Return a stored search in words; empty without one."""
    return query_news.in_words(query_news.query_of(params)) if params else ""
