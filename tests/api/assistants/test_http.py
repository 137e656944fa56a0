"""MCP over streamable HTTP with the SDK's own client: tools, resources, refusals, small answers."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from asgiref.sync import sync_to_async
from django.core.files.base import ContentFile

from api import tokens
from api.assistants.http import Assistants
from catalog.models import Collection
from runs.files import stored_files
from runs.models import Artifact, Preset, Run
from runs.state import locked_update, state_machine
from runs.state.transitions import Observation
from tests.api.assistants.conftest import FLUX, text_of
from tests.api.openai_proxy.documents import document
from tests.leaks.responses import watched_application

# imported where it is used: otherwise every process pays half a second when collecting tests
if TYPE_CHECKING:
    from mcp import Client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 " + b"0" * 40


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_conversation_finds_reads_prices_and_runs(talk, flux, mode):
    async def conversation(client: Client) -> list[str]:
        matches = await client.call_tool("find_models", {"question": "flux"})
        model_text = await client.call_tool("read_model", {"endpoint_id": FLUX})
        arguments = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}}
        price_text = await client.call_tool("price_run", arguments)
        wait = {"wait_s": 0, "start_timeout_s": 120, "priority": "low"}
        run_text = await client.call_tool("run_model", arguments | wait)
        return [text_of(answer) for answer in (matches, model_text, price_text, run_text)]

    matches, model_text, price_text, run_text = talk(conversation, mode=mode)
    run = Run.objects.get()
    assert matches.startswith(f"{FLUX} · ")
    assert "- prompt*: text" in model_text
    assert "$0.025" in price_text
    assert "may spend 1 more" in price_text
    assert str(run.pk) in run_text
    assert "created" in run_text
    assert run.arguments == {"prompt": "a cat"}
    assert run.options == {"start_timeout_s": 120.0, "priority": "low"}
    assert run.events[0]["text"] == "assistant"


def test_a_run_is_waited_for_with_progress(talk, flux):
    progress_messages: list[str] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        progress_messages.append(message or "")

    async def end_the_run() -> None:
        while not await Run.objects.aexists():  # noqa: ASYNC110  another thread creates it
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        seen = Observation("succeeded", output={"text": "done"})
        await sync_to_async(state_machine.record)((await Run.objects.aget()).pk, seen)

    async def conversation(client: Client) -> str:
        ending = asyncio.create_task(end_the_run())
        arguments = {"endpoint_id": FLUX, "arguments": {"prompt": "x"}, "wait_s": 60}
        answer = await client.call_tool("run_model", arguments, progress_callback=progress)
        await ending
        return text_of(answer)

    assert "succeeded" in talk(conversation)
    assert progress_messages[0] == "created"


def test_every_real_model_is_described_in_8_kb(talk, make_endpoint, documents):
    for endpoint_id, schema in documents.items():
        make_endpoint(endpoint_id, schema, description="words " * 2000)

    async def conversation(client: Client) -> list[str]:
        models_read = [
            await client.call_tool("read_model", {"endpoint_id": endpoint_id})
            for endpoint_id in documents
        ]
        listed = await client.call_tool(
            "find_models", {"question": "", "limit": 30, "cursor": None}
        )
        return [text_of(answer) for answer in (*models_read, listed)]

    assert len(talk(conversation)) == len(documents) + 1


VOICES = [f"voice number {n} of a long list" for n in range(600)]
CHOICES: dict[str, Any] = {
    "prompt": {"type": "string"},
    "voice": {"enum": VOICES},
    "mixed": {"enum": ["1", 1, "~odd", ""]},
}


def test_every_choice_of_an_input_is_read_on_demand(talk, make_endpoint):
    make_endpoint("lab/voices", document(CHOICES, ["prompt"]))

    async def conversation(client: Client) -> list[Any]:
        ask = {"endpoint_id": "lab/voices"}
        whole = await client.call_tool("read_model", ask)
        pages = [await client.call_tool("read_model", ask | {"input": "voice"})]
        while match := re.search("More: cursor='(.*)'", text_of(pages[-1])):
            more = ask | {"input": "voice", "cursor": match[1]}
            pages.append(await client.call_tool("read_model", more))
        wrong = await client.call_tool("read_model", ask | {"input": "voise"})
        return [text_of(whole), "\n".join(map(text_of, pages)), wrong.is_error, text_of(wrong)]

    whole, pages, is_error, wrong = talk(conversation)
    assert "(all: read_model with input='voice')" in whole
    assert [line for line in pages.splitlines() if line in VOICES] == VOICES
    assert '"1"|1|"~odd"|""' in whole
    assert "~=" not in whole
    assert is_error
    assert "It has prompt, voice, mixed" in wrong


def test_a_run_gives_lasting_addresses(talk, make_run):
    upstream = "https://v3.fal.media/files/a.png"
    output = {"images": [{"url": upstream}], "all": [upstream], "seed": 7}
    run = make_run(state="succeeded", output=output)
    Artifact.objects.create(
        run=run, position=0, path="images[0]", kind="image", url=upstream, content_type="image/png"
    )

    async def copy() -> None:
        await asyncio.sleep(0.5)
        await Artifact.objects.filter(run=run).aupdate(state="stored")
        await sync_to_async(locked_update.bump_version)(run.pk)

    async def conversation(client: Client) -> str:
        copying = asyncio.create_task(copy())
        answer = text_of(await client.call_tool("get_run", {"run_id": str(run.pk), "wait_s": 5}))
        await copying
        return answer

    answer = talk(conversation)
    address = f"http://testserver/runs/{run.pk}/artifacts/0/"
    assert f"Artifact 0: image · {address}" in answer
    assert f'"images":[{{"url":"{address}"}}]' in answer
    assert upstream not in answer


def test_a_huge_output_is_cut(talk, make_run):
    run = make_run(state="succeeded", output={"text": "ü\n" * 100_000, "more": [{}] * 5000})

    async def conversation(client: Client) -> str:
        return text_of(await client.call_tool("get_run", {"run_id": str(run.pk)}))

    assert "succeeded" in talk(conversation)


def test_a_picture_is_returned_as_a_thumbnail(talk, make_run):
    run = make_run(state="succeeded", output={})
    small = stored_files.store(ContentFile(WEBP, "x.webp"), "image/webp")
    Artifact.objects.create(
        run=run, position=0, path="x", kind="image", url="https://v3.fal.media/a.png",
        state="stored", file=small.name, thumbnail=small.name, width=512, height=512,
    )  # fmt: skip

    async def conversation(client: Client) -> Any:
        return (await client.call_tool("show_artifact", {"run_id": str(run.pk)})).content

    description, picture = talk(conversation)
    assert "512×512" in description.text
    assert picture.type == "image"
    assert picture.mime_type == "image/webp"


def test_presets_and_collections_are_readable_resources(talk, flux, user, make_run):
    from mcp.types import TextResourceContents

    run = make_run(endpoint=flux)
    Preset.objects.create(user=user, endpoint=flux, name="wide", arguments={"prompt": "y"})
    best = Collection.objects.create(slug="best", title="Best of all", is_published=True)
    best.items.create(endpoint=flux, note="fast and good")
    preset = Preset.objects.get()

    async def conversation(client: Client) -> list[str]:
        results = [
            await client.call_tool("list_presets", {}),
            await client.call_tool("list_collections", {}),
            await client.call_tool("read_collection", {"slug": "best"}),
            await client.call_tool("list_favourites", {}),
            await client.call_tool("list_runs", {}),
            await client.call_tool("cancel_run", {"run_id": str(run.pk)}),
            await client.call_tool(
                "run_model", {"preset_id": preset.pk, "arguments": {"seed": 1}, "wait_s": 0}
            ),
        ]
        read = await client.read_resource(f"vitrine://runs/{run.pk}")
        (content,) = read.contents
        assert isinstance(content, TextResourceContents)
        return [*map(text_of, results), content.text]

    presets, collections, models, favourites, runs, cancelled, ran, resource = talk(conversation)
    assert "wide" in presets
    assert "Best of all" in collections
    assert "fast and good" in models
    assert "No model is starred yet" in favourites
    assert str(run.pk) in runs
    assert "cancelled" in cancelled
    assert "created" in ran
    assert Run.objects.latest("created_at").arguments == {"prompt": "y", "seed": 1}
    assert "cancelled" in resource


@pytest.mark.parametrize(
    ("scopes", "tool", "arguments", "reason"),
    [
        (["read"], "run_model", {"endpoint_id": FLUX, "arguments": {"prompt": "x"}}, "scope “run”"),
        (["read", "run"], "read_model", {"endpoint_id": "fal-ai/nowhere"}, "no model"),
        (["read", "run"], "get_run", {"run_id": "../../me"}, "nothing at this address"),
        (
            ["read", "run"],
            "run_model",
            {"endpoint_id": FLUX, "arguments": {"seed": 1}},
            "Prompt is required",
        ),
        (
            ["read", "run"],
            "run_model",
            {"endpoint_id": FLUX, "arguments": {"prompt": "a cat", "sede": 1}},
            "did you mean `seed`",
        ),
        (
            ["read", "run"],
            "price_run",
            {"endpoint_id": FLUX, "arguments": {"prompt": "a cat", "sede": 1}},
            "did you mean `seed`",
        ),
    ],
)
def test_a_refusal_gives_its_reason(talk, flux, scopes, tool, arguments, reason):
    async def conversation(client: Client) -> Any:
        return await client.call_tool(tool, arguments)

    answer = talk(conversation, *scopes)
    assert answer.is_error
    assert reason in text_of(answer)
    assert Run.objects.count() == 0


def test_the_server_needs_a_token_with_the_read_scope(pages, user):
    _, secret = tokens.create(user, "runs only", ["run"])

    async def main() -> list[int]:
        transport = httpx2.ASGITransport(app=watched_application(Assistants(pages, 1)))
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
            answers = [
                await http.post("/mcp", json={}),
                await http.post("/mcp", json={}, headers={"Authorization": "Bearer vitrine_x"}),
                await http.post("/mcp", json={}, headers={"Authorization": f"Bearer {secret}"}),
                await http.get("/mcp"),
            ]
            kinds = {response.headers["content-type"] for response in answers}
            assert kinds == {"application/problem+json"}
            assert answers[0].headers["www-authenticate"].startswith("Bearer")
            answer = await http.options("/mcp")
            assert (answer.status_code, answer.headers["allow"]) == (
                204,
                answers[3].headers["allow"],
            )
            return [response.status_code for response in answers]

    assert asyncio.run(main()) == [401, 401, 403, 405]


def test_an_answer_has_the_type_that_a_client_accepts(pages, user):
    _, secret = tokens.create(user, "reads", ["read"])
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t"}}
    about["clientInfo"]["version"] = "0"  # type: ignore[index]
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}
    json_, stream = "application/json", "text/event-stream"
    kinds = {
        json_: json_, "application/*": json_, "": json_, "*/*": json_, stream: stream,
        f"{json_}, {stream}": stream,
    }  # fmt: skip

    async def main() -> dict[str, str]:
        assistants = Assistants(pages, 1)
        transport = httpx2.ASGITransport(app=watched_application(assistants))
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
            headers = {"Authorization": f"Bearer {secret}"}
            answers = {
                accept: await http.post("/mcp", json=message, headers=headers | {"Accept": accept})
                for accept in kinds
            }
            await assistants.stop()
            assert {answer.status_code for answer in answers.values()} == {200}
            return {accept: each.headers["content-type"] for accept, each in answers.items()}

    assert asyncio.run(main()) == kinds
