"""The options of a submit besides its arguments, exactly as they go over the wire."""

import json

import httpx
import pytest

import fal
from fal.messages.request import arguments_as_bytes
from tests.fal.upstream import Upstream

pytestmark = pytest.mark.anyio
ALL = fal.SubmitOptions(
    webhook_url="https://example.com/hook?a=1&b=2",
    max_queue_length=3,
    start_timeout_s=30.0,
    priority="low",
    hint="session-7",
    object_lifecycle={"expiration_duration_seconds": 3600},
    no_retry=True,
    retry_config={"server_error": 2},
    store_io=False,
    disable_fallback=True,
    upload_policy={"url": "https://bucket"},
    tags={"team": "design", "run": "7"},
)


async def test_every_submit_option_is_sent_in_its_documented_place(connect):
    upstream = Upstream(httpx.Response(200, json={"request_id": "r-1"}))
    clients = await connect(upstream)
    await clients.queue.submit("fal-ai/flux/dev", {}, ALL)
    (request,) = upstream.requests
    assert dict(request.url.params) == {
        "fal_webhook": "https://example.com/hook?a=1&b=2",
        "fal_max_queue_length": "3",
    }
    sent = {k: v for k, v in request.headers.items() if k.startswith(("x-fal", "x-app"))}
    assert sent == {
        "x-fal-request-timeout": "30",
        "x-fal-request-start-timeout": "30",
        "x-fal-queue-priority": "low",
        "x-fal-runner-hint": "session-7",
        "x-fal-object-lifecycle-preference": '{"expiration_duration_seconds": 3600}',
        "x-fal-no-retry": "1",
        "x-fal-retry-config": '{"server_error": {"retries": 2}}',
        "x-fal-store-io": "0",
        "x-app-fal-disable-fallback": "true",
        "x-app-fal-upload-policy": '{"url": "https://bucket"}',
        "x-fal-tags": "team=design,run=7",
    }
    assert json.loads(sent["x-fal-retry-config"]) == {"server_error": {"retries": 2}}


def test_unset_options_are_not_sent():
    assert fal.SubmitOptions().headers() == {}
    assert fal.SubmitOptions().params() == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(2, "2"), (1.5, "1.5"), (30.0, "30"), (1e17, "1" + "0" * 17)]
)
def test_c23_the_start_timeout_is_a_plain_number(seconds, text):
    assert fal.SubmitOptions(start_timeout_s=seconds).headers() == {
        "X-Fal-Request-Timeout": text,
        "X-Fal-Request-Start-Timeout": text,
    }


@pytest.mark.parametrize("arguments", [{"x": float("nan")}, {"x": {1}}, "\ud800"])
def test_c13_unserialisable_arguments_are_refused_before_sending(arguments):
    with pytest.raises(fal.InvalidArguments, match="cannot be sent"):
        arguments_as_bytes(arguments)


@pytest.mark.parametrize("seconds", [1, 1.0, 0.5, 0, -3, float("nan"), float("inf")])
def test_c23_a_start_timeout_of_a_second_or_less_is_refused(seconds):
    with pytest.raises(ValueError, match="more than one second"):
        fal.SubmitOptions(start_timeout_s=seconds)


@pytest.mark.parametrize(
    "wrong",
    [
        {"priority": "high"},
        {"max_queue_length": -1},
        {"hint": "a\r\nAuthorization: x"},
        {"hint": "Zoë"},
        {"upload_policy": "a\nb"},
        {"tags": {"Team": "x"}},
        {"tags": {"fal.x": "x"}},
        {"tags": {"x": "a,b"}},
        {"tags": {f"k{n}": "v" for n in range(11)}},
        {"tags": {"k": "v" * 1100}},
    ],
)
def test_options_fal_would_refuse_or_misread_are_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        fal.SubmitOptions(**wrong)
