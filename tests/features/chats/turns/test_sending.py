"""A chat sends a message once, and sends the model only the branch that it answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.profile import preferences
from features.chats.models import Chat, Turn
from features.chats.turns import sending
from runs.models import Run

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
Say = Callable[..., Turn]


def prompt(turn: Turn) -> str:
    assert turn.run is not None
    return str(turn.run.arguments["prompt"])


def test_a_double_click_sends_one_turn_and_one_run(chat: Chat) -> None:
    settings = {"model": "a/b"}
    first = sending.send(chat, None, "Hi", "", settings, "token")
    second = sending.send(chat, None, "Hi", "", settings, "token")
    assert first == second
    assert Run.objects.count() == 1


def test_another_message_from_a_restored_page_is_another_turn(chat: Chat) -> None:
    settings = {"model": "a/b"}
    sending.send(chat, None, "Hi", "", settings, "token")
    sending.send(chat, None, "Hi again", "", settings, "token")
    assert Run.objects.count() == 2


def test_a_turn_is_streamed_if_the_model_streams(say: Say) -> None:
    run = say("Hi").run
    assert run is not None
    assert (run.transport, run.title) == ("stream", "Hi")


def test_the_model_gets_only_its_own_branch(say: Say, chat: Chat) -> None:
    first = say("One", "1")
    say("Two", "2", after=first)
    third = say("Three", "3", after=first)
    assert "User: One\n\nAssistant: 1" in prompt(third)
    assert "Two" not in prompt(third)


def test_another_answer_is_a_version_of_the_turn(say: Say, chat: Chat) -> None:
    first = say("One", "1")
    second = sending.again(chat, first, "again")
    assert (second.parent_id, second.text) == (first.parent_id, first.text)
    assert second.run_id != first.run_id


def test_a_turn_without_an_answer_is_not_sent_to_the_model(say: Say) -> None:
    lost = say("Lost", None)
    assert lost.run_id
    Run.objects.filter(pk=lost.run_id).update(state="failed")
    assert prompt(say("Next", after=lost)) == "Next"


def test_a_stopped_answer_is_sent_to_the_model(say: Say) -> None:
    cut = say("Count", None)
    assert cut.run_id
    Run.objects.filter(pk=cut.run_id).update(state="cancelled", partial={"output": "1, 2"})
    assert "Assistant: 1, 2" in prompt(say("Go on", after=cut))


def test_nothing_is_sent_while_an_answer_is_streaming(say: Say) -> None:
    running = say("One", None)
    with pytest.raises(sending.Refused, match="still being written"):
        say("Two", after=running)
    assert Turn.objects.count() == 1


def test_an_empty_message_and_a_missing_setting_are_refused(chat: Chat) -> None:
    with pytest.raises(sending.Refused, match="Write a message"):
        sending.send(chat, None, " \n", "", {"model": "a/b"}, "one")
    with pytest.raises(sending.Refused) as refused:
        sending.send(chat, None, "Hi", "", {}, "two")
    assert [problem.path for problem in refused.value.problems] == [("model",)]
    assert not Run.objects.exists()


def test_a_blocked_model_is_refused(chat: Chat) -> None:
    chat.endpoint.standing, chat.endpoint.standing_reason = "blocked", "Too dear"
    chat.endpoint.save()
    with pytest.raises(sending.Refused, match="Too dear"):
        sending.send(chat, None, "Hi", "", {"model": "a/b"}, "one")


def test_a_chat_is_private(chat: Chat) -> None:
    preferences.set_shares_runs(chat.user, True)
    sending.send(chat, None, "Hi", "Keep our price list to yourself.", {"model": "a/b"}, "token")
    assert not Run.objects.get().is_example
