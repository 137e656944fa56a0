"""Values in addresses that are malformed count as missing."""

from __future__ import annotations

import uuid

import pytest

from core.http.parameters import page_number, parse_key, parse_uuid

KEY = uuid.UUID("5c0c2c1e-9d3c-5a51-8b67-2f0f5d2ab001")


@pytest.mark.parametrize(
    "text", [str(KEY), KEY.hex, f"urn:uuid:{KEY}"], ids=["dashes", "hex", "urn"]
)
def test_an_id_is_parsed_as_python_does(text: str) -> None:
    assert parse_uuid(text) == KEY


@pytest.mark.parametrize(
    "text",
    ["", "5c0c2c1e", f"{KEY}0", "\x00", "é" * 32],
    ids=["empty", "short", "long", "nul", "é"],
)
def test_anything_else_is_none(text: str) -> None:
    assert parse_uuid(text) is None


@pytest.mark.parametrize("text", [None, "", "-1", "1.0", "²", "٣", "x", "9" * 18, "9" * 5000])
def test_what_no_database_could_hold_is_no_key(text: str | None) -> None:
    assert parse_key(text) is None


def test_a_key_is_read() -> None:
    assert parse_key("0012") == 12
    assert parse_key("9" * 17) == 99_999_999_999_999_999


@pytest.mark.parametrize(("text", "page"), [("7", 7), ("0", 1), ("-3", 1), ("", 1), ("10000", 1)])
def test_a_page_is_the_first_where_none_is_named(text: str, page: int) -> None:
    assert page_number(text) == page
