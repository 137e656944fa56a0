"""The page of a tool's answer in a conversation, in a frame of a host that plays its part."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import DONE, aurora, open_page, prompt

__all__ = ["aurora", "open_page"]
pytestmark = pytest.mark.browser
# The host of the specification: it answers the page's requests and hands it the tool's answer.
HOST_PAGE = """
<!doctype html><title>Host</title>
<iframe sandbox="allow-scripts" style="inline-size: 500px; block-size: 600px"></iframe>
<script>
  const frame = document.querySelector("iframe");
  const tell = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
  window.told = [];
  addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    told.push(data);
    if (data.method === "ui/initialize")
      tell({ id: data.id, result: { hostContext: { theme: "dark" } } });
    else if (data.id) tell({ id: data.id, result: {} });
    if (data.method === "ui/notifications/initialized")
      tell({ method: "ui/notifications/tool-result", params: ANSWER });
  });
  frame.srcdoc = PAGE;
</script>
"""


@contextmanager
def served(page: str) -> Iterator[str]:
    """Serve a page at another origin of this machine: browsers keep other hosts from ours."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def call(page: Page, secret: str, method: str, params: dict[str, Any]) -> Any:
    """Call `/mcp` as a host does; return the result."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json"}
    headers["MCP-Protocol-Version"] = "2025-06-18"
    answer = page.request.post("/mcp", headers=headers, data=message).json()
    return answer["result"]


def policy(ui: dict[str, Any]) -> str:
    """Return the content policy of the page's frame; the page declares its sources."""
    sources = " ".join(ui["csp"].get("resourceDomains", []))
    return (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        f"connect-src 'none'; img-src {sources}; media-src {sources}"
    )


def test_a_result_is_shown_in_the_conversation_and_opens_in_vitrine(aurora):
    prompt(aurora).fill("a lighthouse")
    prompt(aurora).press("Control+Enter")
    done = f"#stage [data-title='a lighthouse']{DONE}"
    aurora.wait_for_selector(done)
    run = aurora.locator(done).get_attribute("data-run-id")
    aurora.goto("/account/tokens/")
    aurora.get_by_label("Name").fill("conversation")
    aurora.get_by_role("button", name="Create").click()
    (secret,) = set(re.findall(r"vitrine_[A-Za-z0-9_-]{43}", aurora.content()))
    tools = call(aurora, secret, "tools/list", {})["tools"]
    (address,) = {tool["_meta"]["ui"]["resourceUri"] for tool in tools if tool.get("_meta")}
    (resource,) = call(aurora, secret, "resources/read", {"uri": address})["contents"]
    assert resource["mimeType"] == "text/html;profile=mcp-app"
    answer = call(aurora, secret, "tools/call", {"name": "get_run", "arguments": {"run_id": run}})
    with_policy = resource["text"].replace(
        "<meta charset",
        f'<meta http-equiv="Content-Security-Policy" content="{policy(resource["_meta"]["ui"])}">'
        "<meta charset",
        1,
    )
    # `<` as an escape, so that the page's own script does not end the host's
    body = HOST_PAGE
    for name, value in {"ANSWER": answer, "PAGE": with_policy}.items():
        body = body.replace(name, json.dumps(value).replace("<", "\\u003c"))
    with served(body) as address:
        converse(aurora.context.new_page(), address, run)


def converse(host: Page, address: str, run: str | None) -> None:
    """Look at the answer in the host, and open it in Vitrine."""
    host.goto(address)
    inside = host.frame_locator("iframe")
    picture = inside.locator("img")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("image => image.naturalWidth") > 0
    expect(inside.locator("#title")).to_have_text("a lighthouse")
    assert inside.locator("html").evaluate("root => root.style.colorScheme") == "dark"
    inside.get_by_role("button", name="Open in Vitrine").click()
    asked = host.wait_for_function("told.find((message) => message.method === 'ui/open-link')")
    assert asked.json_value()["params"]["url"].endswith(f"/runs/{run}/")
    sizes = host.evaluate("told.filter((m) => m.method === 'ui/notifications/size-changed').length")
    assert sizes
