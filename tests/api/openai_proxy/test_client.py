"""The official `openai` package against our address, with gateway, worker and real sandbox."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from PIL import Image

from api import tokens, wait
from api.fal_proxy import result_files
from api.fal_proxy.relayed_streams import RelayedStreams
from api.wait import HeldResponses
from catalog.models import Endpoint
from catalog.models.endpoint import Mark
from runs.models import Run
from runs.results import timeline
from tests.api.gateway.conftest import (
    Gated,
    catalogue,
    gated,
    person,
    sandbox,
    sandbox_process,
    synced,
)
from tests.api.pages import Pages
from tests.core.live.listening import listening
from tests.runs.conftest import _work
from tests.runs.files.telling_media import png

# Imported where it is used: otherwise every process pays a third of a second when collecting tests.
if TYPE_CHECKING:
    import openai

__all__ = ["catalogue", "gated", "person", "sandbox", "sandbox_process", "synced"]
pytestmark = [pytest.mark.system, pytest.mark.any_database]

NAME = "someone/some-model"
SAID: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Write about mountains"},
]
Act = Callable[["openai.AsyncOpenAI"], Awaitable[Any]]
Ask = Callable[[Act], Any]


@pytest.fixture
def ask(gated: Gated, person: User, settings: Any) -> Ask:
    """`ask(act)`: the result of `act(client)`, with the package's client and the person's token."""
    import openai

    _, secret = tokens.create(person, "notebook", ["run"])

    async def serve(gateway: str, act: Act) -> Any:
        settings.GATEWAY_URL = f"http://{gateway}"
        pages, listener = Pages(get_wsgi_application()), socket.create_server(("127.0.0.1", 0))
        is_done = False
        async with listening() as broker:
            app = HeldResponses(RelayedStreams(pages, settings.GATEWAY_URL), lambda: broker)
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            working = asyncio.create_task(_work(["tester"], lambda: is_done))
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/api/openai/v1"
            try:
                async with openai.AsyncOpenAI(api_key=secret, base_url=address) as client:
                    return await act(client)
            finally:
                is_done = server.should_exit = True
                await asyncio.gather(serving, working)
                await asyncio.to_thread(pages.close)

    return lambda act: gated(lambda gateway: serve(gateway, act))


def test_a_completion_is_a_run_of_the_router(ask, person):
    completion = ask(
        lambda c: c.chat.completions.create(model=NAME, messages=SAID, temperature=0.2)
    )
    assert (completion.model, completion.choices[0].finish_reason) == (NAME, "stop")
    run = Run.objects.get()
    assert (run.user, run.state, run.title) == (person, "succeeded", "Write about mountains")
    assert run.arguments == {"model": NAME, "messages": SAID, "temperature": 0.2}
    assert run.output["choices"][0]["message"]["content"] == completion.choices[0].message.content
    assert completion.usage.total_tokens == run.output["usage"]["total_tokens"]
    assert completion._request_id == str(run.pk)
    (moment,) = (m for m in timeline.moments(run) if m.what == "Started through the OpenAI address")
    assert moment.detail == "With the token “notebook”."


async def stream_chunks(client: openai.AsyncOpenAI, model: str, **more: Any) -> list[Any]:
    chunks = await client.chat.completions.create(model=model, messages=SAID, stream=True, **more)
    return [chunk async for chunk in chunks]


@pytest.mark.parametrize("model", [NAME, "sandbox/scribe"], ids=["router", "endpoint"])
def test_a_stream_arrives_in_chunks_and_is_stored(ask, model):
    chunks = ask(lambda c: stream_chunks(c, model, stream_options={"include_usage": True}))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert len(chunks) > 10
    assert chunks[-1].usage.total_tokens > 0
    if model != NAME:  # the router's own usage stays as it is
        assert isinstance(chunks[-1].usage.cost, float)
        assert chunks[-1].usage.cost_source == "estimated"
    run = Run.objects.get()
    stored_text = run.output.get("output") or run.output["choices"][0]["message"]["content"]
    assert (run.state, run.transport, stored_text) == ("succeeded", "stream", text)
    assert "stream" not in run.arguments


def test_errors_are_raised_as_the_packages_exceptions(ask, sandbox):
    import openai

    Endpoint.objects.filter(endpoint_id="sandbox/eye").update(
        mark=Mark.BLOCKED, mark_reason="not for us"
    )
    sandbox.fault("completions", "cut", value=5, about="completions")

    async def act(client: openai.AsyncOpenAI) -> list[Any]:
        errors: list[Any] = []
        for call in (
            client.with_options(api_key="vitrine_wrong").models.list(),
            client.chat.completions.create(model="sandbox/scribe", messages=[]),
            client.chat.completions.create(model="sandbox/scribe", messages=SAID, max_tokens=1),
            client.chat.completions.create(model="sandbox/eye", messages=PICTURE),
            stream_chunks(client, NAME),
        ):
            with pytest.raises(openai.APIError) as caught:
                await call
            errors.append(caught.value)
        return errors

    key, empty, few, blocked, broken = ask(act)
    assert isinstance(key, openai.AuthenticationError)
    assert (empty.status_code, empty.param) == (400, "messages")
    assert (few.status_code, few.param) == (400, "max_tokens")
    assert isinstance(blocked, openai.PermissionDeniedError)
    assert "not for us" in blocked.message
    assert "broke off" in broken.message
    run = Run.objects.get()  # the only run: the other calls were refused before they made one
    assert run.partial["choices"][0]["message"]["content"]


PICTURE: list[Any] = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "Which colours?"},
            {"type": "image_url", "image_url": {"url": "https://lab.test/a.png"}},
        ],
    }
]


def test_pictures_are_made_and_changed(ask, person, monkeypatch):
    monkeypatch.setattr(wait, "COPY_WAIT_S", 50.0)  # a slow machine may need longer for a copy
    monkeypatch.setattr(result_files, "RECENT", timedelta(minutes=10))

    async def make_and_edit(client: openai.AsyncOpenAI) -> tuple[Any, Any]:
        made = await client.images.generate(
            model="sandbox/aurora", prompt="a quiet fjord", n=2, size="512x512"
        )
        picture = ("fjord.png", png(Image.new("RGB", (320, 240), "teal")), "image/png")
        changed = await client.images.edit(
            model="sandbox/aurora/image-to-image",
            prompt="at night",
            image=picture,
            response_format="b64_json",
        )
        return made, changed

    made, changed = ask(make_and_edit)
    edited, drawn_run = Run.objects.order_by("-created_at")
    assert (drawn_run.arguments["num_images"], len(made.data)) == (2, 2)
    assert all("/api/fal/results/" in picture.url for picture in made.data)
    assert (edited.user, edited.state) == (person, "succeeded")
    stored = edited.artifacts.get()
    assert len(base64.b64decode(changed.data[0].b64_json)) == stored.size_bytes
    assert isinstance(changed.usage.cost, float)
