"""Which hosts get the key, which requests are retried and when; a submit is sent only once."""

import logging

import httpx
import pytest

import fal
from tests.fal.conftest import KEY
from tests.fal.upstream import GIVEN, FakeQueue, Upstream

pytestmark = pytest.mark.anyio
OK = httpx.Response(200, json={"status": "IN_QUEUE", "request_id": "r-1"})


def handle(url: str) -> fal.Handle:
    return fal.Handle("fal-ai/flux", "r-1", f"{url}/status", url, f"{url}/cancel")


@pytest.mark.parametrize(
    ("url", "has_key"),
    [
        ("https://queue.fal.run/x", True),
        ("https://QUEUE.fal.run:443/x", True),
        ("https://fal.run/x", True),
        ("https://evil.example/x", False),
        ("https://queue.fal.run.evil.example/x", False),
        ("https://evilqueue.fal.run/x", False),
        ("https://queue.fal.run:8443/x", False),
        ("http://queue.fal.run/x", False),
        ("https://v3.fal.media/x", False),
        ("https://evil.example/?u=https://queue.fal.run", False),
    ],
)
async def test_c16_only_configured_hosts_are_sent_the_key(connect, url, has_key):
    upstream = Upstream(OK, OK, httpx.Response(500, json={}))
    clients = await connect(upstream)
    await clients.queue.status(handle(url))
    await clients.queue.cancel(handle(url))
    with pytest.raises(fal.FalError):
        _ = [status async for status in clients.queue.events(handle(url))]
    expected = f"Key {KEY}" if has_key else None
    assert [r.headers.get("authorization") for r in upstream.requests] == [expected] * 3


@pytest.mark.parametrize(
    "url",
    ["https://u:p@queue.fal.run/x", "https://queue.fal.run@evil.example/x", "http:///x", "x:"],
)
async def test_c16_addresses_with_credentials_or_malformed_are_not_requested(connect, url):
    upstream = Upstream(OK)
    clients = await connect(upstream)
    with pytest.raises(fal.Unreachable) as caught:
        await clients.queue.result(handle(url))
    assert not caught.value.sent
    assert upstream.requests == []
    assert upstream.pauses == []


async def test_c16_redirects_are_not_followed_with_the_key(connect):
    upstream = Upstream(httpx.Response(307, headers={"location": "https://evil.example/"}))
    clients = await connect(upstream)
    with pytest.raises(fal.RequestRejected):
        await clients.queue.status(handle("https://queue.fal.run/x"))
    assert len(upstream.requests) == 1


async def test_without_a_key_no_header_is_sent_and_no_cookie_comes_back(connect):
    upstream = Upstream(httpx.Response(200, json={"status": "x"}, headers={"set-cookie": "a=b"}))
    clients = await connect(upstream, key="")
    for _ in range(2):
        await clients.queue.status(handle("https://queue.fal.run/x"))
    assert not {"authorization", "cookie"} & upstream.requests[1].headers.keys()


async def test_the_key_is_absent_from_reprs_logs_and_errors(connect, caplog):
    caplog.set_level(logging.DEBUG)

    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500, json={"detail": request.headers["authorization"]})

    clients = await connect(Upstream(echo))
    with pytest.raises(fal.UpstreamFailed) as caught:
        await clients.queue.submit("fal-ai/flux", {})
    wire = clients.queue._wire
    texts = [
        clients,
        vars(clients),
        vars(wire),
        vars(wire._credential),
        caught.value.as_json(),
        caplog.text,
    ]
    assert KEY not in repr(texts)
    assert caught.value.detail == "Key [key]"


NOT_SENT = [httpx.ConnectError("refused"), httpx.ConnectTimeout(""), httpx.PoolTimeout("")]
PERHAPS_SENT = [
    httpx.ReadTimeout(""),
    httpx.WriteTimeout(""),
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
]


@pytest.mark.parametrize("error", NOT_SENT + PERHAPS_SENT, ids=repr)
async def test_c25_a_submit_is_sent_once_and_says_whether_it_may_have_arrived(connect, error):
    upstream = Upstream(error, OK)
    clients = await connect(upstream)
    with pytest.raises(fal.Unreachable) as caught:
        await clients.queue.submit("fal-ai/flux", {})
    assert caught.value.sent is caught.value.is_unconfirmed is (error in PERHAPS_SENT)
    assert len(upstream.requests) == 1
    assert upstream.pauses == []


SUBMIT_ANSWERS = [
    # the answer to a submit, and whether fal may have accepted it all the same
    (502, {"text": "<html>nginx"}, True),
    (503, {"text": "<html>nginx"}, False),
    (500, {"json": {"detail": "x", "error_type": "internal_error"}}, False),
    (500, {"json": {"detail": "x", "error_type": "internal_error"}, "headers": GIVEN}, True),
    (504, {"json": {"detail": "x", "error_type": "startup_timeout"}, "headers": GIVEN}, True),
    (429, {"json": {"detail": "x"}, "headers": GIVEN}, False),
    (409, {"json": {"detail": "x"}, "headers": GIVEN}, True),
    (409, {"json": {"detail": "x"}}, False),
    (499, {"json": {"detail": "x", "error_type": "client_disconnected"}}, True),
    (499, {"json": {"detail": "x", "error_type": "client_cancelled"}, "headers": GIVEN}, False),
    (302, {"headers": {**GIVEN, "location": "https://fal.ai/"}}, True),
    (400, {"json": {"detail": "x"}, "headers": GIVEN}, False),
]


@pytest.mark.parametrize(("status", "body", "is_unconfirmed"), SUBMIT_ANSWERS)
async def test_c25_no_answer_causes_a_second_submit(connect, status, body, is_unconfirmed):
    upstream = Upstream(httpx.Response(status, **body), OK)
    clients = await connect(upstream)
    with pytest.raises(fal.RequestRejected) as caught:
        await clients.queue.submit("fal-ai/flux", {})
    assert caught.value.is_unconfirmed is is_unconfirmed
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("error", NOT_SENT + PERHAPS_SENT, ids=repr)
async def test_a_failed_get_is_retried(connect, error):
    upstream = Upstream(error, error, OK)
    clients = await connect(upstream)
    status = await clients.queue.status(handle("https://queue.fal.run/x"))
    assert status.state == "IN_QUEUE"
    assert len(upstream.pauses) == 2
    assert 0 <= upstream.pauses[0] <= 1
    assert 0 <= upstream.pauses[1] <= 2


async def test_a_get_is_tried_three_times_at_most(connect):
    upstream = Upstream(httpx.ConnectError("refused"))
    clients = await connect(upstream)
    with pytest.raises(fal.Unreachable, match="refused"):
        await clients.queue.status(handle("https://queue.fal.run/x"))
    assert len(upstream.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_permanent_error_is_not_retried(connect, status):
    upstream = Upstream(httpx.Response(status, json={"detail": "x"}))
    clients = await connect(upstream)
    with pytest.raises(fal.RequestRejected):
        await clients.queue.status(handle("https://queue.fal.run/x"))
    assert len(upstream.requests) == 1


async def test_c6_a_wait_longer_than_a_minute_is_left_to_the_caller(connect):
    upstream = Upstream(httpx.Response(429, headers={"Retry-After": "3600"}))
    clients = await connect(upstream)
    with pytest.raises(fal.RateLimited) as caught:
        await clients.queue.status(handle("https://queue.fal.run/x"))
    assert caught.value.retry_after_s == 3600
    assert upstream.pauses == []


async def test_c24_a_deadline_of_the_caller_is_not_retried(connect):
    late = httpx.Response(
        504,
        headers={"X-Fal-Request-Timeout-Type": "user", "X-Fal-Needs-Retry": "1"},
        json={"detail": "late", "error_type": "startup_timeout"},
    )
    upstream = Upstream(late)
    clients = await connect(upstream)
    with pytest.raises(fal.FalError) as caught:
        await clients.queue.status(handle("https://queue.fal.run/x"))
    assert not caught.value.is_retryable
    assert len(upstream.requests) == 1
    with pytest.raises(fal.RunFailed) as caught:
        await clients.queue.result(handle("https://queue.fal.run/x"))
    assert not caught.value.is_retryable


async def test_an_oversized_answer_is_refused(connect):
    queue = FakeQueue(output=f'"{"x" * (1 << 20)}"')
    clients = await connect(queue, limits=fal.Limits(max_answer_bytes=1 << 20))
    submitted = await clients.queue.submit("fal-ai/flux", {})
    for _ in range(3):
        await clients.queue.status(submitted)
    with pytest.raises(fal.UpstreamFailed, match="larger than 1 MiB"):
        await clients.queue.result(submitted)


async def test_every_request_is_timed(connect):
    upstream = Upstream(OK, httpx.Response(404, json={}), OK)
    timed: list[tuple[str, object, float]] = []
    clients = await connect(upstream, on_timed=lambda *request: timed.append(request))
    there = handle("https://queue.fal.run/x")
    await clients.queue.status(there)
    with pytest.raises(fal.RequestRejected):
        await clients.queue.status(there)
    await clients.queue.status(there)
    assert [type(error) for _, error, _ in timed] == [type(None), fal.RequestRejected, type(None)]
    assert {url.partition("/x")[0] for url, _, _ in timed} == {"https://queue.fal.run"}
    assert all(0 < seconds < 60 for _, _, seconds in timed)
