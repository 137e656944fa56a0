"""Names that look the same are equal, in every script; a name needs a visible character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.names import clean_name, looks_like, name_key
from features.sharing.models.reviewer import MAX_KEY_CHARS, MAX_NAME_CHARS
from tests.tables import each_row


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
def test_a_name_is_taken_in_every_spelling_that_looks_like_it(other):
    assert name_key(other) == name_key("Anna Berg")


@each_row(
    "name, other",
    [
        *(("Bill Moller", other) for other in (
            "\u0253ill Moller", "Bi\u0142l Moller", "Bi1l Moller", "BiII Moller", "8ill Moller",
            "Bill M\u00f8ller", "B\u0131ll Moller", "Bill M0ller", "bill rnoller", "Bill-Moller.",
            "Bill Moller \u2713", "B\u00edll Moller", "\u0253i\u026bl Moller", "B1ll Moller",
            "B\u0457ll Moller",
        )),
        ("Edda Wood", "Ecld\u0430 Wood"),
        ("Edda Wood", "Edda VVood"),
        ("Z\u00f6e Fu\u00df", "Zoe Fuss"), ("Eva", "\u0190va"), ("Anna", "\u1d00nna"),
        ("Iris", "lris"),
        *(("Bob", other) for other in ("\u2c83ob", "\u0432ob", "\u03b2ob", "\U0001f171ob")),
        *(("Alice", other) for other in ("al\u00a1ce", "al!ce", "a1!ce", "A|ice", "\u2c81lice")),
        ("Karl", "\u2c95arl"), ("Max", "\u043cax"), ("Eva", "\u20acva"), ("Eva", "\u2c89va"),
        ("\u041a\u043e\u043b\u044f", "\u049a\u043e\u043b\u044f"),
    ],
)  # fmt: skip
def test_a_name_that_may_be_read_for_another_looks_like_it(name, other):
    assert looks_like(other, name)
    assert looks_like(name, other)


@each_row(
    "name, other",
    [
        *(("Elia", "Ella"), ("Anna", "Ana"), ("Anna", "Anna B"), ("\u2713", "!"), ("Dan", "Don")),
        *(("Elia!", "Ella"), ("\u041d\u0438\u043d\u0430", "\u041d\u043e\u043d\u0430")),
        *(("\u0939\u093f", "\u0939\u093e"), ("\u5b89\u5a1c", "\u5b89\u59ae")),
        ("Clara", "Dara"),
    ],
)
def test_a_name_that_reads_differently_does_not_look_like_it(name, other):
    assert not looks_like(name, other)


def test_names_that_a_reader_tells_apart_are_two():
    keys = {name_key(name) for name in ("Anna", "Ana", "Ána", "Anna B", "安娜", "آنا")}
    assert len(keys) == 6


def test_characters_that_turn_the_text_around_are_left_out():
    assert clean_name(" An\u202ena\n\x07 Berg\u200b ") == "Anna Berg"


@given(st.text(max_size=MAX_NAME_CHARS))
def test_cleaning_again_changes_nothing(text):
    name = clean_name(text)
    assert clean_name(name) == name
    assert name_key(name) == name_key(text)


@given(st.text(max_size=MAX_NAME_CHARS))
def test_the_key_of_every_name_that_fits_fits(text):
    assert len(name_key(text)) <= MAX_KEY_CHARS


@pytest.mark.parametrize(
    "other", ["\u041ewner", "0wner", "\u0585wner", "owne\u0433", "OWNER\u3164"]
)
def test_a_user_name_that_looks_like_the_owners_is_the_owners(other):
    assert name_key(other) == name_key("owner")


@pytest.mark.parametrize(
    "text", ["\u3164", "\u2800", "\ufe0f", "\u034f \u200d", "\u115f\u1160", "\x00"]
)
def test_what_shows_nothing_is_no_name(text):
    assert clean_name(text) == ""


@pytest.mark.parametrize(
    "text", ["हिन्दी", "น้ำ", "കവിത", "\u0646\u0627\u0645\u200c\u0647", "Füchsin"]
)
def test_names_of_every_script_keep_their_marks(text):
    assert clean_name(text) == text
    assert len({name_key(text), name_key(text[:-1])}) == 2
