"""MCP over streamable HTTP with the SDK's own client: tools, resources, refusals, small answers."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from asgiref.sync import sync_to_async
from django.core.files.base import ContentFile

from api import tokens
from api.assistants.http import Assistants
from catalog.models import Collection
from runs import locked_update, state_machine
from runs.files import stored_files
from runs.models import Artifact, Preset, Run
from runs.transitions import Observation
from tests.api.assistants.conftest import FLUX, MAX_BYTES, text
from tests.api.pages import Pages
from tests.chats.documents import document

if TYPE_CHECKING:  # imported where it is used: every process would pay half a second to collect
    from mcp import Client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 " + b"0" * 40


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_conversation_finds_reads_prices_and_runs(talk: Any, flux: Any, mode: Any) -> None:
    async def conversation(client: Client) -> list[str]:
        found = await client.call_tool("find_models", {"question": "flux"})
        read = await client.call_tool("read_model", {"endpoint_id": FLUX})
        arguments = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}}
        price = await client.call_tool("price_run", arguments)
        ran = await client.call_tool("run_model", arguments | {"wait_s": 0})
        return [text(one) for one in (found, read, price, ran)]

    found, read, price, ran = talk(conversation, mode=mode)
    run = Run.objects.get()
    assert found.startswith(f"{FLUX} · ")
    assert "- prompt*: text" in read
    assert "$0.025" in price
    assert "may spend 1 more" in price
    assert str(run.pk) in ran
    assert "created" in ran
    assert run.arguments == {"prompt": "a cat"}
    assert run.events[0]["text"] == "assistant"


def test_the_tools_say_what_they_do(talk: Any) -> None:
    async def conversation(client: Client) -> Any:
        return (await client.list_tools()).tools

    found = {tool.name: tool for tool in talk(conversation)}
    assert found["run_model"].annotations.read_only_hint is False
    assert "costs money" in found["run_model"].title
    assert found["cancel_run"].annotations.destructive_hint is True
    assert "costs money" in found["run_flow"].title
    reading = set(found) - {"run_model", "run_flow", "cancel_run"}
    assert all(found[name].annotations.read_only_hint for name in reading)
    assert len(json.dumps([one.model_dump(mode="json") for one in found.values()])) < 3 * MAX_BYTES


def test_a_run_is_waited_for_with_progress(talk: Any, flux: Any) -> None:
    told: list[str] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    async def end_the_run() -> None:
        while not await Run.objects.aexists():  # noqa: ASYNC110  another thread creates it
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        seen = Observation("succeeded", output={"text": "done"})
        await sync_to_async(state_machine.record)((await Run.objects.aget()).pk, seen)

    async def conversation(client: Client) -> str:
        ending = asyncio.create_task(end_the_run())
        arguments = {"endpoint_id": FLUX, "arguments": {"prompt": "x"}, "wait_s": 60}
        found = await client.call_tool("run_model", arguments, progress_callback=progress)
        await ending
        return text(found)

    assert "succeeded" in talk(conversation)
    assert told[0] == "created"


def test_every_real_model_is_told_in_8_kb(talk: Any, make_endpoint: Any, documents: Any) -> None:
    for endpoint_id, found in documents.items():
        make_endpoint(endpoint_id, found, description="words " * 2000)

    async def conversation(client: Client) -> list[str]:
        found = [
            await client.call_tool("read_model", {"endpoint_id": endpoint_id})
            for endpoint_id in documents
        ]
        listed = await client.call_tool("find_models", {"question": "", "limit": 30})
        return [text(one) for one in (*found, listed)]

    assert len(talk(conversation)) == len(documents) + 1


VOICES = [f"voice number {n} of a long list" for n in range(600)]
CHOICES: dict[str, Any] = {
    "prompt": {"type": "string"},
    "voice": {"enum": VOICES},
    "mixed": {"enum": ["1", 1, "~odd", ""]},
}


def test_every_choice_of_an_input_is_read_on_demand(talk: Any, make_endpoint: Any) -> None:
    make_endpoint("lab/voices", document(CHOICES, ["prompt"]))

    async def conversation(client: Client) -> list[Any]:
        ask = {"endpoint_id": "lab/voices"}
        whole = await client.call_tool("read_model", ask)
        pages = [await client.call_tool("read_model", ask | {"input": "voice"})]
        while match := re.search("More: cursor='(.*)'", text(pages[-1])):
            more = ask | {"input": "voice", "cursor": match[1]}
            pages.append(await client.call_tool("read_model", more))
        wrong = await client.call_tool("read_model", ask | {"input": "voise"})
        return [text(whole), "\n".join(map(text, pages)), wrong.is_error, text(wrong)]

    whole, pages, is_error, wrong = talk(conversation)
    assert "(all: read_model with input='voice')" in whole
    assert [line for line in pages.splitlines() if line in VOICES] == VOICES
    assert '"1"|1|"~odd"|""' in whole
    assert "~=" not in whole
    assert is_error
    assert "It has prompt, voice, mixed" in wrong


def test_messages_name_the_tools_of_assistants(talk: Any, flux: Any) -> None:
    async def conversation(client: Client) -> list[str]:
        wrong = {"endpoint_id": FLUX, "arguments": {"prompt": 5}, "wait_s": 0}
        calls: list[dict[str, Any]] = [
            wrong,
            {"endpoint_id": "fal-ai/nowhere", "arguments": {}},
            {"arguments": {}},
        ]
        return [text(await client.call_tool("run_model", one)) for one in calls]

    arguments, nowhere, nothing = talk(conversation)
    assert f"read_model with endpoint_id={FLUX}" in arguments
    assert "Search for it: find_models" in nowhere
    assert "a preset by preset_id" in nothing
    assert "/api/" not in arguments + nowhere + nothing


def test_a_run_names_addresses_that_last(talk: Any, make_run: Any) -> None:
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
        told = text(await client.call_tool("get_run", {"run_id": str(run.pk), "wait_s": 5}))
        await copying
        return told

    told = talk(conversation)
    address = f"http://testserver/runs/{run.pk}/artifacts/0/"
    assert f"Artifact 0: image · {address}" in told
    assert f'"images":[{{"url":"{address}"}}]' in told
    assert upstream not in told


def test_a_huge_output_is_cut(talk: Any, make_run: Any) -> None:
    run = make_run(state="succeeded", output={"text": "ü\n" * 100_000, "more": [{}] * 5000})

    async def conversation(client: Client) -> str:
        return text(await client.call_tool("get_run", {"run_id": str(run.pk)}))

    assert "succeeded" in talk(conversation)


def test_a_picture_is_shown_small(talk: Any, make_run: Any) -> None:
    run = make_run(state="succeeded", output={})
    small = stored_files.store(ContentFile(WEBP, "x.webp"), "image/webp")
    Artifact.objects.create(
        run=run, position=0, path="x", kind="image", url="https://v3.fal.media/a.png",
        state="stored", file=small.name, thumbnail=small.name, width=512, height=512,
    )  # fmt: skip

    async def conversation(client: Client) -> Any:
        return (await client.call_tool("show_artifact", {"run_id": str(run.pk)})).content

    words, picture = talk(conversation)
    assert "512×512" in words.text
    assert picture.type == "image"
    assert picture.mime_type == "image/webp"


def test_what_the_team_keeps_can_be_read(talk: Any, flux: Any, user: Any, make_run: Any) -> None:
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
        return [*map(text, results), content.text]

    presets, collections, models, favourites, runs, cancelled, ran, resource = talk(conversation)
    assert "wide" in presets
    assert "Best of all" in collections
    assert "fast and good" in models
    assert "There are no favourites" in favourites
    assert str(run.pk) in runs
    assert "cancelled" in cancelled
    assert "created" in ran
    assert Run.objects.latest("created_at").arguments == {"prompt": "y", "seed": 1}
    assert "cancelled" in resource


@pytest.mark.parametrize(
    ("scopes", "tool", "arguments", "said"),
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
def test_a_refusal_is_told(
    talk: Any, flux: Any, scopes: list[str], tool: str, arguments: Any, said: str
) -> None:
    async def conversation(client: Client) -> Any:
        return await client.call_tool(tool, arguments)

    found = talk(conversation, *scopes)
    assert found.is_error
    assert said in text(found)
    assert Run.objects.count() == 0


def test_without_a_token_that_may_read_there_is_nothing(pages: Pages, user: Any) -> None:
    _, secret = tokens.create(user, "runs only", ["run"])

    async def main() -> list[int]:
        transport = httpx2.ASGITransport(app=Assistants(pages, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
            answers = [
                await http.post("/mcp", json={}),
                await http.post("/mcp", json={}, headers={"Authorization": "Bearer vitrine_x"}),
                await http.post("/mcp", json={}, headers={"Authorization": f"Bearer {secret}"}),
                await http.get("/mcp"),
            ]
            kinds = {one.headers["content-type"] for one in answers}
            assert kinds == {"application/problem+json"}
            assert answers[0].headers["www-authenticate"].startswith("Bearer")
            return [one.status_code for one in answers]

    assert asyncio.run(main()) == [401, 401, 403, 405]
