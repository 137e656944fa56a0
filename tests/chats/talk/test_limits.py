"""Upstream's errors about a length are distinguished from its other errors."""

from __future__ import annotations

from typing import Any

import pytest

from chats.talk.limits import is_too_long
from tests.tables import each_row

pytestmark = pytest.mark.any_database


@each_row(
    "message",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9001 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "This endpoint's maximum context length is 32768 tokens.",
        "Input is too long for requested model.",
        "String should have at most 5000 characters",
    ],
)
@each_row("is_within_output", [True, False])
def test_messages_about_length_are_recognised(message: str, is_within_output: bool) -> None:
    error = None if is_within_output else {"error": "RunFailed", "message": message}
    assert is_too_long(error, message if is_within_output else "")


def test_an_error_type_about_length_is_recognised() -> None:
    detail = [{"loc": ["body", "prompt"], "msg": "Wrong.", "type": "string_too_long"}]
    assert is_too_long({"error": "InvalidInput", "status": 422, "detail": detail})


@pytest.mark.parametrize(
    "error",
    [
        None,
        {},
        {"error": "RunFailed", "message": "Rate limit exceeded, try again later."},
        {"error": "AuthFailed", "message": "Your token has expired."},
        {"error": "RunFailed", "message": "The model took too long."},
    ],
)
def test_other_errors_are_not_about_length(error: Any) -> None:
    assert not is_too_long(error)
