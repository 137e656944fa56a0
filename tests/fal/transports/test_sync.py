"""Synchronous runs: one request, one answer."""

from decimal import Decimal

import httpx
import pytest

import fal
from tests.fal.upstream import RUN_ANSWERS, Upstream

pytestmark = pytest.mark.anyio


async def test_a_run_is_one_post_and_its_output(connect):
    headers = {"x-fal-request-id": "r-9", "X-Fal-Billable-Units": "2"}
    upstream = Upstream(httpx.Response(200, content=b'{"seed": 1.0}', headers=headers))
    clients = await connect(upstream)
    options = fal.SubmitOptions(hint="h", priority="low", webhook_url="https://x.test/")
    result = await clients.sync.run("fal-ai/flux/dev", '{"a": 1.0}', options)
    (request,) = upstream.requests
    assert str(request.url) == "https://fal.run/fal-ai/flux/dev"
    assert request.content == b'{"a": 1.0}'
    assert request.headers["x-fal-runner-hint"] == "h"
    assert "x-fal-queue-priority" not in request.headers
    assert (result.text, result.request_id) == ('{"seed": 1.0}', "r-9")
    assert result.billable_units == Decimal(2)


@pytest.mark.parametrize(
    ("answer", "error", "is_unconfirmed"),
    [
        *RUN_ANSWERS,
        (httpx.Response(200, text="<html>"), fal.UpstreamFailed, True),
    ],
)  # fmt: skip
async def test_c25_a_run_that_fails_is_not_sent_again(connect, answer, error, is_unconfirmed):
    upstream = Upstream(answer)
    clients = await connect(upstream)
    with pytest.raises(error) as caught:
        await clients.sync.run("fal-ai/flux", {})
    assert caught.value.is_unconfirmed is is_unconfirmed
    assert len(upstream.requests) == 1
