"""The code on the API tab, run as it is shown, in each way to call a model and each language."""

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.reference import snippets
from schemas.reference.snippets import WAYS, Snippet, Upstream, Way
from tests.processes import until
from tests.sandbox.shown_code import CALLS, call, prepare, run

pytestmark = pytest.mark.system

KEYS = [way.key for way in WAYS]

# fal's clients have these addresses built in, but for two of Python's.
IN_PYTHON = """
from fal_client import client
client.REST_URL, client.CDN_URL = {rest!r}, {cdn!r}
"""


@dataclass
class Receiver:
    """An address for webhooks, and the request ids that it got."""

    url: str
    ids: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            opened.ids.append(json.loads(self.rfile.read(size))["request_id"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    opened = Receiver(f"http://127.0.0.1:{server.server_port}/fal?from=a b")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield opened
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the code runs, with a picture."""
    monkeypatch.setattr(snippets, "WEBHOOK", receiver.url)
    return prepare(tmp_path)


def the_newest(http: httpx.Client, api: str, endpoint_id: str) -> dict[str, Any]:
    """Return the endpoint's newest request, once it has ended."""
    query = {"endpoint_id": endpoint_id, "limit": "1", "expand": "payloads"}

    def row() -> dict[str, Any] | None:
        rows = http.get(f"{api}/models/requests/by-endpoint", params=query).json()["items"]
        return next((row for row in rows if "status_code" in row), None)

    newest: dict[str, Any] = until(row)
    return newest


def check(printed: str, way: Way, http: httpx.Client, api: str, receiver: Receiver) -> None:
    """Check that the sandbox got exactly these arguments, or the address of the picture as well."""
    endpoint_id, arguments = CALLS[way.key]
    request = the_newest(http, api, endpoint_id)
    assert request["status_code"] == 200
    assert printed.strip()
    if way.key == "realtime":
        return  # of which no payloads are stored
    sent = request["json_input"]
    if way.key == "upload":
        assert http.get(sent.pop("image_url")).headers["content-type"] == "image/png"
        assert request["json_output"]["result"]["width"] == 40
    assert sent == arguments
    if way.key == "webhook":
        assert request["request_id"] in printed
        until(lambda: request["request_id"] in receiver.ids)


@pytest.mark.needs("Node")
@pytest.mark.parametrize("way", WAYS, ids=KEYS)
def test_code_for_another_upstream_runs(http, sandbox, receiver, folder, way):
    hosts = sandbox.addresses
    upstream = Upstream(hosts["queue"], hosts["run"], hosts["rest"])
    for snippet in call(way, upstream=upstream).direct(way):
        printed = run(snippet, folder, FAL_KEY=sandbox.key)
        check(printed, way, http, hosts["api"], receiver)
        if snippet.key == "curl" and way.key in {"wait", "upload"}:
            newest = the_newest(http, hosts["api"], CALLS[way.key][0])
            assert json.loads(printed.splitlines()[-1]) == newest["json_output"]


@pytest.mark.parametrize("way", WAYS, ids=KEYS)
def test_code_for_fals_python_client_runs(tls, receiver, folder, way):
    hosts = tls.addresses
    code = IN_PYTHON.format(**hosts) + call(way).code("python", way)
    printed = run(
        Snippet("python", "", code),
        folder,
        FAL_KEY=tls.key,
        FAL_QUEUE_RUN_HOST=hosts["queue"].removeprefix("https://"),
        FAL_RUN_HOST=hosts["run"].removeprefix("https://"),
        SSL_CERT_FILE=str(tls.ca),
    )
    headers, trust = {"Authorization": f"Key {tls.key}"}, ssl.create_default_context(cafile=tls.ca)
    with httpx.Client(headers=headers, verify=trust, timeout=30) as http:
        check(printed, way, http, hosts["api"], receiver)
