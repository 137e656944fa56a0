"""The endpoint that answers a chat body in OpenAI's format, and the arguments it gets."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api import tokens
from api.http.problem import Problem
from api.openai_proxy import chat_messages, chat_requests, known_models
from catalog.locks import Locks
from runs.models import Run
from tests.api.openai_proxy.documents import (
    DIALOGUE,
    LISTENER,
    MESSAGES,
    ROUTER,
    SHORT,
    TEXT,
    VISION,
    document,
)
from tests.documents import with_case

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ADDRESS = "/api/openai/v1/chat/completions"


def chat_message(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def turns(messages: list[dict[str, Any]]) -> Any:
    return chat_messages.conversation(chat_messages.parse_messages(messages, "Eye"))


def test_messages_become_turns():
    parts = [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]
    talk = turns(
        [
            chat_message("developer", "S"),
            chat_message("assistant", "I am Bob."),
            chat_message("user", "a"),
            chat_message("user", parts),
            chat_message("assistant", "A"),
            chat_message("assistant", "B"),
            chat_message("user", "d"),
        ]
    )
    assert (talk.system, talk.text) == ("S", "d")
    assert talk.earlier == [
        ("", "I am Bob."),
        ("a\n\nb\n\nc", "A"),
        ("", "B"),
    ]


REFUSED: list[tuple[Any, str]] = [
    ({"role": "function", "name": "f", "content": "{}"}, "messages[0].role"),
    ({"role": "tool", "tool_call_id": "1", "content": "{}"}, "messages[0].role"),
    ({"role": ["user"], "content": "x"}, "messages[0].role"),
    ({"role": "user", "content": "x", "name": "Ann"}, "messages[0].name"),
    (
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        "messages[0].tool_calls",
    ),
    ({"role": "user", "content": 4}, "messages[0].content"),
    (chat_message("user", [3]), "messages[0].content[0].type"),
    (chat_message("user", [{"type": "text", "text": 4}]), "messages[0].content[0].text"),
    (
        chat_message("user", [{"type": "file", "file": {"file_id": "f"}}]),
        "messages[0].content[0].type",
    ),
    (chat_message("user", [{"type": "image_url"}]), "messages[0].content[0].image_url.url"),
    (
        chat_message("user", [{"type": "image_url", "image_url": {"url": "u", "detail": "high"}}]),
        "messages[0].content[0].image_url.detail",
    ),
    (
        chat_message(
            "user", [{"type": "input_audio", "input_audio": {"data": "AA", "format": "x"}}]
        ),
        "messages[0].content[0].input_audio.format",
    ),
]


@pytest.mark.parametrize(("message", "parameter"), REFUSED, ids=range(len(REFUSED)))
def test_unsupported_message_parts_are_refused_by_name(message, parameter):
    with pytest.raises(Problem) as refused:
        turns([message, chat_message("user", "Hi")])
    assert (refused.value.status, refused.value.errors[0]["parameter"]) == (400, parameter)


@pytest.fixture
def call(user: Any) -> Any:
    _, secret = tokens.create(user, "app", ["run"])
    browser = Client(headers={"Authorization": f"Bearer {secret}"})
    return lambda content: browser.post(ADDRESS, content, content_type="application/json")


BAD: list[tuple[bytes, int, str | None]] = [
    (b"\xff", 400, None),
    (b"{", 400, None),
    (b"[]", 400, None),
    (b'{"model": 3, "messages": [{}]}', 400, "model"),
    (b'{"model": "a/b", "messages": {"role": "user"}}', 400, "messages"),
    (b'{"model": "a/b", "messages": ["x"]}', 400, "messages"),
    (b'{"model": "a\\u0000/b", "messages": [{}]}', 404, "model"),
]


@pytest.mark.parametrize(("content", "status", "parameter"), BAD, ids=range(len(BAD)))
def test_an_invalid_chat_body_is_refused_before_a_run(call, content, status, parameter):
    response = call(content)
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (status, parameter)
    assert error["message"]
    assert not Run.objects.exists()


def test_the_address_accepts_only_its_method_and_scope(call, user):
    _, secret = tokens.create(user, "reader", ["read"])
    browser = Client(headers={"Authorization": f"Bearer {secret}"})
    refused = browser.post(ADDRESS)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope_missing")
    refused = browser.get(ADDRESS)
    assert (refused.status_code, refused.json()["error"]["code"]) == (405, "method_not_allowed")
    assert browser.get("/api/openai/v1/nothing").json()["error"]["type"] == "invalid_request_error"


def parse_arguments(model: str, *messages: Any, **more: Any) -> dict[str, Any]:
    body = {"model": model, "messages": [*messages], **more}
    return chat_requests.parse_chat_request(body).arguments


def read_refusal(model: str, *messages: Any, **more: Any) -> tuple[int, str]:
    with pytest.raises(Problem) as caught:
        parse_arguments(model, *messages, **more)
    return caught.value.status, caught.value.errors[0]["parameter"]


HI = chat_message("user", "Hi")


def picture(name: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"https://lab.test/{name}.png"}}


SOUND = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}


def test_each_message_of_the_published_chat_is_sent(make_endpoint):
    turns = [("system", "S"), ("assistant", "Hello, I am Bob."), ("user", "Who are you?")]
    own = {"messages": [chat_message(role, text) for role, text in turns]}
    make_endpoint("lab/short", SHORT)
    make_endpoint("lab/messages", MESSAGES)
    make_endpoint("lab/dialogue", DIALOGUE)
    for case in with_case("43-openai.json", json.dumps(own).encode()):
        messages = json.loads(case)["messages"]
        folded = parse_arguments("lab/short", *messages)["prompt"]
        places = [
            folded.index(text) for text in ("S", "Assistant: Hello, I am Bob.", "User: Who are")
        ]
        assert places == sorted(places)
        assert parse_arguments("lab/messages", *messages)["messages"] == messages
        assert parse_arguments("lab/dialogue", *messages)["messages"] == [
            chat_message("user", "S"),
            *messages[1:],
        ]


def test_media_of_all_messages_go_into_the_fields_that_take_them(make_endpoint):
    make_endpoint("lab/eye", VISION)
    make_endpoint("lab/short", SHORT)
    make_endpoint("lab/listener", LISTENER)
    first = chat_message("user", [{"type": "text", "text": "hi"}, picture("a")])
    then = [chat_message("assistant", "A fox."), chat_message("user", [picture("b"), picture("a")])]
    assert parse_arguments("lab/eye", first) == {
        "prompt": "hi",
        "image_urls": ["https://lab.test/a.png"],
    }
    pictures = ["https://lab.test/a.png", "https://lab.test/b.png"]
    assert parse_arguments("lab/eye", first, *then)["image_urls"] == pictures
    assert read_refusal("lab/short", first) == (400, "messages[0].content[1].image_url")
    arguments = parse_arguments(
        "lab/listener", chat_message("user", [{"type": "text", "text": "hi"}, SOUND])
    )
    assert arguments == {"prompt": "hi", "audio_url": "data:audio/wav;base64,UklGRg=="}
    place = "messages[2].content[0].image_url"
    assert read_refusal("lab/listener", first, *then) == (400, place)
    assert read_refusal("lab/short", chat_message("user", [SOUND])) == (
        400,
        "messages[0].content[0].input_audio",
    )


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("n", 2),
        ("stop", ["x"]),
        ("response_format", {"type": "json_object"}),
        ("seed", 0),
        ("frequency_penalty", 1),
        ("logprobs", True),
        ("logit_bias", {"5": 1}),
        ("max_tokens", 5),
        ("tools", [{"type": "function"}]),
        ("functions", [{"name": "f"}]),
        ("modalities", ["text", "audio"]),
        ("reasoning_effort", "low"),
        ("temprature", 1),
    ],
)
def test_an_unsupported_setting_is_refused_by_name(make_endpoint, parameter, value):
    make_endpoint("lab/short", SHORT)
    assert read_refusal("lab/short", HI, **{parameter: value}) == (400, parameter)


def test_a_setting_without_effect_is_accepted(make_endpoint):
    make_endpoint("lab/short", SHORT)
    neutral = {"n": 1, "stop": None, "response_format": {"type": "text"}, "temperature": 1.0}
    more = {"tools": [], "tool_choice": "auto", "user": "ann", "stream_options": {}, "top_p": 1}
    assert parse_arguments("lab/short", HI, **neutral, **more) == {"prompt": "Hi"}


def test_a_setting_is_mapped_to_the_field_of_the_same_meaning(make_endpoint):
    lists = {"type": "array", "items": TEXT}
    inputs = {"prompt": TEXT, "stop_sequences": lists, "max_tokens": {"type": "integer"}}
    make_endpoint("lab/set", document(inputs, ["prompt"]))
    settings = {"stop": ["x"], "max_completion_tokens": 5}
    right = {"prompt": "Hi", "stop_sequences": ["x"], "max_tokens": 5}
    assert parse_arguments("lab/set", HI, **settings) == right
    assert read_refusal("lab/set", HI, max_completion_tokens=5, max_tokens=6) == (400, "max_tokens")


def test_a_conversation_too_long_for_the_model_is_refused(make_endpoint):
    make_endpoint("lab/short", SHORT)
    earlier = [chat_message("user", "a" * 200), chat_message("assistant", "b" * 200)]
    assert read_refusal("lab/short", *earlier, HI) == (400, "messages")


def test_a_model_that_is_not_for_chat_is_refused_by_name(make_endpoint, documents):
    make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"])
    make_endpoint("lab/both", document({"prompt": TEXT}, ["prompt"], BOTH))
    make_endpoint(known_models.ROUTER, {})
    assert read_refusal("fal-ai/flux/dev", HI) == (404, "model")
    assert read_refusal("lab/both", HI) == (404, "model")
    assert read_refusal("no-such-thing", HI) == (404, "model")
    assert parse_arguments("vendor/model", HI)["model"] == "vendor/model"


BOTH = {"output": TEXT, "image": {"type": "object", "properties": {"url": TEXT}, "title": "Image"}}


def test_the_model_list_has_exactly_the_accepted_ids(make_endpoint, documents):
    make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"], category="llm")
    make_endpoint("lab/both", document({"prompt": TEXT}, ["prompt"], BOTH), category="llm")
    make_endpoint("lab/gone", SHORT, gone_at=timezone.now())
    make_endpoint("openrouter/router", ROUTER)
    named = ROUTER["components"]["schemas"]["In"]["properties"]["model"]
    offering = document({"prompt": TEXT, "model": named | {"enum": ["a/b"], "default": "a/b"}}, [])
    make_endpoint("fal-ai/any-llm", offering)
    for number in range(70):  # a chat's page lists only sixty
        make_endpoint(f"lab/llm-{number}", SHORT)
    eye = make_endpoint("lab/eye", VISION)

    def list_ids(*locked: int) -> list[str]:
        return [
            model["id"]
            for model in known_models.usable_models(Locks("t", dict.fromkeys(locked, "a rule")))
        ]

    endpoints = {*(f"lab/llm-{number}" for number in range(70)), "lab/eye", "fal-ai/any-llm"}
    assert {*list_ids()} == endpoints
    router = make_endpoint(known_models.ROUTER, {})
    assert {*list_ids()} == {*endpoints, "a/b"}
    assert {*list_ids(router.pk)} == endpoints
    assert {*list_ids(eye.pk)} == {*endpoints, "a/b"} - {"lab/eye"}
    for name in list_ids():
        assert parse_arguments(
            name, chat_message("user", [{"type": "text", "text": "hi"}, *EYES.get(name, [])])
        )
    assert read_refusal("openrouter/router", HI) == (400, "model")


EYES = {"lab/eye": [picture("a")]}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["embeddings", "images/variations", "audio/speech", "files/a"])
def test_a_call_that_is_not_offered_is_told_so(client, user, path):
    _, secret = tokens.create(user, "notebook", ["run"])
    for method in ("post", "get"):
        answer = getattr(client, method)(
            f"/api/openai/v1/{path}", headers={"authorization": f"Bearer {secret}"}
        )
        assert answer.status_code == 404
        assert answer.json()["error"]["message"].startswith(f"{path} is not offered here.")
