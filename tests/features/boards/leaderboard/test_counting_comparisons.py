"""Comparisons of models from the counts of each pair: parts that no vote connects, and records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.track_records import TrackRecord
from features.boards.leaderboard import records
from features.boards.leaderboard.counting import (
    Comparison,
    comparisons_of_winner,
    count_comparisons,
)
from features.boards.leaderboard.strength import parts
from features.boards.leaderboard.tallies import PairTally

pytestmark = pytest.mark.any_database
AT = datetime(2026, 11, 27, tzinfo=UTC)
MODEL_OF = {1: 10, 2: 20, 3: 10, 4: 30}  # columns 1 and 3 are one model with different settings

compared = st.builds(
    Comparison,
    st.sampled_from([*MODEL_OF]),
    st.sampled_from([*MODEL_OF]),
    st.sampled_from([True, False, None]),
    st.sets(st.sampled_from(["cats", "dogs"])),
    st.integers(0, 100).map(lambda days: AT + timedelta(days=days)),
    st.booleans(),
)
numbers = st.integers(0, 6)
tallied = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1]),
    st.tuples(numbers, numbers, numbers).filter(any),
    min_size=1,
).map(lambda pairs: [PairTally(*pair, "", *counts, 0, AT) for pair, counts in pairs.items()])


@given(st.lists(compared))
def test_each_comparison_counts_once_for_its_models_and_never_for_one_model_alone(
    judged: list[Comparison],
) -> None:
    counts = count_comparisons(judged, MODEL_OF)
    between = [
        comparison
        for comparison in judged
        if MODEL_OF[comparison.first] != MODEL_OF[comparison.second]
    ]
    overall = {pair: of_pair for pair, of_pair in counts.items() if not pair.tag}
    assert all(pair.first < pair.second for pair in counts)
    assert sum(c.first_wins + c.second_wins + c.ties for c in overall.values()) == len(between)
    assert sum(c.ties for c in overall.values()) == sum(
        comparison.is_won is None for comparison in between
    )
    assert sum(c.by_guests for c in overall.values()) == sum(one.is_by_guest for one in between)
    for tag in ("cats", "dogs"):
        tagged = sum(
            c.first_wins + c.second_wins + c.ties for pair, c in counts.items() if pair.tag == tag
        )
        assert tagged == sum(tag in one.tags for one in between)
    latest = max((one.at for one in between), default=None)
    assert latest == max((c.last_at for c in overall.values()), default=None)


def test_a_rows_winner_beats_each_other_column_with_a_result() -> None:
    beaten = [
        (won.first, won.second, won.is_won) for won in comparisons_of_winner(2, [4, 2, 1], [], AT)
    ]
    assert beaten == [(2, 1, True), (2, 4, True)]
    assert (
        comparisons_of_winner(2, [1, 4], [], AT) == []
    )  # a column without a result beats no other
    assert comparisons_of_winner(2, [2], [], AT) == []


@given(tallied)
def test_every_model_is_in_one_part_and_each_pair_within_one(pairs: list[PairTally]) -> None:
    part_of = {own.model: place for place, part in enumerate(parts(pairs)) for own in part}
    assert sum(map(len, parts(pairs))) == len(part_of)
    assert part_of.keys() == {model for pair in pairs for model in pair[:2]}
    assert all(part_of[pair.first] == part_of[pair.second] for pair in pairs)
    for part in parts(pairs):
        assert all(own.low <= own.score <= own.high for own in part)
        assert all(1 <= own.best <= own.worst <= len(part) for own in part)
        have_ranks = [own.is_told for own in part]
        # models without enough votes for a rank come last
        assert have_ranks == sorted(have_ranks, reverse=True)


def test_models_that_nothing_connects_are_parts_with_means_of_their_own() -> None:
    pairs = [
        PairTally(1, 2, "", 9, 0, 0, 0, AT),
        PairTally(3, 4, "", 30, 2, 0, 0, AT),
        PairTally(4, 5, "", 30, 2, 0, 0, AT),
    ]
    first, second = parts(pairs)
    assert [own.model for own in first] == [3, 4, 5]  # the part with the most votes comes first
    assert [own.model for own in second] == [1, 2]
    assert [own.ranks for own in first] == ["1", "2", "3"]
    assert abs(sum(own.score for own in second) / 2 - 1000) < 1


def test_a_few_votes_tell_nothing() -> None:
    ((first, second),) = parts([PairTally(1, 2, "", 5, 0, 0, 0, AT)])
    assert not first.is_told
    assert first.ranks == second.ranks == "1 to 2"
    assert parts([]) == []


@given(tallied)
def test_the_wins_of_all_records_are_the_votes(pairs: list[PairTally]) -> None:
    by_model = records.count(pairs)
    votes = sum(pair.votes for pair in pairs)
    assert sum(record.wins for record in by_model.values()) == votes
    assert sum(record.votes for record in by_model.values()) == 2 * votes
    assert all(0 <= record.percent <= 100 for record in by_model.values())


def test_seventy_of_a_hundred_are_surer_than_one_of_one() -> None:
    assert TrackRecord(70, 100).sure_share > TrackRecord(1, 1).sure_share > 0
    assert TrackRecord(0, 5).sure_share == pytest.approx(0, abs=1e-9)
    assert TrackRecord(99.5, 140, "photos").sentence == "Won 71 % of 140 votes here, photos"
    assert TrackRecord(0.5, 1).sentence == "Won 50 % of 1 vote here"
