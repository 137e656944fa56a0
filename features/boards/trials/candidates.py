"""Finds new models in the catalogue for boards, and records them as waiting trials.

Candidates are new models that fit the board's search, newer versions and new family members of its
columns' models, and new schemas of those models. Each model in each schema is recorded once per
board, so processing the same changes twice, or by two workers, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from catalog.changelog.successors import follows
from catalog.curation import query_news
from catalog.models import Change, Endpoint
from features.boards.models import Column, StandingTrial, Trial

MAX_NEW = 20  # per board and call, in case upstream renames all models at once


def note_all() -> int:
    """Record the trials new since the last call, for every watching board; returns how many."""
    until = query_news.seen_until()
    watching = StandingTrial.objects.watching().filter(watched_until__lt=until)
    return sum(note(standing, until) for standing in watching.select_related("board__user"))


def note(standing: StandingTrial, until: datetime) -> int:
    """Record new trials of one board; returns how many."""
    since = standing.watched_until
    columns = list(standing.board.columns.named())
    trials = [*_of_columns(standing, columns, since), *_of_search(standing, columns, since)]
    existing = set(standing.board.trials.values_list("endpoint_id", "schema_digest"))
    new: dict[tuple[int, str], Trial] = {}
    for trial in trials:  # a model may be found for several reasons: the first one counts
        new.setdefault((trial.endpoint_id, trial.schema_digest), trial)
    fresh = [trial for key, trial in new.items() if key not in existing][:MAX_NEW]
    Trial.objects.bulk_create(fresh, ignore_conflicts=True)
    StandingTrial.objects.filter(pk=standing.pk, watched_until=since).update(watched_until=until)
    return len(fresh)


def _of_columns(standing: StandingTrial, columns: list[Column], since: datetime) -> Iterable[Trial]:
    """Yield trials of new schemas and newer versions of the columns' models."""
    if not standing.follows_versions:
        return
    latest = {column.endpoint_id: column for column in columns}
    unfit = standing.board.trials.filter(state=Trial.State.UNFIT).values("endpoint_id")
    schema_changes = Change.objects.filter(kind=Change.Kind.SCHEMA, at__gt=since)
    watched = Endpoint.objects.filter(pk__in=latest) | Endpoint.objects.filter(pk__in=unfit)
    for endpoint in watched.filter(pk__in=schema_changes.values("endpoint_id")).order_by("pk"):
        yield _trial(standing, endpoint, Trial.Reason.SCHEMA, latest.get(endpoint.pk))
    new = Endpoint.objects.listed().filter(first_seen_at__gt=since).exclude(pk__in=latest)
    for endpoint in new.order_by("position"):
        if former := next(
            (column for column in columns if follows(endpoint, column.endpoint)), None
        ):
            yield _trial(standing, endpoint, Trial.Reason.VERSION, former)


def _of_search(standing: StandingTrial, columns: list[Column], since: datetime) -> Iterable[Trial]:
    """Yield trials of new models that fit the board's search."""
    if not standing.params:
        return
    tried_ids = {column.endpoint_id for column in columns}
    for endpoint in query_news.news(standing.board.user, standing.params, since):
        if endpoint.pk not in tried_ids:
            yield _trial(standing, endpoint, Trial.Reason.SEARCH, None)


def _trial(
    standing: StandingTrial, endpoint: Endpoint, reason: str, former: Column | None
) -> Trial:
    return Trial(
        board=standing.board,
        endpoint=endpoint,
        schema_digest=endpoint.schema_id or "",
        reason=reason,
        former=former,
    )
