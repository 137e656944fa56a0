"""`chat`: the delay until a token of a streamed answer is painted on a conversation's page.

The sandbox's clock model outputs only the current times, so the page itself can tell how late each
is painted. The reference is a minimal page: one process that passes the model's events on to an
EventSource, and a script that shows the latest one.
`python -m bench.runs.chat PORT UPSTREAM KEY` serves it.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import uvicorn
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Route

from bench.figures import Goal, at_most, at_most_ratio, median, percentile, table, without_goal
from bench.stage.children import HOST, free_port
from bench.stage.stage import KEY, Stage

MODEL = "mischief/clock"
WORDS = 100
LATEST_MS, LATEST_TIMES = 60, 2
LIMIT_MS = 60_000
# Watches a text: a time that appears in it counts as painted two frames later.
WATCH = """([selector, words, limit]) => new Promise((resolve, reject) => {
  const late = [];
  const seen = new Set();
  const frame = () => new Promise(requestAnimationFrame);
  const now = () => performance.timeOrigin + performance.now();
  setTimeout(() => reject(new Error(`${late.length} of ${words} tokens came`)), limit);
  const look = async () => {
    const texts = document.querySelectorAll(selector);
    const fresh = (texts[texts.length - 1]?.textContent.match(/[0-9]{13}[.][0-9]/g) ?? [])
      .filter((moment) => !seen.has(moment));
    for (const moment of fresh) seen.add(moment);
    if (!fresh.length) return;
    await frame();
    await frame();
    for (const moment of fresh) late.push(now() - Number(moment));
    if (late.length >= words) resolve(late);
  };
  new MutationObserver(look).observe(document.body,
    { childList: true, subtree: true, characterData: true });
  document.querySelector("[data-start]").click();
})"""
BARE_PAGE = """<!doctype html><title>Bare</title>
<button data-start>Ask</button><p class="prose"></p>
<script>
document.querySelector("button").onclick = () => {
  const source = new EventSource("/events");
  source.onmessage = ({ data }) =>
    (document.querySelector(".prose").textContent = JSON.parse(data).output);
  source.onerror = () => source.close();
};
</script>"""


def measure_goals(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """Measure the product (also on PostgreSQL if configured) and the minimal page in turns."""
    late: dict[str, list[float]] = {name: [] for name in (*stage.products, "bare")}
    port = free_port()
    command = [sys.executable, "-m", "bench.runs.chat", str(port), stage.sandbox, KEY]
    bare = stage.start("bare-stream", command).answering(f"http://{HOST}:{port}")
    for counted in [False, *[True] * rounds]:
        for name, product in stage.products.items():
            context = stage.browser.new_context(storage_state=product.cookies)
            times = _listen(_chat(context.new_page(), product.address))
            context.close()
            late[name] += times if counted else []
        context = stage.browser.new_context()
        page = context.new_page()
        page.goto(bare)
        late["bare"] += _listen(page) if counted else []
        context.close()
    rows = [
        [f"product{name}" if name != "bare" else name, *_figures(values)]
        for name, values in late.items()
    ]
    print(table(["tokens of", "median ms", "p90 ms", "p99 ms"], rows))
    reference = median(late["bare"])
    goals: list[Goal] = []
    for name in stage.products:
        what, value = f"a token painted{name}", median(late[name])
        goals.append(at_most_ratio("chat", what, value, reference, LATEST_TIMES, "ms", "bare page"))
        goals.append(at_most("chat", what, value, LATEST_MS, "ms", reference))
        last = percentile(late[name], 0.99)
        goals.append(without_goal("chat", f"the 99th percentile{name}", f"{last:.0f} ms"))
    return goals


def _chat(page: Page, base: str) -> Page:
    """Open a new conversation with the clock model; its message is typed but not sent."""
    page.goto(f"{base}/models/{MODEL}/")
    page.get_by_role("button", name="New chat").click()
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.locator("#chat-text").fill("What is the time?")  # its draft is saved
    page.locator("[name='~do'][value='send']").evaluate("(send) => (send.dataset.start = '')")
    return page


def _listen(page: Page) -> list[float]:
    times: list[float] = page.evaluate(WATCH, [".prose", WORDS, LIMIT_MS])
    return times


def _figures(values: list[float]) -> list[str]:
    return [
        f"{value:.1f}" for value in (median(values), *(percentile(values, p) for p in (0.9, 0.99)))
    ]


def build(upstream: str, key: str) -> Starlette:
    """Return the app with the minimal page and its events; `upstream` is a sandbox's address."""

    async def events(request: Request) -> StreamingResponse:
        return StreamingResponse(_relayed(upstream, key), media_type="text/event-stream")

    async def page(request: Request) -> HTMLResponse:
        return HTMLResponse(BARE_PAGE)

    return Starlette(routes=[Route("/", page), Route("/events", events)])


async def _relayed(upstream: str, key: str) -> AsyncIterator[bytes]:
    arguments: dict[str, Any] = {"prompt": "What is the time?", "words": WORDS}
    headers = {"authorization": f"Key {key}"}
    async with (
        httpx.AsyncClient(timeout=None) as client,
        client.stream(
            "POST", f"{upstream}/run/{MODEL}/stream", json=arguments, headers=headers
        ) as answer,
    ):
        async for chunk in answer.aiter_raw():
            yield chunk


if __name__ == "__main__":
    served_at, sandbox, with_key = sys.argv[1:]
    uvicorn.run(
        build(sandbox, with_key), port=int(served_at), log_level="warning", access_log=False
    )
