"""The unmodified `@fal-ai/client` in Chromium, given only `proxyUrl`, with a whole Vitrine."""

from __future__ import annotations

import asyncio
import re
import socket
import sqlite3
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import fal_client
from tests.certificates import make_certificates
from tests.chromium import FLAGS, find_program
from tests.processes import Up, until

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.needs("Node")]

CALLS: dict[str, str] = {
    "run": 'return (await client.run("sandbox/scribe", { input })).data.output',
    "subscribe": """
        const seen = [];
        const onQueueUpdate = (update) => seen.push(update.status);
        const options = { input, mode, logs: true, pollInterval: 50, onQueueUpdate };
        const { data, requestId } = await client.subscribe("sandbox/scribe", options);
        return { text: data.output, last: seen.at(-1), requestId }""",
    "stream": """
        const stream = await client.stream("sandbox/scribe", { input });
        let count = 0;
        for await (const event of stream) count += 1;
        const last = await stream.done();
        return { count, partial: last.partial, text: last.output }""",
    "refused": """
        try { await client.run("sandbox/scribe", { input: { prompt: 7 } }) }
        catch (error) { return { status: error.status, loc: error.body.detail[0].loc } }""",
    "queue": """
        const app = "mischief/slow";
        const slow = { input: { duration: 60, picture: false } };
        const { request_id: requestId } = await client.queue.submit(app, slow);
        const before = await client.queue.status(app, { requestId });
        await client.queue.cancel(app, { requestId });
        const after = await client.queue.subscribeToStatus(app, { requestId, pollInterval: 50 });
        try { await client.queue.result(app, { requestId }) }
        catch ({ status }) { return { before: before.status, after: after.status, status } }""",
    "upload": """
        const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
        const blob = await new Promise((found) => canvas.toBlob(found));
        const { data } = await client.run("sandbox/eye", { input: { image_url: blob } });
        return [data.result.width, data.result.height]""",
    "parts": """
        const blob = new Blob([new Uint8Array((90 << 20) + 5)], { type: "application/zip" });
        const address = await client.storage.upload(blob);
        const response = await fetch(address);
        return [response.status, (await response.blob()).size - (90 << 20)]""",
    "realtime": """
        return await new Promise((found, failed) => {
          const connection = client.realtime.connect("sandbox/aurora/lite", {
            onResult: ({ prompt, images }) => {
              connection.close();
              found([prompt, images[0].content.length > 1000]);
            },
            onError: failed,
          });
          connection.send({ prompt: "violet", seed: 3 });
        })""",
}
CALL = "([name, mode]) => CALLS[name]({ prompt: 'sea', max_tokens: 20 }, mode)"


class TlsFront:
    """Ends TLS for `fal.run`, a name built into the client, and passes the bytes on."""

    def __init__(self, folder: Path, port: int) -> None:
        _, certificate = make_certificates(folder, "fal.run")
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate)
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def _serve(self) -> None:
        # leaving the runner closes the loop, its servers and the listener
        with asyncio.Runner() as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._pass_on, sock=self._listener, ssl=self._context)
        self._ready.set()
        await self._stopped.wait()
        server.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(_copy(reader, theirs[1]), _copy(theirs[0], writer))

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
    except OSError:
        pass  # the other end has disconnected
    finally:
        writer.close()


@pytest.fixture(scope="module")
def client_page(
    chromium: Browser, vitrine: Up, session: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """A logged-in page of our origin that has the client and sends `fal.run` to the gateway."""
    web = vitrine.pid_of("config.server.serving")
    variables = Path(f"/proc/{web}/environ").read_text().split("\0")
    live = next(
        variable.partition("=")[2] for variable in variables if variable.startswith("REALTIME_URL=")
    )
    front = TlsFront(tmp_path_factory.mktemp("tls"), urlsplit(live).port or 0)
    mapped = f"--host-resolver-rules=MAP fal.run:443 127.0.0.1:{front.port}"
    flags = [flag for flag in FLAGS if "resolver" not in flag]
    program = find_program()
    with chromium.browser_type.launch(executable_path=program, args=[*flags, mapped]) as started:
        # Our pages allow only our own scripts and connections; an app's page has rules of its own.
        context = started.new_context(ignore_https_errors=True, bypass_csp=True)
        context.add_cookies(session)
        page = context.new_page()
        page.goto(vitrine.base)
        page.evaluate(_script())
        yield page
    front.stop()


def _script() -> str:
    calls = "".join(f"{name}: async (input, mode) => {{{body}}},\n" for name, body in CALLS.items())
    config = 'window.client = fal; client.config({ proxyUrl: "/api/fal/proxy" });'
    return f"{fal_client.script()}\n{config}\nwindow.CALLS = {{{calls}}};"


def call(page: Page, name: str, mode: str = "") -> Any:
    """Call the client; return its result."""
    return page.evaluate(CALL, [name, mode])


@pytest.mark.exhaustive
def test_every_call_of_the_client(client_page: Page, vitrine: Up) -> None:
    answers: list[Any] = []
    client_page.on(
        "response",
        lambda response: answers.append(response) if "/api/fal/" in response.url else None,
    )
    assert call(client_page, "run").startswith("# Sea")
    polled, streamed = (call(client_page, "subscribe", mode) for mode in ("polling", "streaming"))
    for result in (polled, streamed):
        assert (result["text"][:5], result["last"]) == ("# Sea", "COMPLETED")
        assert re.fullmatch(r"[0-9a-f-]{36}", result["requestId"])
    result = call(client_page, "stream")
    assert result["count"] > 3
    assert (result["partial"], result["text"][:5]) == (False, "# Sea")
    assert call(client_page, "refused") == {"status": 422, "loc": ["body", "prompt"]}
    result = call(client_page, "queue")
    assert result["before"] in {"IN_QUEUE", "IN_PROGRESS"}
    assert (result["after"], result["status"]) == ("COMPLETED", 499)
    assert call(client_page, "upload") == [40, 30]
    assert call(client_page, "parts") == [200, 5]
    assert call(client_page, "realtime") == ["violet", True]
    _assert_nothing_leaked(answers, vitrine)
    _assert_in_history(vitrine)


def _assert_nothing_leaked(answers: list[Any], vitrine: Up) -> None:
    """Assert that no answer contains the key, or a header that shows how this server works."""
    settings = (vitrine.log.parent / "var" / "sandbox.env").read_text()
    secret = dict(line.split("=", 1) for line in settings.splitlines())["FAL_KEY"].encode()
    assert len(answers) > 20
    for answer in answers:
        headers = answer.all_headers()
        assert not [
            name for name in headers if name.startswith(("vitrine-", "server", "x-powered"))
        ]
        assert "set-cookie" not in headers
        # The browser keeps no readable text of streams and files.
        has_text = headers.get("content-type") == "application/json"
        assert secret not in repr(headers).encode() + (answer.body() if has_text else b"")


def _assert_in_history(vitrine: Up) -> None:
    """Assert that each call is a run of the person, marked as such, with its result."""

    def ended_runs() -> list[tuple[str, str]]:
        with closing(sqlite3.connect(vitrine.log.parent / "var" / "vitrine.sqlite3")) as database:
            rows = database.execute(
                "SELECT transport, state FROM playground_run WHERE events LIKE '%\"proxy\"%'"
            ).fetchall()
        # The client has closed its live session, which ends once the server notices.
        return [] if ("realtime", "running") in rows else sorted(rows)

    assert until(ended_runs) == sorted(
        [("queue", "succeeded")] * 4
        + [("queue", "failed"), ("queue", "cancelled"), ("realtime", "succeeded")]
        + [("stream", "succeeded")]
    )
