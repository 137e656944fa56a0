"""Each fault that can be switched on takes effect as requested."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sandbox.faults import FAULTS
from tests.sandbox.server import RunningSandbox
from tests.sandbox.wire import SLOW, events, result, submit, wait


def switch(http: httpx.Client, sandbox: RunningSandbox, kind: str, name: str, **more: Any) -> None:
    answer = http.post(f"{sandbox.base}/_sandbox/faults", json={"kind": kind, "name": name, **more})
    assert answer.status_code == 200, answer.text


def listed(http: httpx.Client, sandbox: RunningSandbox, **query: Any) -> httpx.Response:
    return http.get(f"{sandbox.addresses['api']}/models", params=query)


def test_calls_are_counted_by_kind_and_connection(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    http.delete(f"{sandbox.base}/_sandbox/calls")
    handle = submit(http, sandbox, SLOW, {"duration": 0, "picture": False})
    with http.stream("GET", f"{handle['status_url']}/stream") as stream:
        list(events(stream))
    http.get(handle["response_url"])
    listed(http, sandbox)
    listed(http, sandbox, q="x")
    seen = http.get(f"{sandbox.base}/_sandbox/calls").json()
    kinds = ("submit", "status_stream", "result", "list", "search")
    assert seen["calls"] == dict.fromkeys(kinds, 1)
    assert seen["total"] == 5
    assert seen["connections"]["total"] == 1


def test_the_controls_need_the_key(sandbox: RunningSandbox) -> None:
    assert httpx.get(f"{sandbox.base}/_sandbox/calls").status_code == 401
    assert httpx.post(f"{sandbox.base}/_sandbox/faults", json={}).status_code == 401


def test_a_hurried_request_ends_at_once(http: httpx.Client, sandbox: RunningSandbox) -> None:
    prompts = ("this one", "another", "not that")
    arguments = [{"prompt": prompt, "duration": 3000, "picture": False} for prompt in prompts]
    first, second, third = [
        submit(http, sandbox, SLOW, run_arguments) for run_arguments in arguments
    ]
    for handle in (first, second, third):
        wait(http, handle, "IN_PROGRESS")
    http.post(f"{sandbox.base}/_sandbox/hurry", json={"about": "this one"}).raise_for_status()
    assert result(http, first).json()["slept"] == 3000
    assert http.get(second["status_url"]).json()["status"] == "IN_PROGRESS"
    http.put(third["cancel_url"])
    http.post(f"{sandbox.base}/_sandbox/hurry", json={}).raise_for_status()
    assert result(http, second).status_code == 200
    assert result(http, third).json()["error_type"] == "client_cancelled"


def test_a_fault_strikes_as_often_as_requested(http: httpx.Client, sandbox: RunningSandbox) -> None:
    switch(http, sandbox, "list", "429", times=2, after=1, value=3)
    codes = [listed(http, sandbox) for _ in range(4)]
    assert [answer.status_code for answer in codes] == [200, 429, 429, 200]
    assert codes[1].headers["Retry-After"] == "3"
    assert codes[1].json()["error"]["type"] == "rate_limited"
    switch(http, sandbox, "submit", "503")
    answer = http.post(f"{sandbox.addresses['queue']}/{SLOW}", json={})
    assert (answer.status_code, list(answer.json())) == (503, ["detail"])


def test_a_held_fault_strikes_once_the_faults_are_cleared(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    switch(http, sandbox, "list", "429", is_held=True)
    with ThreadPoolExecutor() as threads:
        held = threads.submit(listed, http, sandbox)
        with pytest.raises(TimeoutError):
            held.result(0.3)
        http.delete(f"{sandbox.base}/_sandbox/faults").raise_for_status()
        assert held.result(60).status_code == 429
    assert listed(http, sandbox).status_code == 200


def test_answers_can_be_slow_or_broken(http: httpx.Client, sandbox: RunningSandbox) -> None:
    switch(http, sandbox, "list", "slow", value=0.3)
    started = time.monotonic()
    assert listed(http, sandbox).status_code == 200
    assert time.monotonic() - started >= 0.3
    switch(http, sandbox, "list", "garbage")
    with pytest.raises(ValueError, match=r"JSON|Unterminated"):
        listed(http, sandbox).json()
    switch(http, sandbox, "list", "nginx")
    assert "nginx" in listed(http, sandbox).text


def test_a_submit_with_a_lost_answer_was_accepted(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    switch(http, sandbox, "submit", "lost")
    arguments = {"duration": 0, "picture": False, "prompt": "lost and found"}
    with pytest.raises(httpx.RemoteProtocolError):
        http.post(f"{sandbox.addresses['queue']}/{SLOW}", json=arguments)
    url = f"{sandbox.addresses['api']}/models/requests/by-endpoint"
    rows = http.get(url, params={"endpoint_id": SLOW, "expand": "payloads"}).json()["items"]
    assert rows[0]["json_input"] == arguments


def test_a_cut_stream_ends_without_completed(http: httpx.Client, sandbox: RunningSandbox) -> None:
    switch(http, sandbox, "status_stream", "cut", value=1)
    handle = submit(http, sandbox, SLOW, {"duration": 0.3, "picture": False})
    seen = []
    with (
        pytest.raises(httpx.RemoteProtocolError),
        http.stream("GET", f"{handle['status_url']}/stream") as stream,
    ):
        seen += [event["status"] for event in events(stream)]
    assert "COMPLETED" not in seen
    assert wait(http, handle)["status"] == "COMPLETED"


def test_a_stream_can_trickle(http: httpx.Client, sandbox: RunningSandbox) -> None:
    switch(http, sandbox, "stream", "trickle", value=0.05)
    url = f"{sandbox.addresses['run']}/sandbox/scribe/stream"
    with http.stream("POST", url, json={"prompt": "Drops", "max_tokens": 20}) as stream:
        count = sum(1 for _ in events(stream))
    assert count > 2
    assert stream.elapsed.total_seconds() >= 0.05 * count


def test_answers_can_be_slightly_wrong(http: httpx.Client, sandbox: RunningSandbox) -> None:
    switch(http, sandbox, "submit", "given-up")
    address = f"{sandbox.addresses['queue']}/{SLOW}"
    arguments = {"duration": 0, "prompt": "given up on", "width": 32, "height": 32}
    answer = http.post(address, json=arguments)
    assert (answer.status_code, "x-fal-request-id" in answer.headers) == (524, False)
    url = f"{sandbox.addresses['api']}/models/requests/by-endpoint"
    rows = http.get(url, params={"endpoint_id": SLOW, "expand": "payloads"}).json()["items"]
    assert rows[0]["json_input"] == arguments

    handle = submit(http, sandbox, SLOW, arguments)
    wait(http, handle)
    for kind, name in (("status", "odd-word"), ("result", "page"), ("file", "partial")):
        switch(http, sandbox, kind, name)
    assert http.get(handle["status_url"]).json()["status"] == "ASSIGNED"
    page = http.get(handle["response_url"])
    assert (page.status_code, page.headers["content-type"][:9]) == (200, "text/html")
    file = http.get(handle["response_url"]).json()["images"][0]["url"]
    half, whole = http.get(file), http.get(file)
    assert (half.status_code, whole.status_code) == (206, 200)
    assert whole.content.startswith(half.content)
    assert len(half.content) == len(whole.content) // 2


def test_a_mute_stream_stays_open_and_sends_nothing(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    switch(http, sandbox, "status_stream", "mute", value=1)
    handle = submit(http, sandbox, SLOW, {"duration": 0, "picture": False})
    with http.stream("GET", f"{handle['status_url']}/stream") as stream:
        lines = (line for line in stream.iter_lines() if line)
        first_lines = [next(lines) for _ in range(3)]
    assert [line[:5] for line in first_lines] == ["data:", ": pin", ": pin"]


def test_catalogue_pages_can_be_odd(http: httpx.Client, sandbox: RunningSandbox) -> None:
    plain = listed(http, sandbox, limit=4).json()

    def page(name: str, **query: Any) -> dict[str, Any]:
        kind = "expand" if "expand" in query else "list"
        switch(http, sandbox, kind, name)
        answer: dict[str, Any] = listed(http, sandbox, limit=4, **query).json()
        return answer

    assert page("malformed-item")["models"][0]["metadata"] == "not an object"
    assert "metadata" not in page("no-metadata")["models"][0]
    assert page("duplicate")["models"] == [*plain["models"], plain["models"][0]]
    assert len(page("shrink")["models"]) == 2
    assert page("stuck-cursor")["next_cursor"] == "Mg=="
    assert "next_cursor" not in page("no-cursor-key")
    failed = page("expansion-failed", expand="openapi-3.0")["models"][0]["openapi"]
    assert failed["error"]["code"] == "expansion_failed"


def priced(http: httpx.Client, sandbox: RunningSandbox) -> float:
    url = f"{sandbox.addresses['api']}/models/pricing"
    unit_price: float = http.get(url, params={"endpoint_id": SLOW}).json()["prices"][0][
        "unit_price"
    ]
    return unit_price


def test_entries_can_change_and_vanish(http: httpx.Client, sandbox: RunningSandbox) -> None:
    url = f"{sandbox.base}/_sandbox/catalogue"
    change = {"display_name": "Renamed", "updated_at": "2030-01-01T00:00:00Z"}
    http.post(url, json={"endpoint_id": SLOW, "metadata": change})
    (item,) = listed(http, sandbox, endpoint_id=SLOW).json()["models"]
    assert {name: item["metadata"][name] for name in change} == change
    other = {"openapi": {"openapi": "3.0.4"}, "unit_price": 0.125}
    http.post(url, json={"endpoint_id": SLOW, **other})
    (item,) = listed(http, sandbox, endpoint_id=SLOW, expand="openapi-3.0").json()["models"]
    assert item["openapi"] == other["openapi"]
    assert priced(http, sandbox) == other["unit_price"]
    http.post(url, json={"endpoint_id": SLOW, "hidden": True})
    assert listed(http, sandbox, endpoint_id=SLOW).status_code == 404
    http.delete(url)
    (item,) = listed(http, sandbox, endpoint_id=SLOW, expand="openapi-3.0").json()["models"]
    assert item["openapi"] != other["openapi"]
    assert priced(http, sandbox) != other["unit_price"]


def test_an_unknown_fault_is_refused_by_name(http: httpx.Client, sandbox: RunningSandbox) -> None:
    answer = http.post(f"{sandbox.base}/_sandbox/faults", json={"kind": "list", "name": "odd"})
    assert answer.status_code == 422
    assert all(name in answer.json()["detail"] for name in FAULTS)
