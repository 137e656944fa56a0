"""One range of bytes, as RFC 9110 (section 14) has it."""

from __future__ import annotations

import pytest

from core.http.conditional import parse_range


@pytest.mark.parametrize(
    ("header", "span", "content_range"),
    [
        ("bytes=0-3", (0, 3), "bytes 0-3/10"),
        ("BYTES=4-", (4, 9), "bytes 4-9/10"),
        ("bytes=-2", (8, 9), "bytes 8-9/10"),
        ("bytes=-99", (0, 9), "bytes 0-9/10"),
        ("bytes=0-99", (0, 9), "bytes 0-9/10"),
        ("bytes=10-", (10, 9), "bytes */10"),
        ("bytes=-0", (10, 9), "bytes */10"),
    ],
)
def test_a_range_is_cut_to_the_file(header: str, span: tuple[int, int], content_range: str) -> None:
    byte_range = parse_range(header, 10)
    assert byte_range is not None
    assert (byte_range.first, byte_range.last) == span
    assert byte_range.content_range == content_range
    assert byte_range.is_satisfiable == ("*" not in content_range)


@pytest.mark.parametrize(
    "header",
    ["", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=0-1,4-5", "bytes=" + "9" * 5000 + "-"],
)
def test_an_ignored_range_header_gives_the_whole_file(header: str) -> None:
    assert parse_range(header, 10) is None


def test_a_range_of_an_empty_file_is_unsatisfiable() -> None:
    byte_range = parse_range("bytes=0-", 0)
    assert byte_range is not None
    assert not byte_range.is_satisfiable
