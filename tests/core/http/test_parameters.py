"""Values in addresses that are malformed count as missing."""

import uuid
from datetime import UTC, datetime

import pytest
from django.test import RequestFactory

from core.http.parameters import page_number, parse_key, parse_moment, parse_uuid, search_words

KEY = uuid.UUID("5c0c2c1e-9d3c-5a51-8b67-2f0f5d2ab001")


@pytest.mark.parametrize(
    "text", [str(KEY), KEY.hex, f"urn:uuid:{KEY}"], ids=["dashes", "hex", "urn"]
)
def test_an_id_is_parsed_as_python_does(text):
    assert parse_uuid(text) == KEY


@pytest.mark.parametrize(
    "text",
    ["", "5c0c2c1e", f"{KEY}0", "\x00", "é" * 32],
    ids=["empty", "short", "long", "nul", "é"],
)
def test_a_malformed_id_is_none(text):
    assert parse_uuid(text) is None


@pytest.mark.parametrize("text", [None, "", "-1", "1.0", "²", "٣", "x", "9" * 18, "9" * 5000])
def test_a_key_too_large_for_the_database_is_none(text):
    assert parse_key(text) is None


def test_a_numeric_key_is_parsed():
    assert parse_key("0012") == 12
    assert parse_key("9" * 17) == 99_999_999_999_999_999


@pytest.mark.parametrize(("text", "page"), [("7", 7), ("0", 1), ("-3", 1), ("", 1), ("10000", 1)])
def test_a_missing_or_invalid_page_number_is_the_first(text, page):
    assert page_number(text) == page


def test_a_time_is_parsed_as_utc():
    expected = datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert parse_moment("2026-01-01T12:00:00+02:00") == expected
    assert parse_moment("2026-01-01T12:00:00 02:00") == expected  # "+" is a space in an address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01T12:00:00",
        "2026-13-01T12:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "\ud800",
        "9" * 5000,
    ],
    ids=["empty", "no-zone", "no-month", "before-year-1", "after-9999", "half-a-pair", "digits"],
)
def test_a_malformed_time_is_none(text):
    assert parse_moment(text) is None


def test_what_is_searched_for_can_be_asked_of_a_database():
    request = RequestFactory().get("/", {"q": f" a\x00b {'c' * 300}", "tag": " new "})
    assert search_words(request) == f"ab {'c' * 197}"
    assert search_words(request, "tag") == "new"
    assert search_words(request, "folder") == ""
