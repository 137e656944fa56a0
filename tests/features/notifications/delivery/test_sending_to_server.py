"""From a run by the API to a server that verifies Vitrine's webhook as one of fal's.

Our signatures follow fal's rules, and receivers do not notice when keys are replaced.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from fal.messages.webhooks import Report, Verdict, public_keys, verdict
from features.notifications import run_ends
from features.notifications.delivery import sending, signing_keys
from features.notifications.models import Delivery, SigningKey
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db


FLUX = "fal-ai/flux/dev"


@dataclass
class Server:
    """A receiver on a real socket, with the requests that came and the statuses that it answers."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    new_server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            new_server.received.append((dict(self.headers), body))
            self.send_response(new_server.statuses.pop(0) if new_server.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    origin = f"http://127.0.0.1:{http.server_port}"
    new_server.url = f"{origin}/hook"
    settings.WEBHOOK_PRIVATE_ORIGINS = [origin]
    yield new_server
    http.shutdown()
    thread.join()
    http.server_close()


def test_a_receiver_verifies_the_end_of_a_run_of_the_api_with_our_key_set(
    server: Server, user: Any, client: Any, make_endpoint: Any, documents: Any
) -> None:
    make_endpoint(FLUX, documents[FLUX])
    server.statuses = [500]
    body = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}, "webhook": server.url}
    run_id = Caller(user, ["read", "run"])("POST", "/runs", body).json()["id"]
    error = {"message": "no", "status": 422, "detail": [{"msg": "no", "loc": ["body"]}]}
    state_machine.record(Run.objects.get().pk, Observation("failed", by="poll", error=error))
    run_ends.process_due()
    async_to_sync(sending.send_due)()
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    async_to_sync(sending.send_due)()
    assert Delivery.objects.get().state == "delivered"
    keys = public_keys(client.get("/.well-known/jwks.json").json())
    for headers, sent in server.received:
        result = verdict(headers, sent, keys, timezone.now().timestamp())
        assert result == Verdict.GENUINE
        report = Report.from_bytes(sent)
        assert report.request_id == run_id == headers["X-Fal-Webhook-Request-Id"]
        assert report.failure
        assert report.failure.detail == error["detail"]
    assert len(server.received) == 2
    assert json.loads(server.received[0][1])["error"] == "Invalid status code: 422"


BODY = b'{"request_id":"r"}'


def sign_body(now: datetime) -> dict[str, str]:
    return signing_keys.sign(signing_keys.current(now), "r", "user_1", BODY, now)


def check(headers: dict[str, str], jwks: dict[str, Any], body: bytes = BODY) -> Verdict:
    return verdict(headers, body, public_keys(jwks), float(headers["X-Fal-Webhook-Timestamp"]))


@pytest.mark.any_database
def test_fals_verifier_takes_our_signature_with_our_key_set() -> None:
    headers = sign_body(timezone.now())
    assert check(headers, signing_keys.jwks()) == Verdict.GENUINE
    assert check(headers, signing_keys.jwks(), BODY + b" ") == Verdict.UNKNOWN_KEY


@pytest.mark.any_database
def test_a_cached_key_set_always_has_the_signing_key() -> None:
    """For each day of a year, the key set of the day before verifies what is signed today."""
    start = timezone.now()
    signing_keys.maintain(start)
    copy = signing_keys.jwks()
    for day in range(1, 366):
        now = start + timedelta(days=day)
        signing_keys.maintain(now)
        assert check(sign_body(now), copy) == Verdict.GENUINE
        copy = signing_keys.jwks()
        assert check(sign_body(now), copy) == Verdict.GENUINE
        assert SigningKey.objects.count() <= 2
    assert SigningKey.objects.get().created_at > start + timedelta(days=180)


@pytest.mark.any_database
def test_the_private_key_is_encrypted_and_renewed_with_a_new_secret(settings: Any) -> None:
    now = timezone.now()
    signing_keys.maintain(now)
    before = SigningKey.objects.get()
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another secret"
    signing_keys.maintain(now)
    assert SigningKey.objects.count() == 2
    assert check(sign_body(now), signing_keys.jwks()) == Verdict.GENUINE
    settings.SECRET_KEY_FALLBACKS = [former]
    assert signing_keys._decrypt(before) is not None
