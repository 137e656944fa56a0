"""A language model, and chats with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from features.chats.models import Chat, Turn
from features.chats.turns import sending
from runs.models import Run
from tests.features.chats import documents


@pytest.fixture
def router(make_endpoint: Callable[..., Any]) -> Endpoint:
    """A model that routes to many language models and streams."""
    endpoint: Endpoint = make_endpoint(
        "lab/llm", documents.ROUTER, category="llm", stream_url="https://fal.run/lab/llm/stream"
    )
    return endpoint


@pytest.fixture
def chat(user: User, router: Endpoint) -> Chat:
    """A chat without messages."""
    return Chat.objects.create(user=user, endpoint=router)


@pytest.fixture
def say(chat: Chat) -> Callable[..., Turn]:
    """`say("Hi", "Hello.", after=turn)`: a turn with its answer."""

    def make(text: str, answer: str | None = "Yes.", after: Turn | None = None) -> Turn:
        token = f"t{Turn.objects.count()}"
        parent = after.pk if after else None
        turn = sending.send(chat, parent, text, "", {"model": "a/b"}, token)
        if answer is not None:
            output = {"output": answer, "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
            assert turn.run_id
            Run.objects.filter(pk=turn.run_id).update(state="succeeded", output=output)
        return turn

    return make
