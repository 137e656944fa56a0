"""Words and names of every script keep their marks: in searches, mentions and series."""

from __future__ import annotations

import unicodedata

import pytest

from core.forms import LineField
from library import full_text
from library.models.series import MAX_NAME_CHARS
from library.search.line import parse_line
from schemas.uses import mentions


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
        ("കവിത", "ഒരു കവിത", True),
        ("Füchse", "zwei Fu\u0308chse", True),
        ("fuchse", "zwei Füchse", True),
        ("שלום", "שָׁלוֹם", True),
        ("fox, style: watercolor --ar 16:9", "fox, style: watercolor --ar 16:9", True),
        ("fox -ar", "fox --ar 16:9", False),
        ("fox --starred", "fox starred", True),
    ],
)
def test_a_search_finds_whole_words(line: str, prompt: str, is_found: bool) -> None:
    assert finds(line, prompt) is is_found


@pytest.mark.parametrize("name", ["हिन्दी", "น้ำ", "കവിത", "Füchsin", "bottle-2"])
def test_a_reference_is_mentioned_in_every_script(name: str) -> None:
    assert mentions.NAME.fullmatch(name)
    for text in (f"a cup for @{name}, please", unicodedata.normalize("NFD", f"@{name} dances")):
        assert [*mentions.keys_in(text)] == [mentions.key_of(name)]
    assert [*mentions.keys_in(f"me@{name}.com")] == []


def test_a_name_that_is_written_in_parts_is_the_same() -> None:
    assert LineField(max_length=MAX_NAME_CHARS).clean(" cafe\u0301  noir ") == "café noir"
