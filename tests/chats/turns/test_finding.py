"""Conversations are found by the words of their turns, whatever those are kept with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chats.models import Chat, Turn
from chats.turns.finding import hits, matching
from runs.models import Run

pytestmark = pytest.mark.django_db
Say = Callable[..., Turn]


def found(asked: str) -> list[Chat]:
    return list(matching(Chat.objects.all(), asked))


@pytest.mark.parametrize("asked", ["mountain", "ÄPFEL mountain", "äpfel", "lakes", '"Quoted"'])
def test_words_of_a_message_and_its_answer_find_the_chat(chat: Chat, say: Say, asked: str) -> None:
    say("About lakes and Äpfel", 'A mountain. "Quoted"\nhere.')
    assert found(asked) == [chat]


@pytest.mark.parametrize("asked", ["output", "usage", "prompt_tokens", "lakes desert", "\\u00"])
def test_what_was_not_said_finds_nothing(chat: Chat, say: Say, asked: str) -> None:
    say("About lakes", "A mountain.")
    assert found(asked) == []


def test_a_word_that_is_also_a_name_is_found_where_it_was_said(chat: Chat, say: Say) -> None:
    say("Hello", "The output of the mill.")
    assert found("output") == [chat]


def test_what_had_come_of_a_stopped_answer_is_found(chat: Chat, say: Say) -> None:
    turn = say("Hello", None)
    assert turn.run_id
    Run.objects.filter(pk=turn.run_id).update(state="cancelled", partial={"output": "Half a wo"})
    assert found("half wo") == [chat]
    (hit,) = hits(found("half wo"), "half wo").values()
    assert (hit.turn, hit.word, hit.after) == (turn.pk, "Half", " a wo")


def test_the_words_are_looked_for_in_one_turn(chat: Chat, say: Say) -> None:
    first = say("About lakes", "Yes.")
    say("About deserts", "No.", after=first)
    assert found("about yes") == [chat]
    assert found("deserts yes") == []
