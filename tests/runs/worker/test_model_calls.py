"""The worker asks fal's analytics about the models in use, each at most every five minutes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

import fal
from runs.models import KeptFigures
from runs.progress.model_calls import FIGURES
from runs.worker.model_calls import ModelCallsReader

pytestmark = pytest.mark.both_databases
FLUX = "fal-ai/flux/dev"
ROW = {"endpoint_id": FLUX, "request_count": 8, "user_error_count": 1, "error_count": 3}
Read = Callable[[], int]


@pytest.fixture
def answers() -> list[httpx.Response]:
    """What fal answers to each request for analytics, in order; the last one is repeated."""
    return [httpx.Response(200, json={"summary": [ROW]})]


@pytest.fixture
def read(answers: list[httpx.Response]) -> Read:
    """`read()` → the number of requests so far, after one more step of the job."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def step() -> None:
        transport = httpx.MockTransport(answer)
        async with fal.Clients(fal.Addresses(), "id:secret", transport=transport) as clients:
            await ModelCallsReader(clients.platform).step()

    def read_once() -> int:
        async_to_sync(step)()
        return len(requests)

    return read_once


def kept() -> Any:
    return KeptFigures.objects.get(pk=FIGURES).values


def test_models_with_active_or_failed_runs_are_asked_about(make_run, read):
    run = make_run(state="succeeded")
    assert read() == 0
    make_run(state="queued")
    assert read() == 1
    counts = kept()[str(run.endpoint_id)]
    assert (counts["calls"], counts["refused"], counts["failed"]) == (8, 1, 3)
    assert read() == 1  # asked moments ago
    row = KeptFigures.objects.get(pk=FIGURES)
    row.values[str(run.endpoint_id)]["asked"] -= 301
    row.save()
    assert read() == 2


def test_a_key_without_the_right_switches_the_source_off(make_run, read, answers):
    error = {"error": {"type": "authorization_error", "message": "no"}}
    answers.insert(0, httpx.Response(403, json=error))
    make_run(state="failed")
    assert read() == 1
    assert kept() == {}
    assert read() == 1
    KeptFigures.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert read() == 2
