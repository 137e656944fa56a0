"""Names that look the same are the same; what cannot be seen is not part of a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.models.names import MAX_NAME_CHARS, clean_name, name_key
from sharing.models.reviewer import MAX_KEY_CHARS


@pytest.mark.parametrize(
    "other",
    [
        "anna berg",
        "ANNA  BERG",
        "Anna\u00a0Berg",
        "Annaberg",
        "\u0410nn\u0430 Berg",
        "Anna\u200b Berg",
    ],
)
def test_a_name_is_taken_in_every_spelling_that_looks_like_it(other: str) -> None:
    assert name_key(other) == name_key("Anna Berg")


def test_names_that_a_reader_tells_apart_are_two() -> None:
    keys = {name_key(name) for name in ("Anna", "Ana", "Ána", "Anna B", "安娜", "آنا")}
    assert len(keys) == 6


def test_characters_that_turn_the_text_around_are_left_out() -> None:
    assert clean_name(" An\u202ena\n\x07 Berg\u200b ") == "Anna Berg"


@given(st.text(max_size=MAX_NAME_CHARS))
def test_cleaning_again_changes_nothing(text: str) -> None:
    name = clean_name(text)
    assert clean_name(name) == name
    assert name_key(name) == name_key(text)


@given(st.text(max_size=MAX_NAME_CHARS))
def test_the_key_of_every_name_that_fits_fits(text: str) -> None:
    assert len(name_key(text)) <= MAX_KEY_CHARS
