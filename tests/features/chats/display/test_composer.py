"""The estimated cost of a message, before the user sends it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from features.chats.display.composer import Message, of_message
from features.chats.models import Chat, Turn
from tests.features.chats import documents

pytestmark = pytest.mark.django_db


def test_the_cost_includes_earlier_turns(
    user: User, make_endpoint: Any, say: Callable[..., Turn]
) -> None:
    priced = make_endpoint(
        "lab/priced", documents.ROUTER, unit_price_usd=Decimal(1), price_unit="1000 characters"
    )
    chat = Chat.objects.create(user=user, endpoint=priced)
    alone = of_message(chat, None, Message("x" * 1000))
    turn = Turn.objects.create(chat=chat, endpoint=priced, text="y" * 1000, form_token="t")
    turn.run = say("y").run
    turn.save()
    after = of_message(chat, turn.pk, Message("x" * 1000))
    assert [price.words for price in alone.prices] == ["about $1.00"]
    assert after.prices[0].words > alone.prices[0].words
    assert "characters" in after.prices[0].basis


def test_both_models_show_their_price(user: User, make_endpoint: Any) -> None:
    first, second = (
        make_endpoint(
            f"lab/{name}",
            documents.ROUTER,
            unit_price_usd=Decimal(price),
            price_unit="1000 characters",
        )
        for name, price in (("one", 1), ("two", 3))
    )
    chat = Chat.objects.create(user=user, endpoint=first, second=second)
    prices = of_message(chat, None, Message("x" * 1000)).prices
    assert [price.words for price in prices] == ["about $1.00", "about $3.00"]
    assert [price.model for price in prices] == [first.display_name, second.display_name]


def test_no_cost_is_shown_for_an_empty_message_or_unknown_price(
    user: User, make_endpoint: Any
) -> None:
    chat = Chat.objects.create(user=user, endpoint=make_endpoint("lab/a", documents.ROUTER))
    assert not of_message(chat, None, Message("  "))
    assert not of_message(chat, None, Message("Hello"))
