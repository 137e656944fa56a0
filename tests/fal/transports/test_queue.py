"""A request's life in the queue, from the submit to its end."""

import json
from decimal import Decimal

import httpx
import pytest

import fal
from tests.fal.upstream import FakeQueue, Upstream

pytestmark = pytest.mark.anyio
HANDLE = fal.Handle(
    "fal-ai/flux/dev",
    "r-1",
    "https://queue.fal.run/x/r-1/status",
    "https://queue.fal.run/x/r-1",
    "https://queue.fal.run/x/r-1/cancel",
)


async def test_a_request_goes_from_submit_to_result(connect):
    queue = FakeQueue('{"seed":196619188014358660,"scale":1.0}')
    clients = await connect(queue)
    handle = await clients.queue.submit("fal-ai/flux/dev", {"prompt": "a cat"})
    assert handle.queue_position == 2
    assert queue.urls == ["https://queue.fal.run/fal-ai/flux/dev"]
    with pytest.raises(fal.NotReady):
        await clients.queue.result(handle)
    states = [(await clients.queue.status(handle)).state for _ in range(3)]
    assert states == [fal.Phase.IN_QUEUE, fal.Phase.IN_PROGRESS, fal.Phase.COMPLETED]
    result = await clients.queue.result(handle)
    assert result.output == {"seed": 196619188014358660, "scale": 1.0}
    assert result.billable_units == Decimal("1.50")
    assert result.request_id == handle.request_id
    assert result.headers["x-fal-billable-units"] == "1.50"


async def test_c13_json_text_is_sent_byte_for_byte(connect):
    queue = FakeQueue()
    clients = await connect(queue)
    text = '{ "scale":1.0, "seed": 196619188014358660, "style": "5", "who": "Zoë" }'
    await clients.queue.submit("fal-ai/flux/dev", text)
    await clients.queue.submit("fal-ai/flux/dev", {"n": 2, "scale": 1.0, "style": "5"})
    assert queue.bodies == [text.encode(), b'{"n":2,"scale":1.0,"style":"5"}']
    assert {r.headers["content-type"] for r in queue.requests} == {"application/json"}


async def test_c15_the_returned_urls_are_used_as_they_are(connect):
    queue = FakeQueue()
    queue.app = "fal-ai/another-alias"
    clients = await connect(queue)
    handle = await clients.queue.submit("fal-ai/flux/dev", {})
    await clients.queue.status(handle)
    await clients.queue.cancel(handle)
    assert [url.partition("/requests/")[0] for url in queue.urls[1:]] == [
        "https://queue.fal.run/fal-ai/another-alias"
    ] * 2


@pytest.mark.parametrize(
    ("endpoint_id", "app"),
    [
        ("fal-ai/flux/dev", "fal-ai/flux"),
        ("workflows/alice/my-flow", "workflows/alice/my-flow"),
        ("comfy/alice/graph/run", "comfy/alice/graph"),
        ("123-abc", "123/abc"),
    ],
)
async def test_c15_without_urls_the_owner_alias_form_is_used(connect, endpoint_id, app):
    clients = await connect(Upstream(httpx.Response(200, json={"request_id": "r-1"})))
    handle = await clients.queue.submit(endpoint_id, {})
    assert handle == clients.queue.handle(endpoint_id, "r-1")
    assert handle.response_url == f"https://queue.fal.run/{app}/requests/r-1"
    assert handle.status_url == f"{handle.response_url}/status"
    assert handle.cancel_url == f"{handle.response_url}/cancel"


@pytest.mark.parametrize("url", ["https://elsewhere.test/r-1", "http://queue.fal.run/r-1", "/r", 7])
async def test_c16_urls_of_other_hosts_are_rebuilt_for_ours(connect, url):
    """A gateway passes on URLs of fal's own hosts, which may be unreachable from here."""
    answer = {"request_id": "r-1"} | dict.fromkeys(
        ("status_url", "response_url", "cancel_url"), url
    )
    clients = await connect(Upstream(httpx.Response(200, json=answer)))
    handle = await clients.queue.submit("fal-ai/flux/dev", {})
    assert handle == clients.queue.handle("fal-ai/flux/dev", "r-1")


async def test_a_base_address_may_have_a_path_of_its_own(connect):
    upstream = Upstream(httpx.Response(200, json={"request_id": "r-1"}))
    clients = await connect(upstream, addresses=fal.Addresses(queue="http://127.0.0.1:8001/queue/"))
    handle = await clients.queue.submit("fal-ai/flux/dev", {})
    assert upstream.urls == ["http://127.0.0.1:8001/queue/fal-ai/flux/dev"]
    assert handle.status_url == "http://127.0.0.1:8001/queue/fal-ai/flux/requests/r-1/status"


def test_a_handle_round_trips_through_json():
    assert fal.Handle.from_json(json.loads(json.dumps(HANDLE.as_json()))) == HANDLE
    with pytest.raises(ValueError, match="lacks status_url, cancel_url"):
        fal.Handle.from_json({**HANDLE.as_json(), "status_url": None, "cancel_url": ""})


@pytest.mark.parametrize("code", [200, 201, 202])
async def test_c17_any_2xx_with_a_request_id_is_a_submission(connect, code):
    clients = await connect(Upstream(httpx.Response(code, json={"request_id": "r-1"})))
    assert (await clients.queue.submit("fal-ai/flux", {})).request_id == "r-1"


async def test_c17_the_header_names_the_request_when_the_body_does_not(connect):
    answer = httpx.Response(200, content=b"", headers={"x-fal-request-id": "r-2"})
    clients = await connect(Upstream(answer))
    assert (await clients.queue.submit("fal-ai/flux", {})).request_id == "r-2"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"request_id": 7}', b"<html>"])
async def test_c17_a_submission_without_any_id_is_unconfirmed(connect, body):
    upstream = Upstream(httpx.Response(200, content=body))
    clients = await connect(upstream)
    with pytest.raises(fal.Unreachable) as caught:
        await clients.queue.submit("fal-ai/flux", {})
    assert caught.value.is_unconfirmed
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("code", [200, 202])
@pytest.mark.parametrize("word", ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"])
async def test_c18_the_body_decides_regardless_of_the_status_code(connect, code, word):
    clients = await connect(Upstream(httpx.Response(code, json={"status": word})))
    status = await clients.queue.status(HANDLE)
    assert status.state == word
    assert status.is_completed is (word == "COMPLETED")


@pytest.mark.parametrize("word", ["FAILED", "CANCELLED", "in_queue", "", None, 7, [], {}])
async def test_c18_an_unknown_status_is_kept_as_unknown(connect, word):
    clients = await connect(Upstream(httpx.Response(200, json={"status": word})))
    status = await clients.queue.status(HANDLE)
    assert status.state is fal.Phase.UNKNOWN
    assert not status.is_completed
    assert status.raw == {"status": word}


async def test_c19_completed_with_an_error_is_a_failure(connect):
    queue = FakeQueue(error="Runner went away", error_type="runner_disconnected")
    clients = await connect(queue)
    handle = await clients.queue.submit("fal-ai/flux", {})
    waiting, _, over = [await clients.queue.status(handle) for _ in range(3)]
    assert waiting.failure is None
    failure = over.failure
    assert isinstance(failure, fal.RunFailed)
    assert (failure.kind, failure.message) == ("runner_disconnected", "Runner went away")
    assert failure.request_id == handle.request_id
    assert failure.is_retryable


async def test_c19_the_models_error_body_is_the_detail(connect):
    detail = [{"loc": ["body", "prompt"], "msg": "refused", "type": "content_policy_violation"}]
    upstream = Upstream(httpx.Response(422, json={"detail": detail}))
    clients = await connect(upstream)
    with pytest.raises(fal.RunFailed, match="prompt: refused") as caught:
        await clients.queue.result(HANDLE)
    assert caught.value.detail == detail
    assert caught.value.status == 422
    assert len(upstream.requests) == 1


async def test_a_models_5xx_is_final_and_a_gateways_is_retried(connect):
    models = httpx.Response(500, json={"detail": "x", "error_type": "internal_error"})
    upstream = Upstream(httpx.Response(502, text="<html>nginx"), models)
    clients = await connect(upstream)
    with pytest.raises(fal.RunFailed):
        await clients.queue.result(HANDLE)
    assert len(upstream.requests) == 2


LINE = {"message": "step 1", "level": "INFO", "source": "USER", "timestamp": "2026-11-20T08:00:00Z"}
LOGS = [
    (None, []),
    ([], []),
    ([LINE], ["step 1"]),
    (["plain", LINE, None, 7, {}], ["plain", "step 1"]),
    (LINE, ["step 1"]),
    ({"0": LINE, "1": {"message": "step 2"}}, ["step 1", "step 2"]),
    ({"stdout": ["a", "b"]}, ["a", "b"]),
    ("text", ["text"]),
    (7, []),
]


@pytest.mark.parametrize(("logs", "messages"), LOGS)
def test_c20_logs_are_read_in_every_shape(logs, messages):
    status = fal.Status.from_json({"status": "IN_PROGRESS", "logs": logs})
    assert [line.message for line in status.logs] == messages


def test_only_the_last_lines_of_an_endless_log_are_read():
    lines = [{"message": str(n), "timestamp": "t"} for n in range(50_000)]
    read_lines = fal.Status.from_json({"status": "IN_PROGRESS", "logs": lines}).logs
    assert (len(read_lines), read_lines[0].message, read_lines[-1].message) == (
        10_000,
        "40000",
        "49999",
    )


def test_c20_missing_logs_are_no_logs():
    assert fal.Status.from_json({"status": "IN_PROGRESS"}).logs == []


def test_c20_repeated_lines_are_kept_once_in_their_first_order():
    first = [fal.LogLine("a", timestamp="1"), fal.LogLine("b", timestamp="2")]
    second = [*first, fal.LogLine("a", timestamp="3"), fal.LogLine("a", "ERROR", timestamp="1")]
    merged = fal.merge_logs(fal.merge_logs([], first), second)
    assert merged == second
    assert fal.merge_logs(merged, first) == second


def test_c20_lines_without_a_time_are_kept_as_often_as_sent():
    answers = [[fal.LogLine(word) for word in words] for words in ("a", "ab", "aba", "abaac")]
    merged: list[fal.LogLine] = []
    for answer in [*answers, answers[-1]]:
        merged = fal.merge_logs(merged, answer)
    assert "".join(line.message for line in merged) == "abaac"


@pytest.mark.parametrize(
    "times",
    [
        ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.25Z", "2026-01-01T00:00:00.5Z"],
        ["2026-01-01T09:00:00+02:00", "2026-01-01T07:00:01Z", "2026-01-01T09:00:02+02:00"],
        ["2026-01-01T00:00:00", "2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:01"],
    ],
)
def test_lines_are_sorted_by_the_instant_of_their_times(times):
    lines = [fal.LogLine(str(place), timestamp=time) for place, time in enumerate(times)]
    assert fal.sort_logs(lines) == lines
    assert fal.sort_logs([*lines[1:], lines[0]]) == lines


@pytest.mark.parametrize("time", ["", "12:00 o'clock", "0001-01-01T00:00:00+05:00"])
def test_a_line_without_a_time_stays_after_its_predecessor(time):
    first, last = (fal.LogLine("a", timestamp=f"2026-01-01T00:00:0{n}Z") for n in (1, 2))
    lines = [fal.LogLine(word, timestamp=time) for word in "bc"]
    assert fal.sort_logs([last, lines[1], first, lines[0]]) == [first, lines[0], last, lines[1]]
    assert fal.sort_logs(lines) == lines


@pytest.mark.parametrize(
    "early",
    [
        httpx.Response(400, json={"detail": "Request is still in progress"}),
        httpx.Response(202, json={"status": "IN_PROGRESS"}),
        httpx.Response(200, json={"status": "IN_QUEUE", "request_id": HANDLE.request_id}),
    ],
)
async def test_c21_a_result_requested_too_early_is_not_ready(connect, early):
    clients = await connect(Upstream(early))
    with pytest.raises(fal.NotReady) as caught:
        await clients.queue.result(HANDLE)
    assert caught.value.is_retryable


async def test_an_output_that_looks_like_a_status_is_an_output(connect):
    output = {"status": "IN_QUEUE", "request_id": "another"}
    clients = await connect(Upstream(httpx.Response(200, json=output)))
    assert (await clients.queue.result(HANDLE)).output == output


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        (202, {"status": "CANCELLATION_REQUESTED"}, fal.Cancellation.REQUESTED),
        (200, {"status": "OK"}, fal.Cancellation.REQUESTED),
        (200, {"success": True}, fal.Cancellation.REQUESTED),
        (204, None, fal.Cancellation.REQUESTED),
        (400, {"status": "ALREADY_COMPLETED"}, fal.Cancellation.ALREADY_COMPLETED),
        (404, {"status": "NOT_FOUND"}, fal.Cancellation.NOT_FOUND),
    ],
)
async def test_c22_a_cancellation_returns_its_outcome(connect, code, body, expected):
    upstream = Upstream(httpx.Response(code, json=body))
    clients = await connect(upstream)
    assert await clients.queue.cancel(HANDLE) is expected
    (request,) = upstream.requests
    assert (request.method, str(request.url), request.content) == ("PUT", HANDLE.cancel_url, b"")


async def test_c22_another_400_is_not_a_cancellation_outcome(connect):
    clients = await connect(Upstream(httpx.Response(400, json={"detail": "What?"})))
    with pytest.raises(fal.RequestRejected, match="What"):
        await clients.queue.cancel(HANDLE)
