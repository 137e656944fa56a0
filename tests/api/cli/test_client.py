"""The client sends its token only to its own server, even if a file is elsewhere."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

import fal
from api.cli.client import Client
from api.cli.connection import connect
from api.cli.errors import CommandFailed, Exit
from sandbox import https

BASE = "https://vitrine.example"


def client(answer: httpx.Response | None = None) -> tuple[Client, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path == "/redirected":
            return httpx.Response(302, headers={"Location": "https://media.example/x"})
        return answer or httpx.Response(200, content=b"bytes")

    headers = {"Authorization": "Bearer vitrine_x"}
    transport = httpx.MockTransport(respond)
    return Client(httpx.Client(transport=transport, base_url=BASE, headers=headers)), seen


@pytest.mark.parametrize(
    ("url", "tokens"),
    [
        (f"{BASE}/runs/1/artifacts/0/", ["Bearer vitrine_x"]),
        (f"{BASE}:443/x", ["Bearer vitrine_x"]),
        (f"{BASE}/redirected", ["Bearer vitrine_x", ""]),
        (f"{BASE}:8443/x", [""]),
        ("http://vitrine.example/x", [""]),
        ("https://media.example/x", [""]),
        ("https://vitrine.example.evil.example/x", [""]),
    ],
)
def test_the_token_is_sent_only_to_our_origin(tmp_path: Path, url: str, tokens: list[str]) -> None:
    vitrine, seen = client()
    vitrine.download(url, tmp_path / "file")
    assert [request.headers.get("Authorization", "") for request in seen] == tokens
    assert (tmp_path / "file").read_bytes() == b"bytes"


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (httpx.Response(200, text="<html>"), Exit.UNREACHABLE, "not a Vitrine"),
        (httpx.Response(502, text="<html>"), Exit.UNREACHABLE, "status 502"),
        (httpx.Response(401, json={"detail": "Send a token."}), Exit.REFUSED, "Send a token"),
        (httpx.Response(422, json=["odd"]), Exit.REFUSED, "status 422"),
    ],
)
def test_any_answer_is_explained(answer: httpx.Response, code: Exit, message: str) -> None:
    vitrine, _ = client(answer)
    with pytest.raises(CommandFailed, match=message) as failure:
        vitrine.get("/me")
    assert failure.value.code == code


class Me(BaseHTTPRequestHandler):
    """Answers every GET with JSON."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"user": "ann"}')

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def private(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server with a certificate of a private authority, and the authority's."""
    ca, certificate = https.make_certificates(tmp_path / "authority")
    server = HTTPServer(("127.0.0.1", 0), Me)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", ca
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_private_certificate_authority_is_read_from_ssl_cert_file(
    private: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, ca = private
    # The tests share one SSL context; this test needs one that reads the environment.
    own = httpx._config.create_ssl_context
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", own)
    monkeypatch.setenv("VITRINE_URL", url)
    monkeypatch.setenv("VITRINE_TOKEN", "vitrine_x")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(CommandFailed, match="SSL_CERT_FILE") as failure:
        connect().get("/me")
    assert failure.value.code == Exit.UNREACHABLE
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    assert connect().get("/me") == {"user": "ann"}
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(CommandFailed, match="SSL_CERT_FILE or SSL_CERT_DIR cannot be read"):
        connect()


@pytest.mark.anyio
async def test_an_upstream_may_have_a_private_certificate_authority(
    private: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    async with fal.Clients(fal.Addresses(api=private[0]), "key") as clients:
        with pytest.raises(fal.Unreachable, match="SSL_CERT_FILE"):
            await clients.platform.pricing(["fal-ai/flux/dev"])
