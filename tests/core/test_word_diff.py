"""The differences between two texts, word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.word_diff import MAX_WORDS, Part, word_diff

pytestmark = pytest.mark.any_database


def test_only_the_words_that_differ_are_marked():
    assert word_diff("a red cat sat", "a blue cat sat") == [
        Part("same", "a "),
        Part("removed", "red"),
        Part("added", "blue"),
        Part("same", " cat sat"),
    ]


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_diff_contains_both_texts(old, new):
    parts = word_diff(old, new)
    assert "".join(part.text for part in parts if part.kind != "removed") == new
    assert "".join(part.text for part in parts if part.kind != "added") == old


def test_long_texts_are_compared_up_to_a_limit():
    parts = word_diff("a " * 10_000, "a " * 10_000)
    assert len("".join(part.text for part in parts)) == 2 * MAX_WORDS
