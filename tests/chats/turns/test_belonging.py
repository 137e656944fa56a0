"""A run's page leads to the conversation that it is an answer in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from chats.models import Chat
from chats.turns.belonging import chats_of


def test_an_answer_links_to_its_turn_for_the_owner(
    member: Client, chat: Chat, say: Any, stranger: User
) -> None:
    turn = say("Hi", "Hello.")
    page = member.get(turn.run.get_absolute_url()).content.decode()
    assert f'href="{chat.get_absolute_url()}?turn={turn.pk}#turn-{turn.pk}"' in page
    assert chats_of(stranger, turn.run) == []
