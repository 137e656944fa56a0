"""Values in addresses that are malformed count as missing."""

from __future__ import annotations

import uuid

import pytest

from core.http.parameters import parse_uuid

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
