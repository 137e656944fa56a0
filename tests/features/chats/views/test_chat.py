"""The pages of chats, for their owner and for strangers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Endpoint
from features.chats.models import Chat, Turn
from runs.models import Run, Upload
from tests.features.chats import documents
from tests.features.training.conftest import picture

pytestmark = pytest.mark.django_db
Say = Callable[..., Turn]


def test_a_chat_starts_from_a_model_page(member: Client, router: Endpoint) -> None:
    assert "New chat" in member.get(router.get_absolute_url()).content.decode()
    response = member.post("/chats/new/", {"model": router.endpoint_id})
    again = member.post("/chats/new/", {"model": router.endpoint_id})
    # an empty chat is opened again instead of a second one
    assert response["Location"] == again["Location"]
    assert member.get(response["Location"]).status_code == 200


def test_a_picture_model_offers_no_chat(member: Client, make_endpoint: Any) -> None:
    painter = make_endpoint("lab/painter", documents.PAINTER)
    assert "New chat" not in member.get(painter.get_absolute_url()).content.decode()
    assert (
        "no conversations" in member.post("/chats/new/", {"model": "lab/painter"}).content.decode()
    )
    assert not Chat.objects.exists()


def test_a_message_becomes_a_run(member: Client, chat: Chat) -> None:
    page = chat.get_absolute_url()
    post = {"~text": "Hello\r\nthere", "~system": "Be short.", "~token": "t", "model": "a/b"}
    assert member.post(page, post).status_code == 302
    member.post(page, post)
    run = Run.objects.get()
    assert run.arguments == {"model": "a/b", "prompt": "Hello\nthere", "system_prompt": "Be short."}
    html = member.get(page).content.decode()
    assert "data-watch" in html
    assert 'http-equiv="refresh"' in html
    # Without JavaScript the page reloads, which would delete a text in this form.
    assert 'class="composer panel stack gap-3 js-only"' in html
    assert "Be short." in html  # the form repeats it for the next turn


def test_a_message_that_cannot_be_sent_is_kept(member: Client, chat: Chat) -> None:
    refused = member.post(chat.get_absolute_url(), {"~text": "My long <b>text", "~token": "t"})
    assert refused.status_code == 422
    assert "My long &lt;b&gt;text" in refused.content.decode()
    assert "is required" in refused.content.decode()
    assert "My long &lt;b&gt;text" in member.get(chat.get_absolute_url()).content.decode()


def test_a_draft_is_kept_until_it_is_sent(member: Client, chat: Chat) -> None:
    page = chat.get_absolute_url()
    draft = {"~text": "Half a", "~token": "t", "model": "a/b"}
    assert member.post(f"{page}draft/", draft).status_code == 200
    assert "Half a" in member.get(page).content.decode()
    assert "with a draft" in member.get("/chats/").content.decode()
    member.post(page, draft | {"~text": "Half a sentence"})
    # this draft was already on its way when the message was sent
    assert member.post(f"{page}draft/", draft).status_code == 204
    chat.refresh_from_db()
    assert chat.draft == {}


def test_a_model_with_an_openai_body_can_chat(
    member: Client, user: Any, make_endpoint: Any
) -> None:
    endpoint = make_endpoint("lab/v1/chat/completions", {"openapi": "3.0.4"}, category="llm")
    page = Chat.objects.create(user=user, endpoint=endpoint).get_absolute_url()
    assert 'name="model"' in member.get(page).content.decode()
    refused = member.post(page, {"~text": "Hi", "~token": "t"})
    assert "Model is required" in refused.content.decode()
    member.post(page, {"~text": "Hi", "~token": "t", "model": "a/b", "max_tokens": "20"})
    Run.objects.update(state="succeeded", output={"choices": [{"message": {"content": "Hello."}}]})
    member.post(
        page, {"~text": "Two", "~token": "u", "model": "a/b", "~parent": str(Turn.objects.get().pk)}
    )
    last = Run.objects.latest("created_at")
    assert last.arguments["messages"] == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Two"},
    ]
    assert last.arguments["model"] == "a/b"


def test_pictures_are_sent_as_parts_of_an_openai_body(
    member: Client, user: Any, make_endpoint: Any
) -> None:
    endpoint = make_endpoint("lab/v1/chat/completions", {"openapi": "3.0.4"}, category="llm")
    page = Chat.objects.create(user=user, endpoint=endpoint).get_absolute_url()
    file = SimpleUploadedFile("cat.png", picture("orange"), "image/png")
    message = {"~text": "What is this?", "~token": "t", "model": "a/b"}
    address = "https://files.test/dog.png"
    posted = {**message, "image_urls.0": address, "image_urls.1": "", "image_urls.1~file": file}
    assert member.post(page, posted).status_code == 302
    sent = Run.objects.get().arguments
    assert sent.keys() == {"model", "messages"}
    own = Upload.objects.get().get_absolute_url()
    text, *pictures = sent["messages"][-1]["content"]
    assert text == {"type": "text", "text": "What is this?"}
    assert [part["image_url"]["url"] for part in pictures] == [address, own]
    assert f'<img src="{own}"' in member.get(page).content.decode()


def test_markdown_is_rendered_and_markup_is_escaped(member: Client, chat: Chat, say: Say) -> None:
    say("<script>alert(1)</script>", "**Bold** <img src=x onerror=alert(1)> [x](javascript:x)")
    page = member.get(chat.get_absolute_url()).content.decode()
    assert "<strong>Bold</strong>" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page


def test_an_edited_message_is_a_version(member: Client, chat: Chat, say: Say) -> None:
    turn = say("One")
    page = chat.get_absolute_url()
    form = member.get(f"{page}?edit={turn.pk}").content.decode()
    assert "Send as a new version" in form
    assert "One</textarea>" in form
    post = {"~do": f"edit:{turn.pk}", "~text": "One, really", "~token": "x"}
    response = member.post(f"{page}turns/", post)
    assert "1 / 2" not in member.get(response["Location"]).content.decode()
    assert "2 / 2" in member.get(response["Location"]).content.decode()
    emptied = member.post(f"{page}turns/", post | {"~text": " ", "~token": "y"})
    assert (emptied.status_code, Turn.objects.count()) == (422, 2)


def test_a_refused_retry_is_explained_at_its_turn(member: Client, chat: Chat, say: Say) -> None:
    turn = say("One")
    chat.endpoint.standing, chat.endpoint.standing_reason = "blocked", "Too dear"
    chat.endpoint.save()
    post = {"~do": f"again:{turn.pk}", "~token": "x"}
    refused = member.post(f"{chat.get_absolute_url()}turns/", post)
    assert refused.status_code == 422
    assert "Too dear" in refused.content.decode()


def test_an_answer_can_be_stopped(member: Client, chat: Chat, say: Say) -> None:
    turn = say("One", None)
    member.post(f"{chat.get_absolute_url()}turns/", {"~do": f"stop:{turn.run_id}"})
    assert Run.objects.get().state == "cancelled"


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("cancelled", "Stopped. The text so far is kept"),
        ("unconfirmed", "The text so far is kept"),
        ("failed", "The text so far is kept"),
    ],
)
def test_the_partial_text_of_a_stopped_answer_is_kept(
    member: Client, chat: Chat, say: Say, state: str, message: str
) -> None:
    turn = say("One", None)
    error = {"error": "RunFailed", "type": "stream_broken", "message": "cut"}
    assert turn.run_id
    run = Run.objects.filter(pk=turn.run_id)
    run.update(state=state, partial={"output": "Half a wo", "partial": True}, error=error)
    page = " ".join(member.get(chat.get_absolute_url()).content.decode().split())
    assert "Half a wo" in page
    assert message in page
    post = {"~text": "Go on", "~token": "g", "~parent": str(turn.pk), "model": "a/b"}
    assert member.post(chat.get_absolute_url(), post).status_code == 302
    assert "Assistant: Half a wo" in Run.objects.latest("created_at").arguments["prompt"]


def test_a_too_long_message_is_kept_with_an_explanation(
    member: Client, user: Any, make_endpoint: Any
) -> None:
    short = make_endpoint("lab/short", documents.SHORT, display_name="Short")
    page = Chat.objects.create(user=user, endpoint=short).get_absolute_url()
    post = {"~text": "x" * 312, "~token": "t"}
    assert "12 characters too long" in member.post(f"{page}draft/", post).content.decode()
    refused = member.post(page, post)
    assert refused.status_code == 422
    assert "12 characters too long: Short takes 300." in refused.content.decode()
    assert "x" * 312 in member.get(page).content.decode()
    assert not Run.objects.exists()


def test_a_too_long_conversation_is_retried_without_its_older_half(
    member: Client, chat: Chat, say: Say
) -> None:
    turn = None
    for number in range(5):
        turn = say(f"Question {number}", after=turn)
    assert turn
    assert turn.run_id
    refusal = "This model's maximum context length is 8192 tokens."
    Run.objects.filter(pk=turn.run_id).update(
        state="failed", output=None, error={"error": "RunFailed", "message": refusal}
    )
    page = chat.get_absolute_url()
    html = member.get(page).content.decode()
    assert "conversation is longer than" in html
    assert html.index("conversation is longer than") < html.index('id="composer"')
    post = {"~do": f"shorter:{turn.pk}", "~token": "s"}
    response = member.post(f"{page}turns/", post)
    prompt = Run.objects.latest("created_at").arguments["prompt"]
    assert "Question 1" not in prompt
    assert "Question 2" in prompt
    assert "conversation is longer than" not in member.get(response["Location"]).content.decode()
    newest = Turn.objects.latest("pk")
    assert newest.run_id
    Run.objects.filter(pk=newest.run_id).update(state="succeeded", output={"output": "Yes."})
    after = say("And now?", after=newest)  # the turn after the retry fits again
    assert after.left_out == 2


def test_files_are_sent_to_the_model_and_stay_with_the_turn(
    member: Client, user: Any, make_endpoint: Any
) -> None:
    listener = make_endpoint("lab/listener", documents.LISTENER)
    page = Chat.objects.create(user=user, endpoint=listener).get_absolute_url()
    assert "Files for the model" in member.get(page).content.decode()
    post = {
        "~text": "What do you hear?",
        "~token": "t",
        "audio_url": "https://x.test/a.wav",
        "image_url": "https://x.test/a.png",
    }
    assert member.post(page, post).status_code == 302
    sent = Run.objects.get().arguments
    assert (sent["audio_url"], sent["image_url"]) == (post["audio_url"], post["image_url"])
    assert post["audio_url"] in member.get(page).content.decode()


def test_switching_the_model_keeps_the_typed_message(
    member: Client, chat: Chat, say: Say, make_endpoint: Any
) -> None:
    say("One")
    make_endpoint("lab/short", documents.SHORT, category="llm", display_name="Short")
    page = chat.get_absolute_url()
    left = member.post(page, {"~do": "model", "~text": "Half a", "model": "a/b"})
    assert "Short" in member.get(left["Location"]).content.decode()
    member.post("/chats/new/", {"chat": str(chat.pk), "model": "lab/short"})
    assert "Half a" in member.get(page).content.decode()
    member.post(page, {"~text": "Two", "~token": "n", "~parent": str(Turn.objects.get().pk)})
    run = Run.objects.latest("created_at")
    assert run.endpoint.endpoint_id == "lab/short"
    assert "User: One" in run.arguments["prompt"]


def test_chats_can_be_searched_by_messages_and_answers(
    member: Client, chat: Chat, say: Say
) -> None:
    say("About lakes", 'They said "Grüße".')
    for query in ("lakes", "Grüße", 'said "Gr'):
        assert "About lakes" in member.get("/chats/", {"q": query}).content.decode()
    both = member.get("/chats/", {"q": "LAKES grüße"}).content.decode()
    assert "lakes" in both
    assert f"?turn={Turn.objects.get().pk}#turn-" in both
    nothing = member.get("/chats/", {"q": "lakes desert"}).content.decode()
    assert "Nothing found" in nothing


def test_two_models_answer_side_by_side(
    member: Client, user: Any, make_endpoint: Any, django_assert_max_num_queries: Any
) -> None:
    first, second = (make_endpoint(f"lab/{name}", documents.SHORT) for name in ("one", "two"))
    chat = Chat.objects.create(user=user, endpoint=first)
    page = chat.get_absolute_url()
    response = member.post(page, {"~text": "Half", "~do": "second", "~token": "s"})
    choice = member.get(response["Location"]).content.decode()
    assert "Choose a second model" in choice
    assert 'value="lab/one"' not in choice
    post = {"chat": str(chat.pk), "second": "1", "model": "lab/two"}
    assert member.post("/chats/new/", post)["Location"] == page
    assert "Half</textarea>" in member.get(page).content.decode()
    for _ in range(2):
        member.post(page, {"~text": "Hello", "~token": "t"})
    goes_on, other = Turn.objects.get(endpoint=first), Turn.objects.get(endpoint=second)
    assert (goes_on.beside, Run.objects.count()) == (other, 2)
    for turn in (goes_on, other):
        output = {"output": f"From {turn.endpoint.endpoint_id}"}
        Run.objects.filter(turns=turn).update(state="succeeded", output=output)
    for chosen, left in ((goes_on, other), (other, goes_on)):
        with django_assert_max_num_queries(20):
            html = member.get(f"{page}?turn={chosen.pk}").content.decode()
        assert html.index(f"From {chosen.endpoint.endpoint_id}") < html.index(
            f"From {left.endpoint.endpoint_id}"
        )
        assert f'href="?turn={left.pk}#turn-{left.pk}">Continue with this' in html
        assert f'name="~parent" value="{chosen.pk}"' in html
    member.post(page, {"~text": "And?", "~token": "u", "~parent": str(other.pk)})
    turns = Turn.objects.filter(text="And?").select_related("run")
    prompts = [turn.run.arguments["prompt"] for turn in turns if turn.run]
    assert len(prompts) == 2
    assert all("From lab/two" in prompt and "From lab/one" not in prompt for prompt in prompts)
    assert "Second model" in member.post(page, {"~text": "", "~do": "alone"}).content.decode()


def test_a_refusal_of_the_second_model_sends_nothing(
    member: Client, chat: Chat, make_endpoint: Any
) -> None:
    first = make_endpoint("lab/one", documents.SHORT)
    # the router requires the name of a model
    Chat.objects.update(endpoint=first, second=chat.endpoint)
    page, post = chat.get_absolute_url(), {"~text": "Hello", "~token": "t"}
    refused = member.post(page, post)
    html = refused.content.decode()
    assert f"Settings of {chat.endpoint.display_name}" in html
    assert re.search(r'name="second-model.model"[^>]*aria-invalid="true"', html)
    assert "Hello</textarea>" in html
    assert not Run.objects.exists()
    assert not Turn.objects.exists()
    member.post(page, {**post, "second-model.model": "acme/wise"})
    assert {run.arguments.get("model") for run in Run.objects.all()} == {None, "acme/wise"}
    # the next message uses the same model
    assert 'value="acme/wise"' in member.get(page).content.decode()


def test_fields_of_a_second_model_are_sent_to_it(
    member: Client, chat: Chat, make_endpoint: Any
) -> None:
    page = chat.get_absolute_url()
    Chat.objects.update(second=make_endpoint("lab/one", documents.SHORT))
    alone = member.post(page, {"~do": "alone", "~text": "x", "second-model.model": "acme/wise"})
    assert "second-model" not in alone.content.decode()
    assert "second-model.model" not in Chat.objects.get().draft.get("post", {})
