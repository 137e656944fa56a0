"""Conversations are found by the words of their turns, however these are stored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from chats.models import Chat, Turn
from chats.turns.finding import hits, matching
from runs.models import Run

pytestmark = pytest.mark.django_db
Say = Callable[..., Turn]


def matching_chats(query: str) -> list[Chat]:
    return list(matching(Chat.objects.all(), query, User.objects.get()))


@pytest.mark.parametrize("query", ["mountain", "ÄPFEL mountain", "äpfel", "lakes", '"Quoted"'])
def test_a_chat_is_found_by_words_of_message_or_answer(chat: Chat, say: Say, query: str) -> None:
    say("About lakes and Äpfel", 'A mountain. "Quoted"\nhere.')
    assert matching_chats(query) == [chat]


@pytest.mark.parametrize("query", ["output", "usage", "prompt_tokens", "lakes desert", "\\u00"])
def test_words_that_were_not_said_find_nothing(chat: Chat, say: Say, query: str) -> None:
    say("About lakes", "A mountain.")
    assert matching_chats(query) == []


def test_a_word_equal_to_a_json_key_is_found_only_in_texts(chat: Chat, say: Say) -> None:
    say("Hello", "The output of the mill.")
    assert matching_chats("output") == [chat]


def test_a_chat_is_found_by_words_of_a_stopped_answer(chat: Chat, say: Say) -> None:
    turn = say("Hello", None)
    assert turn.run_id
    Run.objects.filter(pk=turn.run_id).update(state="cancelled", partial={"output": "Half a wo"})
    assert matching_chats("half wo") == [chat]
    (hit,) = hits(matching_chats("half wo"), "half wo", User.objects.get()).values()
    assert (hit.turn, hit.word, hit.after) == (turn.pk, "Half", " a wo")


def test_all_words_must_be_in_one_turn(chat: Chat, say: Say) -> None:
    first = say("About lakes", "Yes.")
    say("About deserts", "No.", after=first)
    assert matching_chats("about yes") == [chat]
    assert matching_chats("deserts yes") == []
