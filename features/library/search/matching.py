"""Finds the runs that match a line.

An index finds words and marks but does not sort by time, as lists do. So the index is first asked
for FEW + 1 matches: if there are no more than FEW, they are sorted. If there are many, the newest
are found sooner by walking through the runs in the order of time and checking each. A database
cannot choose between the two, as it assumes that matches are evenly spread.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q

from catalog.filters.conditions import Span
from catalog.filters.query_parser import Hint
from catalog.models import Endpoint
from core.db.json_field import small
from features.library import feedback
from features.library.full_text import Clause, Phrase, mark
from features.library.models import DueEntry, SearchEntry, Series, SeriesItem
from features.library.search import conditions as keys
from features.library.search.conditions import Condition
from features.library.search.dates import parse_period
from features.library.search.entries import ALL, USED, clauses_in
from features.library.search.line import Line
from runs.models import Artifact, Run
from runs.models.querysets import NOT_DONE, SIGNED, UNFINISHED, RunQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from runs.models.upload import UploadQuerySet

    Reader = User | AnonymousUser

FEW = 1000
MOST_DUE = 20  # newest runs that are read because they are not indexed yet
_INDEXED = {keys.OUT, keys.IN, keys.SEED}
_ANYWHERE = Clause((Phrase((ALL,)),))
_USED = Condition(keys.IS, (keys.USED,))
_NONE = Q(pk__in=())


def scope(name: str, key: object) -> Clause:
    """Return the clause that limits a search to a project or to a user's runs."""
    return Clause((Phrase((mark(name, key),)),))


def matching(
    runs: RunQuerySet, line: Line, user: Reader, within: Clause | None = None
) -> RunQuerySet:
    """Return the runs that match the line.

    `within` limits the index to the part with these runs; it never widens the result.
    """
    for condition in line.conditions:
        if condition.key not in (*_INDEXED, keys.COST):
            matches = _held(condition, user)
            runs = runs.exclude(matches) if condition.is_negated else runs.filter(matches)
    clauses = (*line.clauses, *map(_clause, _conditions_on(line, _INDEXED)))
    if line.has(_USED):  # few runs are used; without the index, all of them would be checked
        clauses += (Clause((Phrase((USED,)),)),)
    costs = [_costing(condition) for condition in _conditions_on(line, {keys.COST})]
    if not clauses and not costs:
        return runs
    return _by_entries(runs, clauses, costs, within or _ANYWHERE)


def matching_uploads(uploads: UploadQuerySet, line: Line, user: Reader) -> UploadQuerySet:
    """Return the uploads that match the line; a condition that uploads do not know holds for none.

    Words are looked for in their names.
    """
    for condition in line.conditions:
        holds = _HOLDS_OF_UPLOADS.get(condition.key, _is_none)
        matches = reduce(or_, (holds(value, user) for value in condition.values))
        uploads = uploads.exclude(matches) if condition.is_negated else uploads.filter(matches)
    for piece, clause in line.looked_for:
        words = piece.lstrip("-!").strip('"').split()
        matches = Q(*(Q(file_name__icontains=word) for word in words))
        uploads = uploads.exclude(matches) if clause.is_negated else uploads.filter(matches)
    return uploads


def missing_models(line: Line) -> list[Hint]:
    """Return hints for models in the line that are unknown, or no longer in the catalogue."""
    hints = []
    for condition in _conditions_on(line, {keys.MODEL}):
        for value in condition.values:
            named_models = _called(value)
            if not named_models:
                hints.append(Hint(condition.word, f"No model is called “{value}”."))
            elif all(endpoint.gone_at for endpoint in named_models):
                message = f"“{value}” is no longer listed; its results stay."
                hints.append(Hint(condition.word, message))
    return hints


def _conditions_on(line: Line, names: set[str]) -> list[Condition]:
    return [condition for condition in line.conditions if condition.key in names]


def _clause(condition: Condition) -> Clause:
    phrases = tuple(Phrase((mark(condition.key, value),)) for value in condition.values)
    return Clause(phrases, condition.is_negated)


def _by_entries(
    runs: RunQuerySet, clauses: Sequence[Clause], costs: Sequence[Q], within: Clause
) -> RunQuerySet:
    entries = SearchEntry.objects.filter(*costs)
    matches = entries.filter(words__matches=(within, *clauses)) if clauses else entries
    few = list(matches.values_list("run", flat=True)[: FEW + 1])
    due_runs = _due(runs, clauses, has_costs=bool(costs))
    if len(few) <= FEW:
        return runs.filter(pk__in=[*few, *due_runs])
    if due_runs:
        # A join, since PostgreSQL reads all matches for an EXISTS beside another condition: 6 s at
        # a million runs. Nothing is due where costs are asked for.
        holds = Q(search_entry__words__holds=(within, *clauses))
        return runs.filter(holds | Q(pk__in=due_runs))
    holding_entries = entries.filter(words__holds=(within, *clauses)) if clauses else entries
    return runs.filter(Exists(holding_entries.filter(run=OuterRef("pk"))))


def _due(runs: RunQuerySet, clauses: Sequence[Clause], *, has_costs: bool) -> list[uuid.UUID]:
    """Return the matching ones of the newest runs without an entry; they have no cost yet."""
    newest = DueEntry.objects.order_by("-pk").values_list("run", flat=True)[:MOST_DUE]
    marked = list(newest)
    if not marked or has_costs:
        return []
    unindexed = runs.filter(pk__in=set(marked)).exclude(search_entry__isnull=False)
    loaded = unindexed.with_endpoint().light().order_by()
    # Large inputs and outputs are found once a worker has indexed them.
    loaded = loaded.annotate(small_arguments=small("arguments"), small_output=small("output"))
    matching = []
    rows: Iterable[Any] = loaded
    for run in rows:
        run.arguments, run.output = run.small_arguments or {}, run.small_output
        if clauses_in(run, clauses):
            matching.append(run.pk)
    return matching


def _costing(condition: Condition) -> Q:
    is_within = reduce(or_, (_in_span(span) for span in condition.spans))
    return ~is_within if condition.is_negated else is_within


def _in_span(span: Span) -> Q:
    least, most = Decimal(str(span.low)), Decimal(str(span.high))
    low = Q(cost__gt=least) if span.is_above else Q(cost__gte=least)
    if most.is_infinite():
        return low
    return low & (Q(cost__lt=most) if span.is_below else Q(cost__lte=most))


def _held(condition: Condition, user: Reader) -> Q:
    return reduce(or_, (_HOLDS[condition.key](value, user) for value in condition.values))


def _is_of_model(value: str, user: Reader) -> Q:
    # Keys instead of a join: with a join, the database would not know which index is shorter.
    return Q(endpoint_id__in=[endpoint.pk for endpoint in _called(value)])


def _called(value: str) -> list[Endpoint]:
    """Return the models with this ID, else those with these words in their name. One query."""
    is_exact = Endpoint.objects.filter(endpoint_id=value)
    named_models = (is_exact | Endpoint.objects.called(value)).only("endpoint_id", "gone_at")
    rows = list(named_models)
    return [endpoint for endpoint in rows if endpoint.endpoint_id == value] or rows


def _is_in_state(value: str, user: Reader) -> Q:
    if value == keys.DELETED:  # `Filters.matching_runs` decides which runs are listed
        return Q()
    if value == keys.UNFINISHED:
        return Q(UNFINISHED)
    if value == Run.State.SUCCEEDED:
        return Q(state=value)
    return Q(NOT_DONE if value in Run.FINAL else UNFINISHED, state=value)


def _is_by(value: str, user: Reader) -> Q:
    if value == keys.EVERYBODY:  # `Filters.matching_runs` decides
        return Q()
    if value == keys.ME:
        return Q(user_id=user.pk or 0)
    named_users = User.objects.filter(Q(username__iexact=value) | Q(first_name__iexact=value))
    return Q(user_id__in=list(named_users.values_list("pk", flat=True)))


def _is_made_before(value: str, user: Reader) -> Q:
    period = parse_period(value)
    return Q(created_at__lt=period.begin) if period else Q()


def _is_made_after(value: str, user: Reader) -> Q:
    period = parse_period(value)
    return Q(created_at__gte=period.begin) if period else Q()


def _is_made_on(value: str, user: Reader) -> Q:
    period = parse_period(value)
    return Q(created_at__gte=period.begin, created_at__lt=period.after) if period else Q()


def _is_marked(value: str, user: Reader) -> Q:
    if value == keys.STARRED:
        return Q(is_starred=True)
    if value == keys.UPLOAD:  # `matching_uploads` finds them
        return _NONE
    later = Run.objects.visible_to(user).filter(input_files__source=OuterRef("pk"))
    return Q(Exists(later.exclude(pk=OuterRef("pk"))))


def _is_in_series(column: str) -> Callable[[str, Reader], Q]:
    def is_in(value: str, user: Reader) -> Q:
        series = Series.objects.kept().called(value).shown_to(user)
        rows = SeriesItem.objects.filter(
            series__in=list(series.values_list("pk", flat=True)), removed_at=None
        )
        # Without NULL, as nothing would be outside of a list that has it.
        return Q(pk__in=rows.exclude(**{column: None}).values(column))

    return is_in


def _is_signed(value: str, user: Reader) -> Q:
    return Q(pk__in=Artifact.objects.filter(SIGNED).order_by().values("run"))


def _is_said_of(key: str) -> Callable[[str, Reader], Q]:
    def is_said(value: str, user: Reader) -> Q:
        return Q(pk__in=feedback.reviewed_runs(key, keys.span_of(value)))

    return is_said


_HOLDS: Mapping[str, Callable[[str, Any], Q]] = {
    keys.MODEL: _is_of_model,
    keys.STATE: _is_in_state,
    keys.BY: _is_by,
    keys.BEFORE: _is_made_before,
    keys.AFTER: _is_made_after,
    keys.ON: _is_made_on,
    keys.IS: _is_marked,
    keys.SERIES: _is_in_series("run"),
    keys.MARKS: _is_signed,
    **{key: _is_said_of(key) for key in (keys.PICKED, keys.RATED, keys.COMMENTED)},
}


def _is_none(value: str, user: Reader) -> Q:
    return _NONE


def _is_deleted(value: str, user: Reader) -> Q:
    # `Filters.matching_uploads` decides which uploads are listed.
    return Q() if value == keys.DELETED else _NONE


def _is_of_kind(value: str, user: Reader) -> Q:
    of_kinds = {kind: Q(content_type__startswith=f"{main}/") for kind, main in _TYPES.items()}
    is_other = ~reduce(or_, of_kinds.values())
    return of_kinds.get(value, is_other if value == "file" else _NONE)


def _is_marked_upload(value: str, user: Reader) -> Q:
    if value == keys.USED:
        return _is_marked(value, user)
    return Q() if value == keys.UPLOAD else _NONE


_TYPES = {"image": "image", "video": "video", "audio": "audio", "mesh": "model"}
_HOLDS_OF_UPLOADS: Mapping[str, Callable[[str, Any], Q]] = {
    keys.OUT: _is_of_kind,
    keys.IN: _is_of_kind,
    keys.STATE: _is_deleted,
    keys.IS: _is_marked_upload,
    keys.SERIES: _is_in_series("upload"),
    **{key: _HOLDS[key] for key in (keys.BY, keys.BEFORE, keys.AFTER, keys.ON)},
}
