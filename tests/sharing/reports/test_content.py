"""What a report keeps comes back as it was; who must not see models or prices does not."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sharing.reports import showing, words
from sharing.reports.content import (
    Candidate,
    Content,
    Failure,
    Judging,
    LeftOut,
    Pick,
    TagVerdict,
    read,
)
from sharing.reports.gathering import wilson

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MONEY = st.one_of(st.none(), st.decimals(0, 10**6, places=6))
COUNT = st.integers(0, 400)
CANDIDATE = st.builds(
    Candidate,
    key=st.integers(1, 9), name=TEXT, endpoint_id=TEXT, settings=TEXT, license=TEXT,
    list_price=TEXT, unit_price=MONEY, currency=TEXT, results=COUNT, failed=COUNT, cost=MONEY,
    seconds=st.one_of(st.none(), st.floats(0, 1e5)), votes=COUNT, wins=COUNT, ties=COUNT,
    percent=st.one_of(st.none(), st.integers(0, 100)), ranks=TEXT,
    unclear=st.lists(st.integers(1, 9), max_size=4), rows_won=COUNT, price_per_win=MONEY,
    schema=TEXT, refusal=TEXT,
)  # fmt: skip
CONTENT = st.builds(
    Content,
    title=TEXT, rows=COUNT, cells=COUNT, results=COUNT,
    candidates=st.lists(CANDIDATE, max_size=4, unique_by=lambda one: one.key),
    judging=st.builds(Judging, votes=COUNT, voters=COUNT, rows_won=COUNT, starred=COUNT),
    by_tag=st.lists(st.builds(TagVerdict, tag=TEXT, votes=COUNT, best=COUNT), max_size=2),
    best=st.lists(st.builds(Pick, run=TEXT, candidate=COUNT, prompt=TEXT, facts=TEXT), max_size=2),
    failures=st.lists(st.builds(Failure, candidate=COUNT, kind=TEXT, words=TEXT), max_size=2),
    left_out=st.lists(st.builds(LeftOut, words=TEXT, name=TEXT), max_size=2),
)  # fmt: skip


@given(CONTENT)
def test_what_is_kept_is_read_as_it_was(content: Content) -> None:
    assert read(json.loads(json.dumps(content.as_json()))) == content


def test_what_an_earlier_or_later_release_has_kept_is_read() -> None:
    content = Content(candidates=[Candidate(key=1, name="Flux", cost=Decimal("0.02"))])
    kept: dict[str, Any] = content.as_json()
    kept |= {"mood": "good"}
    kept["candidates"][0] |= {"colour": "red"}
    del kept["judging"], kept["worst"], kept["candidates"][0]["schema"]
    assert read(kept) == content
    assert read({}) == Content()


@given(CONTENT)
def test_sentences_can_be_made_of_any_content(content: Content) -> None:
    assert words.verdict(content)
    assert words.judging(content.judging)
    assert len(words.left_out(content)) == len(content.left_out)
    assert showing.changed(content, content) == []


def made(**values: Any) -> Content:
    first = Candidate(
        key=1, name="Flux 2", votes=140, percent=71, low=62, high=79, unclear=[2],
        endpoint_id="fal-ai/flux-2", license="research only", list_price="$0.04 per image",
        cost=Decimal("0.04"), price_per_win=Decimal("0.056"), settings="steps 4",
    )  # fmt: skip
    second = Candidate(key=2, name="Seedream", votes=140, percent=55, low=46, high=63)
    judging = Judging(votes=140, voters=5, guests=2)
    return Content(**{"candidates": [first, second], "judging": judging, **values})


def test_a_winner_is_not_claimed_where_votes_are_too_few_to_tell() -> None:
    assert words.verdict(made()) == [
        "Flux 2 won 71 % of 140 blind votes (62 to 79 %); too few votes to tell it from Seedream."
    ]
    sure = made()
    sure.candidates[0].unclear.clear()
    assert words.verdict(sure)[0].endswith("(62 to 79 %): it is better than each of the others.")


def test_without_models_no_word_tells_which_they_are() -> None:
    content = made(
        failures=[Failure(1, "The model failed", "flux ran out of memory", 2)],
        left_out=[LeftOut("does not fit these rows.", "Kling"), LeftOut("2 results deleted.")],
    )
    hidden = content.without_models()
    told = json.dumps(hidden.as_json()) + " ".join(
        [*words.verdict(hidden), *words.left_out(hidden), str(words.failures(hidden))]
    )
    assert "Model A won 71 %" in told
    assert "2 results deleted." in told
    for secret in ("lux", "eedream", "Kling", "research", "$0.04", "steps"):
        assert secret not in told


def test_without_prices_no_sum_is_left() -> None:
    told = json.dumps(made().without_prices().as_json())
    assert "0.04" not in told
    assert "0.056" not in told
    assert "Flux 2" in told


def test_changes_name_what_is_different_and_nothing_else() -> None:
    before = made(rows=8, results=16)
    now = made(
        rows=9,
        results=18,
        candidates=[
            *before.candidates,
            Candidate(key=3, name="Kling", refusal="Upstream no longer lists this model."),
        ],
        judging=Judging(votes=152, voters=6, rows_won=1),
    )
    assert showing.changed(before, now) == [
        "12 blind votes more: 152 in all.",
        "Winners of inputs: 1 instead of 0.",
        "1 input more: 9 in all.",
        "2 results more: 18 in all.",
        "New on the board: Kling.",
    ]


@given(st.integers(1, 500), st.data())
def test_the_interval_of_a_share_holds_it_and_narrows_with_votes(
    votes: int, data: st.DataObject
) -> None:
    won = data.draw(st.integers(0, votes))
    low, high = wilson(won, votes)
    assert 0 <= low <= won / votes + 1e-9
    assert won / votes - 1e-9 <= high <= 1
    wide = wilson(won, votes)
    narrow = wilson(4 * won, 4 * votes)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_the_interval_is_that_of_the_textbook() -> None:
    low, high = wilson(100, 140)
    assert (round(low, 3), round(high, 3)) == (0.635, 0.783)  # R: binom.confint(100, 140, "wilson")
    assert wilson(0, 0) == (0.0, 1.0)
