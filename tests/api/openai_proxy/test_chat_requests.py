"""Which endpoint answers a chat body of OpenAI's, and with which arguments."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api import tokens
from api.http.problem import Problem
from api.openai_proxy import chat_requests
from chats.talk.composition import Exchange
from playground.models import Run
from tests.chats.documents import SHORT, VISION

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ADDRESS = "/api/openai/v1/chat/completions"


def said(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def test_messages_become_turns() -> None:
    parts = [{"type": "text", "text": "b"}, {"type": "image_url"}, 3, {"type": "text", "text": 4}]
    found = chat_requests.conversation(
        [
            said("developer", "S"),
            said("user", "a"),
            said("user", parts),
            said("assistant", "A"),
            said("assistant", None),
            said("user", "c"),
        ]
    )
    assert (found.system, found.text) == ("S", "c")
    assert found.earlier == [Exchange("a\n\nb", "A")]


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
def test_what_is_no_chat_body_is_refused_before_a_run(
    call: Any, content: bytes, status: int, parameter: str | None
) -> None:
    response = call(content)
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (status, parameter)
    assert error["message"]
    assert not Run.objects.exists()


def test_the_address_takes_its_method_and_scope_alone(call: Any, user: Any) -> None:
    _, secret = tokens.create(user, "reader", ["read"])
    browser = Client(headers={"Authorization": f"Bearer {secret}"})
    refused = browser.get(ADDRESS)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope_missing")
    assert browser.get("/api/openai/v1/nothing").json()["error"]["type"] == "invalid_request_error"


def test_an_endpoint_gets_what_its_schema_takes(make_endpoint: Any) -> None:
    make_endpoint("lab/eye", VISION)
    make_endpoint("lab/short", SHORT)
    picture = {"type": "image_url", "image_url": {"url": "https://lab.test/a.png"}}
    messages = [said("user", [{"type": "text", "text": "hi"}, picture])]
    body: dict[str, Any] = {"model": "lab/eye", "messages": messages, "frequency_penalty": 1}
    found = chat_requests.parse_chat_request(body)
    assert found.arguments == {"prompt": "hi", "image_urls": ["https://lab.test/a.png"]}
    with pytest.raises(Problem, match="takes no pictures"):
        chat_requests.parse_chat_request(body | {"model": "lab/short"})
    with pytest.raises(Problem, match="text turns alone"):
        chat_requests.parse_chat_request(body | {"tools": [{"type": "function"}]})
