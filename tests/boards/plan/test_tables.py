"""Tables of inputs: CSV of several makers, JSON lines, and what is wrong with a file."""

from __future__ import annotations

import pytest

from boards.plan.tables import MAX_BYTES, decode, read_rows
from tests.growth.measuring import largest_memory

TWO = [{"prompt": "a, b", "image_url": "https://a/b.png"}, {"prompt": "c"}]


@pytest.mark.parametrize(
    "text",
    [
        'prompt,image_url\n"a, b",https://a/b.png\nc,\n',
        "prompt;image_url\r\na, b;https://a/b.png\r\nc;\r\n",
        "prompt\timage_url\na, b\thttps://a/b.png\nc\t\n\n",
        '{"prompt": "a, b", "image_url": "https://a/b.png"}\n\n{"prompt": "c"}',
        '[{"prompt": "a, b", "image_url": "https://a/b.png"}, {"prompt": "c"}]',
    ],
)
def test_a_table_is_read_whatever_made_it(text: str) -> None:
    assert read_rows(text) == TWO


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prompt\n", "no rows"),
        ("prompt,\na,b", "Column 2 of the table has no name"),
        ("prompt,prompt\na,b", "Two columns"),
        ("prompt\na,b", "Line 2 of the table has 2 values"),
        ('{"prompt": ', "Line 1 of the table is not valid JSON"),
        ("[1]", "Row 1 of the table is no JSON object"),
        ("prompt\n" + "a\n" * 10_000, "more than 400 rows"),
        ('prompt\n"a', "cannot be read as CSV"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_rows(text)


def test_files_of_spreadsheets_are_decoded() -> None:
    assert decode("prompt\nGrün".encode("utf-8-sig")) == "prompt\nGrün"
    assert decode("prompt\nGrün".encode("utf-16")) == "prompt\nGrün"


def test_another_encoding_is_refused_with_the_line() -> None:
    with pytest.raises(ValueError, match=r"not UTF-8 text \(line 2\)"):
        decode("prompt\nGrün".encode("latin-1"))


@pytest.mark.parametrize("line", ["a\n", "{}\n"], ids=["csv", "json-lines"])
def test_a_table_of_short_lines_takes_little_memory(line: str) -> None:
    text = line * (MAX_BYTES // len(line))
    with largest_memory() as peak, pytest.raises(ValueError, match="more than 400 rows"):
        read_rows(text)
    assert peak() < 10 * MAX_BYTES
