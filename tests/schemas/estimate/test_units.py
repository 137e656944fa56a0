"""Every price unit that upstream has used is read; unknown words are kept, never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.estimate import parse_unit
from tests.tables import each_row


@each_row(
    ("text", "kind", "per", "noun"),
    [
        ("", "run", "1", "run"),
        ("runs", "run", "1", "run"),
        ("requests", "run", "1", "request"),
        ("api calls", "run", "1", "call"),
        ("images", "output", "1", "image"),
        ("image", "output", "1", "image"),
        ("image (1024x1024)", "output", "1", "image"),
        ("videos", "output", "1", "video"),
        ("generations", "output", "1", "generation"),
        ("models", "output", "1", "model"),
        ("meshes", "output", "1", "mesh"),
        ("input images", "input", "1", "image"),
        ("megapixels", "megapixel", "1", "megapixel"),
        ("MP", "megapixel", "1", "megapixel"),
        ("processed megapixel", "megapixel", "1", "megapixel"),
        ("pixels", "megapixel", "0.000001", "megapixel"),
        ("seconds", "second", "1", "second"),
        ("s", "second", "1", "second"),
        ("second of video", "second", "1", "second"),
        ("5 seconds", "second", "5", "second"),
        ("5 second video", "second", "5", "second"),
        ("5s", "second", "5", "second"),
        ("5-second clip", "second", "5", "second"),
        ("minutes", "second", "60", "minute"),
        ("audio minutes", "second", "60", "minute"),
        ("hours", "second", "3600", "hour"),
        ("compute seconds", "compute second", "1", "second"),
        ("second of compute", "compute second", "1", "second"),
        ("GPU minutes", "compute second", "60", "minute"),
        ("H100 second", "compute second", "1", "second"),
        ("A100-80GB second", "compute second", "1", "second"),
        ("steps", "step", "1", "step"),
        ("training steps", "step", "1", "step"),
        ("100 steps", "step", "100", "step"),
        ("frames", "frame", "1", "frame"),
        ("tokens", "token", "1", "token"),
        ("1000 tokens", "token", "1000", "token"),
        ("1M tokens", "token", "1000000", "token"),
        ("1m output tokens", "token", "1000000", "token"),
        ("million tokens", "token", "1000000", "token"),
        ("1000 characters", "character", "1000", "character"),
        ("1,000 characters", "character", "1000", "character"),
        ("1k characters", "character", "1000", "character"),
        ("4K characters", "character", "4000", "character"),
        ("thousand chars", "character", "1000", "character"),
        ("words", "word", "1", "word"),
        ("units", "billed", "1", "unit"),
        ("credits", "billed", "1", "credit"),
        ("compute units", "billed", "1", "unit"),
        ("video segments", "other", "1", "segment"),
        ("pages", "other", "1", "page"),
    ],
)
def test_units_are_parsed(text: str, kind: str, per: str, noun: str) -> None:
    unit = parse_unit(text)
    assert (unit.kind, unit.per, unit.noun) == (kind, Decimal(per), noun)


@pytest.mark.parametrize(
    ("text", "lines"),
    [("720p second", "720p"), ("1080p video", "1080p"), ("seconds (4k)", "4k"), ("seconds", "")],
)
def test_a_resolution_in_a_unit_is_not_its_amount(text: str, lines: str) -> None:
    unit = parse_unit(text)
    assert (unit.per, unit.lines) == (Decimal(1), lines)


@given(st.text(max_size=80))
def test_any_text_is_a_unit(text: str) -> None:
    unit = parse_unit(text)
    assert unit.per > 0
    assert unit.noun
