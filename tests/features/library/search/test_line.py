"""The search line: the conditions it contains, and the message about parts that have no meaning.

Words and names of every script keep their marks: in searches, mentions and series.
"""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.forms import LineField
from features.library import full_text
from features.library.full_text import phrase
from features.library.models.series import MAX_NAME_CHARS
from features.library.search.conditions import KEYS
from features.library.search.dates import parse_period
from features.library.search.line import from_old_address, parse_line
from schemas.uses import mentions
from tests.tables import each_row

TODAY = date(2026, 11, 27)  # a Friday


@each_row(
    ("text", "labels"),
    [
        ("out:video", ["Result: Films"]),
        ("\uff4f\uff55\uff54\uff1afilm", ["Result: Films"]),
        ("model:“flux dev”", ["Model: flux dev"]),
        ("-out:picture,3d", ["Not Result: Pictures or 3D models"]),
        ("status:done", ["State: Done"]),
        ("cost:>0.1", ["Cost: >0.1"]),
        ("seed:007", ["Seed: 7"]),
        ("Starred -used", ["Starred", "Not used as an input since"]),
    ],
)
def test_conditions_are_understood(text, labels):
    line = parse_line(text)
    assert [condition.label for condition in line.conditions] == labels
    assert not line.hints
    assert not line.looked_for


@each_row(
    ("text", "message"),
    [
        ("colour:red", "There is no condition colour:. The conditions are model:,"),
        ("cost:cheap", "cost: takes an amount, not “cheap”: cost:>0.1"),
        ("out:smell", "There is no out:smell. It may be image, video,"),
        ("before:2026-02-30", "before: takes a day, a month or a year, not “2026-02-30”"),
    ],
)
def test_a_condition_that_is_none_gets_a_sentence_and_the_rest_counts(text, message):
    line = parse_line(f"fox {text} out:video")
    assert [hint.message[: len(message)] for hint in line.hints] == [message]
    assert [piece for piece, _ in line.looked_for] == ["fox"]
    assert [condition.key for condition in line.conditions] == ["out"]


def test_addresses_and_colons_in_texts_are_no_conditions():
    line = parse_line('https://x.y/z note: "colour:red"')
    assert len(line.looked_for) == 3
    assert not line.hints


@given(st.text(max_size=300))
def test_any_text_is_a_line_and_each_piece_can_be_removed(text):
    line = parse_line(text)
    for piece, _ in (*line.taken, *line.looked_for):
        fewer = parse_line(line.without(piece))
        assert len(fewer.taken) + len(fewer.looked_for) < len(line.taken) + len(line.looked_for)


@given(st.sampled_from([key for key in KEYS.values() if key.name != "is"]), st.booleans())
def test_an_example_is_read_as_it_was_written(key, is_negated):
    word = f"{'-' if is_negated else ''}{key.example}"
    (condition,) = parse_line(word).conditions
    assert condition.word == word


@each_row(
    ("text", "first", "end"),
    [
        ("today", "2026-11-27", "2026-11-28"),
        ("7d", "2026-11-20", "2026-11-21"),
        ("last-week", "2026-11-16", "2026-11-23"),
        ("2026-2", "2026-02-01", "2026-03-01"),
        ("december", "2025-12-01", "2026-01-01"),
        ("last month", "2026-10-01", "2026-11-01"),
    ],
)
def test_dates_in_words(text, first, end):
    period = parse_period(text, TODAY)
    assert period
    assert (period.first.isoformat(), period.end.isoformat()) == (first, end)


@given(st.text(max_size=20))
def test_any_other_text_is_no_date(text):
    period = parse_period(text, TODAY)
    assert period is None or period.first < period.end


def test_words_are_split_alike_whatever_their_case_and_accents():
    assert phrase("FÜCHSE") == phrase("fuchse")
    assert phrase("猫咪") == (("猫", "咪"), False)
    assert phrase("a-b.c") == (("a", "b", "c"), False)
    assert phrase("…") is None


def test_an_old_address_is_a_line():
    old = [("model", "a/b c"), ("state", "failed"), ("days", "7"), ("starred", "1"), ("whose", "*")]
    assert from_old_address(old) == 'model:"a/b c" state:failed after:7d starred by:everybody'
    assert from_old_address([("state", "nonsense"), ("days", "x"), ("model", " ")]) == ""


def finds(line: str, prompt: str) -> bool:
    clauses = [clause for _, clause in parse_line(line).looked_for]
    return full_text.holds(clauses, full_text.document([], [prompt]))


@pytest.mark.parametrize(
    ("line", "prompt", "is_found"),
    [
        ("दान", "हिन्दू दान", True),
        ("दान", "दिन", False),
        ("น้ำ", "น้ำ", True),
        ("น้ำ", "นำ", False),
        ("fuchse", "zwei Füchse", True),
        ("שלום", "שָׁלוֹם", True),
        ("fox, style: watercolor --ar 16:9", "fox, style: watercolor --ar 16:9", True),
        ("fox -ar", "fox --ar 16:9", False),
    ],
)
def test_a_search_finds_whole_words(line, prompt, is_found):
    assert finds(line, prompt) is is_found


@pytest.mark.parametrize("name", ["हिन्दी", "น้ำ", "കവിത", "Füchsin", "bottle-2"])
def test_a_reference_is_mentioned_in_every_script(name):
    assert mentions.NAME.fullmatch(name)
    for text in (f"a cup for @{name}, please", unicodedata.normalize("NFD", f"@{name} dances")):
        assert [*mentions.keys_in(text)] == [mentions.key_of(name)]
    assert [*mentions.keys_in(f"me@{name}.com")] == []


def test_a_name_that_is_written_in_parts_is_the_same():
    assert LineField(max_length=MAX_NAME_CHARS).clean(" cafe\u0301  noir ") == "café noir"
