"""Chats in a shared project: which members write, which read, and who sees nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Endpoint
from features.chats.models import Chat, Turn
from features.chats.turns.finding import chats_of
from projects.models import Membership, Project
from runs.live import pages
from runs.models import Run
from runs.start import refused_starts
from tests.projects.people import make_project, member_with, working_in

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Say = Callable[..., Turn]


@pytest.fixture
def project(user: User) -> Project:
    """A project of four members; `user` is one of its makers."""
    return make_project("Film", ana="maker", mona="manager", vera="viewer")


@pytest.fixture
def chat(user: User, router: Endpoint, project: Project) -> Chat:
    """A chat in the project."""
    new_work = project.for_new_work()
    return Chat.objects.create(user=user, endpoint=router, title="Foxes", **new_work)


@pytest.fixture
def reader(project: Project) -> Client:
    """A viewer's browser."""
    return working_in(project, member_with(project, "viewer"))


def test_a_chat_and_its_answers_live_in_the_project_of_the_page(
    project: Project, user: User, router: Endpoint
) -> None:
    browser = working_in(project, user)
    assert "?project=film" in browser.get(router.get_absolute_url()).content.decode()
    browser.post("/chats/new/?project=private", {"model": router.endpoint_id})
    response = browser.post("/chats/new/?project=film", {"model": router.endpoint_id})
    assert Chat.objects.count() == 2  # the empty private chat is not opened instead
    browser.post(response["Location"], {"~text": "Hi", "~token": "t", "model": "a/b"})
    assert Run.objects.get().project == Chat.objects.latest("created_at").project == project


def test_members_read_along(chat: Chat, say: Say, reader: Client, project: Project) -> None:
    turn = say("What is a fox?", "An <b>animal</b>.")
    page = reader.get(chat.get_absolute_url()).content.decode()
    for text in ("What is a fox?", "animal", "data-refused", "ana writes in this chat"):
        assert text in page
    for hidden in ('name="~text"', "Answer again", ">Edit<", "Rename", "Delete", "data-price"):
        assert hidden not in page
    listed = reader.get("/chats/").content.decode()
    assert "Foxes" in listed
    assert "ana ·" in listed
    assert turn.run
    (place,) = chats_of(member_with(project, "viewer"), turn.run)
    assert place.title == "Foxes"


@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_only_its_user_writes_in_a_chat(chat: Chat, say: Say, project: Project, role: str) -> None:
    turn = say("One")
    browser, page = working_in(project, member_with(project, role)), chat.get_absolute_url()
    posts = {
        page: {"~text": "Mine", "~token": "x", "model": "a/b"},
        f"{page}turns/": {"~do": f"again:{turn.pk}", "~token": "x"},
        f"{page}draft/": {"~text": "Mine"},
        f"{page}title/": {"title": "Mine"},
        "/chats/new/": {"chat": str(chat.pk), "model": "lab/llm"},
    }
    for address, post in posts.items():
        assert browser.post(address, post).status_code == 403, address
    chat.refresh_from_db()
    assert (chat.title, chat.draft, Turn.objects.count()) == ("Foxes", {}, 1)


def test_hidden_chats_answers_and_drafts_are_their_users_alone(
    chat: Chat, say: Say, reader: Client, member: Client
) -> None:
    turn = say("One", "Vixens are secret")
    assert turn.run
    chat.draft = {"text": "half a thought"}
    chat.save()
    Run.objects.filter(pk=turn.run.pk).update(is_hidden=True)
    page = reader.get(chat.get_absolute_url()).content.decode()
    assert "Vixens" not in page
    assert "is not shared" in page
    assert "half a thought" not in page
    assert "with a draft" not in reader.get("/chats/").content.decode()
    assert "Foxes" not in reader.get("/chats/?q=vixens").content.decode()
    assert "Foxes" in member.get("/chats/?q=vixens&project=film").content.decode()
    Chat.objects.update(is_hidden=True)
    assert reader.get(chat.get_absolute_url()).status_code == 404
    assert "Foxes" not in reader.get("/chats/").content.decode()
    assert member.get(chat.get_absolute_url()).status_code == 200


def test_what_was_never_sent_is_not_listed_for_others(
    chat: Chat, reader: Client, user: User, project: Project
) -> None:
    Chat.objects.update(title="", draft={"text": "half a thought"})
    assert str(chat.pk) not in reader.get("/chats/").content.decode()
    assert str(chat.pk) in working_in(project, user).get("/chats/").content.decode()


def test_the_live_answer_of_a_reader_has_no_controls(chat: Chat, say: Say, reader: Client) -> None:
    turn = say("One", None)
    assert turn.run
    page = reader.get(chat.get_absolute_url()).content.decode()
    assert "chat-only" in page
    run = Run.objects.with_endpoint().get(pk=turn.run.pk)
    assert "stop:" in pages.render(run, "chat")
    assert "stop:" not in pages.render(run, "chat-only")


def test_who_may_make_nothing_any_more_keeps_what_was_typed(
    chat: Chat, member: Client, user: User, project: Project
) -> None:
    Membership.objects.filter(project=project, user=user).update(role="viewer")
    message = {"~text": "A long <b>thought", "~token": "t", "model": "a/b"}
    refused = member.post(chat.get_absolute_url(), message)
    assert refused.status_code == 403
    assert "data-refused" in refused.content.decode()
    assert "Ask mona to make you a maker" in refused.content.decode()
    assert "A long &lt;b&gt;thought" in refused.content.decode()
    refusal = member.post(chat.get_absolute_url(), message, headers={"HX-Request": "true"})
    assert (refusal.status_code, "data-refused" in refusal.content.decode()) == (403, True)
    assert not Run.objects.exists()
    chat.refresh_from_db()
    assert chat.draft["text"] == "A long <b>thought"


def test_a_viewer_begins_no_chat_and_reads_why(reader: Client, router: Endpoint) -> None:
    page = reader.get("/chats/new/").content.decode()
    assert "Ask mona to make you a maker" in page
    assert router.endpoint_id not in page
    assert reader.post("/chats/new/", {"model": router.endpoint_id}).status_code == 403
    assert not Chat.objects.exists()


def test_the_door_is_asked_for_each_message(chat: Chat, say: Say, project: Project) -> None:
    Membership.objects.filter(user=chat.user).delete()
    with pytest.raises(refused_starts.Forbidden):
        say("One")
    assert not Turn.objects.exists()


def test_the_scope_shows_own_chats_of_all_projects(
    chat: Chat, say: Say, user: User, project: Project, router: Endpoint
) -> None:
    say("One")
    theirs = Chat.objects.create(
        user=member_with(project, "manager"), endpoint=router, title="Hers",
        said_at=Turn.objects.get().created_at, project=project,
    )  # fmt: skip
    Chat.objects.create(user=user, endpoint=router, title="Alone", said_at=theirs.said_at)
    browser = working_in(project, user)
    here = browser.get("/chats/").content.decode()
    assert [name in here for name in ("Foxes", "Hers", "Alone")] == [True, True, False]
    everywhere = browser.get("/chats/?scope=all").content.decode()
    assert [name in everywhere for name in ("Foxes", "Hers", "Alone")] == [True, False, True]


def test_a_title_is_tidied_and_one_that_is_too_long_is_refused_beside_it(
    chat: Chat, say: Say, project: Project, user: User
) -> None:
    say("What is a fox?", "An animal.")
    browser, address = working_in(project, user), f"{chat.get_absolute_url()}title/"
    response = browser.post(address, {"title": "t" * 201})
    page = response.content.decode()
    assert (response.status_code, page.count("t" * 201)) == (422, 1)
    assert "Keep it to 200 characters: this has 201." in page
    chat.refresh_from_db()
    assert chat.title == "Foxes"
    for typed, title in ((" Red\x00  foxes ", "Red foxes"), (" ", "Red foxes")):
        assert browser.post(address, {"title": typed}).status_code == 302
        chat.refresh_from_db()
        assert chat.title == title
