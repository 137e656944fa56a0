"""Streams and live sessions through the proxy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api import tokens
from api.fal_proxy.tickets import LiveToken
from api.models import Token
from runs.models import Run
from runs.results import timeline
from runs.worker.scheduling import leases
from tests.api.views.proxy_call import FLUX, QUEUE, SUBMIT, Call

pytestmark = pytest.mark.django_db


def test_a_stream_creates_a_run_sent_by_the_gateway(
    call: Call, endpoint: Any, settings: Any
) -> None:
    settings.GATEWAY_URL = "http://127.0.0.1:1"
    response = call("POST", f"https://fal.run/{FLUX}/stream", {"prompt": "a cat"})
    run = Run.objects.get()
    assert response.headers["Vitrine-Stream"].startswith(f"{run.pk} ")
    assert (run.transport, run.state, run.worker) == ("stream", "submitting", "gateway")
    assert run.sent_at == run.created_at
    assert leases.claim("worker", 9).to_send == []
    (moment,) = (
        candidate
        for candidate in timeline.moments(run)
        if candidate.what == "Started through the proxy"
    )
    assert moment.detail == "With the token “n8n”."


def test_streams_are_refused_above_the_run_limit(call: Call, endpoint: Any, settings: Any) -> None:
    settings.GATEWAY_URL, settings.RUNS_AT_ONCE_PER_USER = "http://127.0.0.1:1", 1
    call("POST", f"https://fal.run/{FLUX}/stream", {})
    response = call("POST", f"https://fal.run/{FLUX}/stream", {})
    assert response.status_code == 429
    assert response.json()["error_type"] == "concurrent_requests_limit"
    assert Run.objects.count() == 1


def test_a_status_stream_starts_with_the_current_status(call: Call, endpoint: Any) -> None:
    status_url = call("POST", SUBMIT).json()["status_url"]
    response = call("GET", f"{status_url}/stream?logs=1")
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["Vitrine-Status"] == f"{Run.objects.get().pk} {QUEUE} 1"
    event = json.loads(response.content.removeprefix(b"data: "))
    assert (event["status"], event["logs"]) == ("IN_QUEUE", [])


TOKENS = "https://rest.fal.ai/tokens/"


def test_tokens_for_live_sessions_are_signed_by_us(call: Call, settings: Any, user: Any) -> None:
    settings.REALTIME_URL = "wss://vitrine.test/live"
    token = call("POST", TOKENS, {"allowed_apps": ["flux"], "token_expiration": 120}).json()
    older = call("POST", f"{TOKENS}realtime", {"allowed_apps": [f"{FLUX}/realtime"]}).json()
    for text in (token, older["token"]):
        live_token = LiveToken.verify(text)
        assert live_token
        assert (live_token.user_id, live_token.aliases, live_token.is_revoked) == (
            user.pk,
            ("flux",),
            False,
        )
        assert LiveToken.verify(text + "x") is None
    tokens.revoke(Token.objects.get())
    assert live_token
    assert live_token.is_revoked
    settings.REALTIME_URL = ""
    assert LiveToken.verify("") is None


@pytest.mark.parametrize("body", [{}, {"allowed_apps": []}, {"allowed_apps": ["a/"]}, [1], "x"])
def test_a_live_token_needs_valid_apps(call: Call, settings: Any, body: Any) -> None:
    settings.REALTIME_URL = "wss://vitrine.test/live"
    assert call("POST", TOKENS, body).status_code == 422
