"""The page shows one branch, its end first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chats.models import Chat, Turn
from chats.turns.tree import SHOWN, branch_of

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
    shown = branch.shown()
    assert shown == [turn.pk for turn in turns[-SHOWN:]]
    assert branch.shown(before=shown[0]) == [turn.pk for turn in turns[:-SHOWN]]


def test_a_page_of_long_answers_has_fewer_turns(say: Say, chat: Chat) -> None:
    turn = say("One", "x" * 20_000)
    last = say("Two", "y" * 20_000, after=turn)
    assert branch_of(chat).shown() == [last.pk]


def test_an_empty_conversation_has_no_leaf(chat: Chat) -> None:
    assert branch_of(chat).leaf is None
