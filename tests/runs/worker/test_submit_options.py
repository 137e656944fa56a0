"""The submit carries what the caller's program asked for, on every claimed run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

import fal
from runs.models import Run
from runs.worker import submit, submit_options
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.scheduling import leases

pytestmark = pytest.mark.django_db(transaction=True)
options_of = async_to_sync(submit_options.of)
ASKED = {
    "priority": "low",
    "hint": "session-7",
    "object_lifecycle": {"expiration_duration_seconds": 60},
    "disable_fallback": True,
}


def test_the_options_of_a_claimed_run_are_sent_as_headers(make_run: Any) -> None:
    make_run(options=ASKED)
    requests: list[httpx.Request] = []

    def queue(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"request_id": "r-1"})

    (run,) = leases.claim("me", 1).to_send

    @async_to_sync
    async def send() -> None:
        transport = httpx.MockTransport(queue)
        async with fal.Clients(fal.Addresses(), "id:secret", transport=transport) as upstream:
            assert await submit.submit_run(run, upstream, BreakerRegistry().account)

    send()
    (request,) = requests
    assert request.headers["X-Fal-Queue-Priority"] == "low"
    assert request.headers["X-Fal-Runner-Hint"] == "session-7"
    lifecycle = request.headers["X-Fal-Object-Lifecycle-Preference"]
    assert lifecycle == '{"expiration_duration_seconds": 60}'
    assert request.headers["x-app-fal-disable-fallback"] == "true"


def test_a_start_timeout_counts_from_the_call(make_run: Any) -> None:
    run = make_run(options={"start_timeout_s": 30.0})
    Run.objects.update(created_at=timezone.now() - timedelta(seconds=20))
    run.refresh_from_db()
    left = options_of(run).start_timeout_s
    assert left is not None
    assert 8 < left < 10.1
    Run.objects.update(created_at=timezone.now() - timedelta(hours=1))
    run.refresh_from_db()
    assert options_of(run).headers()["X-Fal-Request-Timeout"] == "1.001"


def test_a_run_without_options_sends_none(make_run: Any) -> None:
    assert options_of(make_run(), "https://x/hook") == fal.SubmitOptions(
        webhook_url="https://x/hook"
    )
