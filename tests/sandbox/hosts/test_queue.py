"""The queue host, line by line of the conformance list (C39 to C48, C50, C60)."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.sandbox.wire import SLOW, events, occupy, submit, wait

QUICK = {"duration": 0, "picture": False, "log_lines": 2}


def test_submit_answers_200_with_everything_a_client_needs(http, sandbox):
    answer = http.post(f"{sandbox.addresses['queue']}/{SLOW}", json=QUICK)
    handle = answer.json()
    assert answer.status_code == 200
    assert answer.headers["x-fal-request-id"] == handle["request_id"]
    assert uuid.UUID(handle["request_id"])
    base = f"{sandbox.addresses['queue']}/mischief/slow/requests/{handle['request_id']}"
    assert handle["response_url"] == base
    assert handle["status_url"] == f"{base}/status"
    assert handle["cancel_url"] == f"{base}/cancel"
    assert (handle["status"], handle["queue_position"]) == ("IN_QUEUE", 0)


def test_c39_c41_each_status_has_its_keys_and_its_code(http, narrow):
    running = occupy(http, narrow)
    queued = submit(http, narrow, SLOW, QUICK)
    seen = {}
    for handle in (running, queued):
        answer = http.get(handle["status_url"], params={"logs": 1})
        seen[answer.json()["status"]] = answer
    http.put(running["cancel_url"])
    wait(http, queued)
    seen["COMPLETED"] = http.get(queued["status_url"])
    assert {name: answer.status_code for name, answer in seen.items()} == {
        "IN_PROGRESS": 202,
        "IN_QUEUE": 202,
        "COMPLETED": 200,
    }
    assert seen["IN_QUEUE"].json()["queue_position"] == 0
    assert seen["IN_PROGRESS"].json()["logs"] == []
    assert "logs" in seen["COMPLETED"].json()
    assert seen["COMPLETED"].json()["metrics"]["inference_time"] >= 0
    for answer in seen.values():
        body = answer.json()
        assert body["response_url"] in (running["response_url"], queued["response_url"])
        assert answer.headers["x-fal-request-id"] == body["request_id"]


@pytest.mark.parametrize(
    ("logs", "are_told"),
    [("1", True), ("true", True), ("false", False), (None, False)],
)
def test_c40_all_spellings_of_the_logs_parameter_work(http, sandbox, logs, are_told):
    handle = submit(http, sandbox, SLOW, QUICK)
    wait(http, handle)
    query = {} if logs is None else {"logs": logs}
    lines = http.get(handle["status_url"], params=query).json()["logs"]
    assert bool(lines) is are_told
    if lines:
        assert [line["message"] for line in lines] == ["Waited 1/2 (50%)", "Waited 2/2 (100%)"]
        assert set(lines[0]) == {"message", "level", "source", "timestamp"}


def test_c41_the_status_stream_sends_each_log_line_once_and_ends(http, sandbox):
    arguments = {"duration": 1.2, "picture": False, "log_lines": 6}
    handle = submit(http, sandbox, SLOW, arguments)
    with http.stream("GET", f"{handle['status_url']}/stream", params={"logs": 1}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        seen = list(events(stream))
    lines = [line["message"] for event in seen for line in event.get("logs") or []]
    assert lines == [f"Waited {n}/6 ({100 * n // 6}%)" for n in range(1, 7)]
    assert [event["status"] for event in seen][-1] == "COMPLETED"
    with_lines = [event for event in seen if event.get("logs")]
    assert len(with_lines) > 1  # the lines come as they are written, not all at the end


def test_c42_a_result_has_two_url_forms_with_any_tail(http, sandbox):
    arguments = {"prompt": "x", "image_size": {"width": 64, "height": 64}}
    endpoint_id = "sandbox/aurora/lite"
    handle = submit(http, sandbox, endpoint_id, arguments)
    wait(http, handle)
    for app in ("sandbox/aurora", endpoint_id):
        for tail in ("", "/", "/response"):
            url = f"{sandbox.addresses['queue']}/{app}/requests/{handle['request_id']}{tail}"
            answer = http.get(url)
            assert answer.status_code == 200
            assert answer.json()["prompt"] == "x"
            assert answer.headers["x-fal-request-id"] == handle["request_id"]
            assert answer.headers["x-fal-billable-units"] == "1"


def test_c42_a_result_before_the_end_is_a_400(http, sandbox):
    handle = submit(http, sandbox, SLOW, {"duration": 5, "picture": False})
    answer = http.get(handle["response_url"])
    assert (answer.status_code, answer.json()) == (400, {"detail": "Request is still in progress"})
    http.put(handle["cancel_url"])


@pytest.mark.exhaustive
def test_c44_a_queued_request_that_is_cancelled_never_runs(http, narrow):
    running = occupy(http, narrow)
    queued = submit(http, narrow, SLOW, QUICK)
    answer = http.put(queued["cancel_url"])
    assert (answer.status_code, answer.json()["status"]) == (202, "CANCELLATION_REQUESTED")
    status = wait(http, queued)
    assert status["error_type"] == "client_cancelled"
    assert status["logs"] == []
    assert status["metrics"]["inference_time"] is None
    final = http.get(queued["response_url"])
    assert final.status_code == 499
    assert final.json() == {"detail": "Request was cancelled", "error_type": "client_cancelled"}
    http.put(running["cancel_url"])
    wait(http, running)


def test_c44_a_cancellation_answers_by_the_requests_state(http, sandbox):
    handle = submit(http, sandbox, SLOW, {"duration": 30, "picture": False})
    wait(http, handle, "IN_PROGRESS")
    assert http.put(handle["cancel_url"]).status_code == 202
    assert wait(http, handle)["error_type"] == "client_cancelled"
    late = http.put(handle["cancel_url"])
    assert (late.status_code, late.json()) == (400, {"status": "ALREADY_COMPLETED"})
    nothing = http.put(handle["cancel_url"].replace(handle["request_id"], str(uuid.uuid4())))
    assert (nothing.status_code, nothing.json()) == (404, {"status": "NOT_FOUND"})


@pytest.mark.parametrize("host", ["queue", "run"])
def test_c46_missing_and_wrong_keys_are_401(sandbox, host):
    url = f"{sandbox.addresses[host]}/{SLOW}"
    for headers in ({}, {"Authorization": "Key wrong"}, {"Authorization": f"Bearer {sandbox.key}"}):
        answer = httpx.post(url, json=QUICK, headers=headers)
        assert answer.status_code == 401
        assert "Cannot access application" in answer.json()["detail"]


def test_c46_a_status_needs_no_key_but_refuses_a_wrong_one(http, sandbox):
    handle = submit(http, sandbox, SLOW, QUICK)
    assert httpx.get(handle["status_url"]).status_code in (200, 202)
    wrong = httpx.get(handle["status_url"], headers={"Authorization": "Key wrong"})
    assert wrong.status_code == 401


@pytest.mark.parametrize("host", ["queue", "run"])
@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("nobody/nothing", 'Application "nothing" not found'),
        ("sandbox/aurora/unknown", "Path /unknown not found"),
    ],
)
def test_c46_unknown_endpoints_are_404(http, sandbox, host, path, detail):
    target = {"x-fal-target-url": f"{sandbox.addresses['queue']}/{SLOW}"}
    answer = http.post(f"{sandbox.addresses[host]}/{path}", json={}, headers=target)
    assert (answer.status_code, answer.json()) == (404, {"detail": detail})


def test_c47_invalid_input_is_accepted_and_fails_later(http, sandbox):
    handle = submit(http, sandbox, "sandbox/aurora", {"num_images": 9})
    status = wait(http, handle)
    assert status["error"] == "Invalid status code: 422"
    answer = http.get(handle["response_url"])
    assert answer.status_code == 422
    by_field = {item["loc"][-1]: item for item in answer.json()["detail"]}
    assert by_field["prompt"]["type"] == "missing"
    assert by_field["num_images"]["type"] == "less_than_equal"
    assert by_field["num_images"]["ctx"] == {"le": 4}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Fal-Request-Timeout": "0.2"},
        {"X-Fal-Request-Timeout": "60.0", "X-Fal-Request-Start-Timeout": "0.2"},
    ],
)
def test_c48_the_start_timeout_ends_a_waiting_request(http, narrow, headers):
    running = occupy(http, narrow)
    queued = submit(http, narrow, SLOW, QUICK, headers=headers)
    status = wait(http, queued)
    assert status["error_type"] == "startup_timeout"
    answer = http.get(queued["response_url"])
    assert answer.status_code == 504
    assert answer.headers["X-Fal-Request-Timeout-Type"] == "user"
    assert answer.json()["error_type"] == "startup_timeout"
    http.put(running["cancel_url"])
    wait(http, running)


@pytest.mark.exhaustive
@pytest.mark.parametrize("text", ["soon", "0", "nan"])
def test_c48_a_start_timeout_must_be_a_positive_number(http, sandbox, text):
    headers = {"X-Fal-Request-Timeout": text}
    answer = http.post(f"{sandbox.addresses['queue']}/{SLOW}", json=QUICK, headers=headers)
    assert (answer.status_code, answer.json()["error_type"]) == (400, "bad_request")


@pytest.mark.exhaustive
def test_c60_a_hundred_concurrent_requests_keep_order_and_ids(http, narrow):
    running = occupy(http, narrow)
    with ThreadPoolExecutor(16) as pool:
        handles = list(pool.map(lambda _: submit(http, narrow, SLOW, QUICK), range(100)))
    assert len({handle["request_id"] for handle in handles}) == 100
    assert sorted(handle["queue_position"] for handle in handles) == list(range(100))
    in_order = sorted(handles, key=lambda handle: int(handle["queue_position"]))
    last: dict[str, Any] = in_order[-1]
    with http.stream("GET", f"{last['status_url']}/stream") as stream:
        http.put(running["cancel_url"])
        positions = [
            event["queue_position"] for event in events(stream) if event["status"] == "IN_QUEUE"
        ]
    assert positions == sorted(positions, reverse=True)
    assert positions[0] == 99
    assert {wait(http, handle)["status"] for handle in handles} == {"COMPLETED"}


def test_c50_a_full_queue_refuses_with_429(http, narrow):
    handles = [occupy(http, narrow)]
    url = f"{narrow.addresses['queue']}/{SLOW}"
    handles += [submit(http, narrow, SLOW, QUICK) for _ in range(2)]
    answer = http.post(url, json=QUICK, params={"fal_max_queue_length": 2})
    assert answer.status_code == 429
    assert answer.json()["error_type"] == "concurrent_requests_limit"
    assert answer.headers["X-Fal-Needs-Retry"] == "1"
    assert http.post(url, json=QUICK, params={"fal_max_queue_length": 9}).status_code == 200
    for handle in handles:
        http.put(handle["cancel_url"])


def test_c90_the_accounts_limit_holds_the_queue_and_refuses_direct_runs(http, sandbox):
    control, key = f"{sandbox.base}/_sandbox/concurrency", {"Authorization": f"Key {sandbox.key}"}
    limited = http.post(control, json={"limit": 1}, headers=key)
    assert limited.json()["limit"] == 1
    running = occupy(http, sandbox)
    queued = submit(http, sandbox, SLOW, QUICK)
    assert http.get(queued["status_url"]).json()["status"] == "IN_QUEUE"
    refused = http.post(f"{sandbox.addresses['run']}/{SLOW}", json=QUICK)
    assert refused.status_code == 429
    assert refused.json()["error_type"] == "concurrent_requests_limit"
    assert refused.headers["X-Fal-Needs-Retry"] == "1"
    http.delete(control, headers=key)
    assert wait(http, queued)["status"] == "COMPLETED"
    http.put(running["cancel_url"])


def test_c43_namespaces_are_routed(http, sandbox):
    handle = submit(http, sandbox, "workflows/sandbox/storyboard", {})
    assert "/workflows/sandbox/storyboard/requests/" in handle["status_url"]
    assert wait(http, handle)["error_type"] == "missing"
