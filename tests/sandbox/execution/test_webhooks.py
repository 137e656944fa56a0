"""Webhooks (C49): signed as fal signs, retried when that makes sense."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.sandbox.server import RunningSandbox
from tests.sandbox.wire import SLOW, submit

pytestmark = pytest.mark.system  # these tests take long


class Receiver:
    """A web server that answers with the given codes, then 200, and records what it gets."""

    def __init__(self, codes: list[int]) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                code = codes.pop(0) if codes else 200
                self.send_response(code)
                if code == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=1&b=2"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count: int, seconds: float = 60) -> list[tuple[dict[str, str], bytes]]:
        """Wait for that many deliveries and return them."""
        end = time.monotonic() + seconds
        while len(self.got) < count and time.monotonic() < end:
            time.sleep(0.01)
        return self.got

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver([])
    yield receiver
    receiver.close()


def verify(headers: dict[str, str], body: bytes, jwks: dict[str, Any]) -> None:
    """Verify as a receiver does who has read only section 10.2."""
    names = ("request-id", "user-id", "timestamp")
    parts = [headers[f"x-fal-webhook-{name}"] for name in names]
    assert abs(int(parts[2]) - time.time()) <= 300
    message = "\n".join([*parts, hashlib.sha256(body).hexdigest()]).encode()
    raw = base64.urlsafe_b64decode(jwks["keys"][0]["x"] + "=")
    signature = bytes.fromhex(headers["x-fal-webhook-signature"])
    Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)


def jwks_of(sandbox: RunningSandbox) -> dict[str, Any]:
    keys: dict[str, Any] = httpx.get(f"{sandbox.addresses['rest']}/.well-known/jwks.json").json()
    return keys


def test_c49_a_finished_request_is_reported_and_signed(http, sandbox, receiver):
    handle = submit(
        http, sandbox, SLOW, {"duration": 0, "picture": False}, params={"fal_webhook": receiver.url}
    )
    ((headers, body),) = receiver.wait(1)
    verify(headers, body, jwks_of(sandbox))
    message = json.loads(body)
    assert message["request_id"] == message["gateway_request_id"] == handle["request_id"]
    assert headers["x-fal-webhook-request-id"] == handle["request_id"]
    assert message["status"] == "OK"
    assert message["payload"] == http.get(handle["response_url"]).json()
    with pytest.raises(InvalidSignature):
        verify(headers, body.replace(b"OK", b"KO"), jwks_of(sandbox))


def test_c49_a_failed_request_is_reported_as_an_error(http, sandbox, receiver):
    submit(http, sandbox, "sandbox/aurora", {}, params={"fal_webhook": receiver.url})
    ((_, body),) = receiver.wait(1)
    message = json.loads(body)
    assert (message["status"], message["error"]) == ("ERROR", "Invalid status code: 422")
    assert message["payload"]["detail"][0]["loc"] == ["body", "prompt"]


@pytest.mark.parametrize(("codes", "tries"), [([500, 503], 3), ([302], 1)])
def test_c49_webhook_errors_are_retried_and_redirects_not_followed(http, sandbox, codes, tries):
    receiver = Receiver(list(codes))
    submit(
        http, sandbox, SLOW, {"duration": 0, "picture": False}, params={"fal_webhook": receiver.url}
    )
    got = receiver.wait(tries)
    time.sleep(0.2)
    receiver.close()
    assert len(got) == tries
    assert len({body for _, body in got}) == 1  # the same bytes each time
