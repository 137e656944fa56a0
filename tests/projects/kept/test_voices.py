"""Behaviour that all comments share, tested on boards and on shares; and mentions in a text."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from core.periods import UNDO_WITHIN
from core.refusals import Refused
from features.boards import comments as of_boards
from features.boards.models import Board
from features.sharing.models import Reviewer, Share
from features.sharing.review import comments as of_shares
from projects.kept.voices import comment as voices
from projects.kept.voices.forms import MAX_MENTIONS, mentioned_in
from projects.kept.voices.participant import Participant
from projects.models.project import private_project

pytestmark = pytest.mark.django_db
LONG_AGO = UNDO_WITHIN + timedelta(seconds=1)


@pytest.fixture(params=["board", "share"])
def say(request: Any, user: User, make_endpoint: Any) -> Any:
    """`say(text, parent=…)` → a comment: in one test on a board, in the other on a share."""
    if request.param == "board":
        project = private_project(user)
        board = Board.objects.create(user=user, project=project, source=make_endpoint("lab/flux"))
        author = Participant.of_user(user)
        return lambda text, **more: of_boards.say(author, board, text, **more)
    share = Share.objects.create(user=user, takes_comments=True)
    reviewer = Reviewer.objects.create(share=share, name="Anna")
    return lambda text, **more: of_shares.say(reviewer, text, **more)


def is_there(comment: Any) -> bool:
    return bool(type(comment).objects.filter(pk=comment.pk).exists())


def test_a_deleted_comment_comes_back_within_an_hour(say):
    comment = say("Frist")
    comment.take_back()
    assert not type(comment).objects.kept().exists()
    comment.bring_back()
    assert type(comment).objects.kept().get() == comment
    comment.deleted_at = timezone.now() - LONG_AGO
    with pytest.raises(Refused, match="no longer exists"):
        comment.bring_back()


def test_what_was_removed_comes_back_by_who_may_remove_alone(say):
    comment = say("Rude")
    comment.take_back(is_removed=True)
    with pytest.raises(Refused, match="manages this page"):
        comment.bring_back()
    comment.bring_back(may_remove=True)
    comment.take_back()
    comment.bring_back()


def test_after_that_hour_nothing_of_its_text_is_left(say):
    alone, answered = say("Alone"), say("Answered")
    say("An answer", parent=answered)
    for comment in (alone, answered):
        comment.take_back()
    voices.delete_for_good()
    assert is_there(alone)
    type(alone).objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - LONG_AGO)
    voices.delete_for_good()
    assert not is_there(alone)
    texts = type(answered).objects.values_list("text", flat=True)
    assert sorted(texts) == ["", "An answer"]


def test_an_answer_to_an_answer_joins_the_thread_and_opens_it_again(say):
    first = say("Too dark")
    answer = say("Fixed", parent=first)
    answer.set_resolved(True)
    first.refresh_from_db()
    assert first.resolved_at
    last = say("Still dark", parent=answer)
    assert last.parent == first
    (thread,) = voices.threads_of(type(first).objects.all())
    assert (thread.first, thread.answers) == (first, [answer, last])
    assert not thread.is_resolved


def test_a_deleted_comment_is_in_no_thread_unless_somebody_answered_it(say):
    first = say("Rude")
    answer = say("Please not", parent=first)
    first.take_back()
    (thread,) = voices.threads_of(type(first).objects.all())
    assert thread.answers == [answer]
    answer.take_back()
    assert voices.threads_of(type(first).objects.all()) == []


def test_there_are_only_so_many_comments_at_one_place(say, monkeypatch):
    monkeypatch.setattr(voices, "MAX_COMMENTS", 1)
    say("One")
    with pytest.raises(Refused, match="no more fit"):
        say("Two")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Anna Berg and @ben, look", ["Anna Berg", "ben"]),
        ("@anna  berg!", ["Anna Berg"]),
        ("@Anna", ["Anna"]),  # of names with the same beginning, the longest existing one
        ("@bennet x@ben.test", []),
        ("@ben @BEN", ["ben"]),
        ("nobody", []),
    ],
)
def test_a_text_names_people(text, named):
    people = {
        name: User(pk=number, username=name)
        for number, name in enumerate(("Anna Berg", "Anna", "ben"), start=1)
    }
    assert [user.username for user in mentioned_in(text, people)] == named


def test_a_text_names_only_so_many():
    people = {f"p{number}x": User(pk=number + 1) for number in range(MAX_MENTIONS + 5)}
    assert len(mentioned_in(" ".join(f"@{name}" for name in people), people)) == MAX_MENTIONS
