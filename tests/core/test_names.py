"""Names that look the same are the same, in every script; what shows nothing is no name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.names import clean_name, name_key
from sharing.models.reviewer import MAX_KEY_CHARS, MAX_NAME_CHARS


@pytest.mark.parametrize(
    "other",
    [
        "anna berg",
        "ANNA  BERG",
        "Anna\u00a0Berg",
        "Annaberg",
        "\u0410nn\u0430 Berg",
        "Anna\u200b Berg",
        "Anna Berg\ufe0f",
        "Anna\u034f Berg",
        "Anna \u0412erg",
        "\uff21nna Berg",
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


@pytest.mark.parametrize(
    "other", ["\u041ewner", "0wner", "\u0585wner", "owne\u0433", "OWNER\u3164"]
)
def test_a_user_name_that_looks_like_the_owners_is_the_owners(other: str) -> None:
    assert name_key(other) == name_key("owner")


@pytest.mark.parametrize(
    "text", ["\u3164", "\u2800", "\ufe0f", "\u034f \u200d", "\u115f\u1160", "\x00"]
)
def test_what_shows_nothing_is_no_name(text: str) -> None:
    assert clean_name(text) == ""


@pytest.mark.parametrize(
    "text", ["हिन्दी", "น้ำ", "കവിത", "\u0646\u0627\u0645\u200c\u0647", "Füchsin"]
)
def test_names_of_every_script_keep_their_marks(text: str) -> None:
    assert clean_name(text) == text
    assert len({name_key(text), name_key(text[:-1])}) == 2
