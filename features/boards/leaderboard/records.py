"""Tells the catalogue how often each model won (`catalog/track_records.py`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from catalog.models import revision_triggers
from catalog.track_records import NO_RECORDS, TrackRecord, TrackRecords, register
from core.byte_cache import byte_cached
from features.boards.leaderboard.tallies import PairTally, Tallies, tallies_of
from features.boards.models import Board, BoardTally

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


def connect() -> None:
    """Register with the catalogue, and let a board's first judgement renew its revision."""
    register(records_of)
    revision_triggers.watch(BoardTally, ("board",))


def records_of(
    user: User | AnonymousUser, revision: str, project: int | None = None
) -> TrackRecords:
    """Return the records of all models on boards that the user may read.

    If a project is given, only its boards count.
    """
    if not revision or not _is_any_judged(revision):
        return NO_RECORDS
    boards = Board.objects.kept().open_to(user)
    if project is not None:
        boards = boards.filter(project_id=project)
    tallies = tallies_of(boards)
    return _records(tallies) if tallies.overall else NO_RECORDS


@byte_cached(1 << 16)
def _is_any_judged(revision: str) -> bool:
    """Return True if any board had been judged at this revision."""
    return BoardTally.objects.exists()


@byte_cached(1 << 19, key=lambda tallies: tallies.key)
def _records(tallies: Tallies) -> TrackRecords:
    by_model: dict[int, dict[str, TrackRecord]] = defaultdict(dict)
    for tag in ("", *tallies.tags):
        for model, record in count(tallies.tagged(tag), tallies.tags.get(tag, "")).items():
            by_model[model][tag] = record
    cards = {model: _of_card(records) for model, records in by_model.items()}
    by_tag = {
        model: tuple(sorted((r for r in records.values() if r.tag), key=lambda r: -r.votes))
        for model, records in by_model.items()
    }
    return TrackRecords(tallies.key, cards, by_tag)


def count(pairs: Iterable[PairTally], tag: str = "") -> dict[int, TrackRecord]:
    """Return the record of each model of these pairs, which all have the tag."""
    totals: dict[int, list[float]] = defaultdict(lambda: [0, 0, 0])
    for pair in pairs:
        for model, wins in ((pair.first, pair.first_wins), (pair.second, pair.second_wins)):
            total = totals[model]
            total[0] += wins + pair.ties / 2
            total[1] += pair.votes
            total[2] += pair.by_guests
    return {
        model: TrackRecord(wins, int(votes), tag, int(guests))
        for model, (wins, votes, guests) in totals.items()
    }


def _of_card(records: dict[str, TrackRecord]) -> TrackRecord:
    """Return the record of all votes, with the tag that more than half of them have."""
    overall = records[""]
    tagged = [record for tag, record in records.items() if tag]
    most = max(tagged, key=lambda record: record.votes, default=None)
    tag = most.tag if most and 2 * most.votes > overall.votes else ""
    return TrackRecord(overall.wins, overall.votes, tag, overall.by_guests)
