"""A chat's page shows one branch, and of a long branch its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.chats.models import Chat, Turn
from features.chats.turns.finding import chats_of, hits, matching
from features.chats.turns.tree import SHOWN, branch_of
from runs.models import Run

pytestmark = pytest.mark.django_db
Say = Callable[..., Turn]


def test_the_branch_with_the_newest_turn_is_shown(say: Say, chat: Chat) -> None:
    first = say("One")
    old = say("Two", after=first)
    new = say("Two again", after=first)
    branch = branch_of(chat)
    assert [node.pk for node in branch.nodes] == [first.pk, new.pk]
    assert branch.versions[new.pk] == [old.pk, new.pk]


def test_the_branch_through_a_version_ends_with_its_newest_turn(say: Say, chat: Chat) -> None:
    first = say("One")
    old = say("Two", after=first)
    below = say("Three", after=old)
    say("Two again", after=first)
    assert branch_of(chat, old.pk).leaf == below.pk


def test_a_page_shows_the_last_turns_and_loads_earlier_ones(say: Say, chat: Chat) -> None:
    turns = [say("First")]
    for number in range(SHOWN + 4):
        turns.append(say(f"Number {number}", after=turns[-1]))
    branch = branch_of(chat)
    visible = branch.visible_turns()
    assert visible == [turn.pk for turn in turns[-SHOWN:]]
    assert branch.visible_turns(before=visible[0]) == [turn.pk for turn in turns[:-SHOWN]]


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


def test_an_answer_links_to_its_turn_for_the_owner(
    member: Client, chat: Chat, say: Any, stranger: User
) -> None:
    turn = say("Hi", "Hello.")
    page = member.get(turn.run.get_absolute_url()).content.decode()
    assert f'href="{chat.get_absolute_url()}?turn={turn.pk}#turn-{turn.pk}"' in page
    assert chats_of(stranger, turn.run) == []
