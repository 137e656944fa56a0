"""Tables of inputs: CSV of several makers, JSON lines, and what is wrong with a file."""

from __future__ import annotations

import pytest

from boards.plan.tables import MAX_BYTES, decode, read_rows
from tests.conftest import CASES
from tests.growth.measuring import largest_memory
from tests.tables import each_row

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
def test_tables_of_any_program_are_read(text: str) -> None:
    assert read_rows(text) == TWO


@each_row(
    ("text", "message"),
    [
        ("prompt\n", "no rows"),
        ("prompt,\na,b", "Column 2 of the table has no name"),
        ("prompt,prompt\na,b", "Two columns"),
        ("prompt\na,b", "Line 2 of the table has 2 values"),
        ('{"prompt": ', "Line 1 of the table is not valid JSON"),
        ("[1]", "Row 1 of the table is not a JSON object"),
        ("prompt\n" + "a\n" * 10_000, "more than 400 rows"),
        ('prompt\n"a', "Line 2 of the table cannot be read as CSV"),
        ("prompt\na\rb\n", "Line 2 of the table cannot be read as CSV"),
    ],
)
def test_an_invalid_table_is_explained(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_rows(text)


def test_files_of_spreadsheets_are_decoded() -> None:
    assert decode("prompt\nGrün".encode("utf-8-sig")) == "prompt\nGrün"
    assert decode("prompt\nGrün".encode("utf-16")) == "prompt\nGrün"


def test_a_file_in_a_legacy_encoding_is_decoded() -> None:
    assert decode("prompt\nGrün, “groß”".encode("cp1252")) == "prompt\nGrün, “groß”"


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_a_binary_spreadsheet_is_refused_with_advice(start: bytes) -> None:
    with pytest.raises(ValueError, match="Save it as “CSV UTF-8”"):
        decode(start + bytes(100))


LINE_ENDS = ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\r"]


@each_row("mark", LINE_ENDS)
def test_table_lines_end_only_at_lf(mark: str) -> None:
    text = f"one{mark}two"
    assert read_rows(f'prompt\n"{text}"\nb\n') == [{"prompt": text}, {"prompt": "b"}]
    if mark > " ":  # JSON takes no others
        assert read_rows(f'{{"prompt":"{text}"}}\r\n{{"prompt":"b"}}\n') == [
            {"prompt": text},
            {"prompt": "b"},
        ]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("35a-u2028.jsonl", [{"prompt": "one\u2028two"}, {"prompt": "b"}]),
        ("35b-surrogate.jsonl", [{"prompt": "a?"}]),
        ("35c-nul.jsonl", [{"prompt": "ab"}]),
        ("34a-nan.csv", [{"prompt": "hello", "lr": "NaN"}, {"prompt": "you", "lr": "0.2"}]),
    ],
)
def test_example_tables_are_read(case: str, expected: list[dict[str, str]]) -> None:
    assert read_rows(decode((CASES / case).read_bytes())) == expected


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_outside_json_is_refused_with_its_line(number: str) -> None:
    with pytest.raises(ValueError, match="Line 2 of the table is not valid JSON"):
        read_rows(f'{{"a": 1}}\n{{"a": {number}}}')


def test_a_large_integer_is_exact_in_json() -> None:
    assert read_rows('{"a": 9007199254740993}') == [{"a": 9007199254740993}]


@pytest.mark.parametrize("line", ["a\n", "{}\n"], ids=["csv", "json-lines"])
def test_parsing_many_short_lines_takes_little_memory(line: str) -> None:
    text = line * (MAX_BYTES // len(line))
    with largest_memory() as peak, pytest.raises(ValueError, match="more than 400 rows"):
        read_rows(text)
    assert peak() < 10 * MAX_BYTES
