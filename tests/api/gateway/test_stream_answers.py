"""OpenAI's chunks on their way: whole events alone, and an error where the rest is missing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.gateway.stream_answers import RoutedAnswer
from fal import FalError
from runs.models import Run

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize("blank", [b"\n\n", b"\r\n\r\n"], ids=["lf", "crlf"])
def test_a_broken_event_is_not_passed_on(make_run: Any, blank: bytes) -> None:
    error = FalError("It broke off.").as_json()
    run = make_run(state=Run.State.UNCONFIRMED, error=error)
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def act() -> None:
        answer = RoutedAnswer(run, send)
        answer.has_begun = True
        for piece in (b"da", b'ta: {"a"', b": 1}" + blank, b'data: {"b":'):
            await answer.write(piece)
        await answer.conclude(run)

    asyncio.run(act())
    first, last = sent
    assert first == b'data: {"a": 1}' + blank
    assert b'"message":"It broke off."' in last.replace(b": ", b":")
