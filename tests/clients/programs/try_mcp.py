"""The official client of MCP, with both versions of its protocol."""

import asyncio
from typing import Any

import httpx2
from common import CENSOR, FORBIDDEN, MINUTE, PICTURE, SLOW, TOKEN, URL, main, refusals
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def call_tool(tool: str, mode: str = "auto", **arguments: Any) -> Any:
    """Return a tool's answer."""

    async def ask() -> Any:
        async with httpx2.AsyncClient(headers=HEADERS, timeout=150) as http:
            transport = streamable_http_client(f"{URL}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await client.call_tool(tool, arguments)

    return asyncio.run(ask())


def text_of(result: Any) -> str:
    """Return the text of an answer."""
    return "\n".join(part.text for part in result.content)


def run_model(model: str, mode: str = "auto", **arguments: Any) -> dict[str, Any]:
    """Run a model; return whether the answer is an error, and its text."""
    result = call_tool("run_model", mode, endpoint_id=model, arguments=arguments, wait_s=60)
    return {"status": None, "is_error": result.is_error, "text": text_of(result)}


def run() -> Any:
    """Run a model and wait for its end."""
    facts = run_model(PICTURE, prompt="a mill")
    assert not facts["is_error"], facts
    return {"text": facts["text"]}


def legacy() -> Any:
    """Do the same with the older handshake."""
    facts = run_model(PICTURE, "legacy", prompt="two mills")
    assert not facts["is_error"], facts
    return {"text": facts["text"]}


def tools() -> Any:
    """List the tools."""

    async def ask() -> Any:
        async with httpx2.AsyncClient(headers=HEADERS) as http:
            transport = streamable_http_client(f"{URL}/mcp", http_client=http)
            async with Client(transport) as client:
                return await client.list_tools()

    return {"text": " ".join(tool.name for tool in asyncio.run(ask()).tools)}


def cancel() -> Any:
    """Cancel a running run."""
    answer = text_of(call_tool("run_model", endpoint_id=SLOW, arguments={"duration": 60}, wait_s=1))
    run_id = next(word for word in answer.split() if word.count("-") == 4)
    return {"run": run_id, "text": text_of(call_tool("cancel_run", run_id=run_id))}


def minute() -> Any:
    """Call a tool that is held for a minute."""
    result = call_tool("run_model", endpoint_id=SLOW, arguments={"duration": MINUTE}, wait_s=60)
    return {"text": text_of(result)}


main(
    [run, legacy, tools, cancel, minute],
    refusals=refusals(
        lambda call: call(),
        invalid=lambda: run_model(PICTURE, prompt="x", num_images=99),
        refused=lambda: run_model(CENSOR, prompt=FORBIDDEN),
        plain=lambda: run_model(PICTURE, prompt="x"),
    ),
    # A tool reports its errors in words.
    statuses=dict.fromkeys(("invalid", "refused", "blocked", "budget")),
)
