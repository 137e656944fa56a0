"""What is known of a message before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from chats.display.composer import Filled
from chats.display.preview import of_message
from chats.models import Chat, Turn
from tests.chats import documents

pytestmark = pytest.mark.django_db


def test_the_cost_counts_the_turns_that_go_along(
    user: User, make_endpoint: Any, say: Callable[..., Turn]
) -> None:
    priced = make_endpoint(
        "lab/priced", documents.ROUTER, unit_price_usd=Decimal(1), price_unit="1000 characters"
    )
    chat = Chat.objects.create(user=user, endpoint=priced)
    alone = of_message(chat, None, Filled("x" * 1000))
    turn = Turn.objects.create(chat=chat, endpoint=priced, text="y" * 1000, form_token="t")
    turn.run = say("y").run
    turn.save()
    after = of_message(chat, turn.pk, Filled("x" * 1000))
    assert alone.cost == "about $1.00"
    assert after.cost > alone.cost
    assert "characters" in after.basis


def test_nothing_is_said_of_an_empty_message_or_a_price_that_nobody_knows(
    user: User, make_endpoint: Any
) -> None:
    chat = Chat.objects.create(user=user, endpoint=make_endpoint("lab/a", documents.ROUTER))
    assert not of_message(chat, None, Filled("  "))
    assert not of_message(chat, None, Filled("Hello"))
