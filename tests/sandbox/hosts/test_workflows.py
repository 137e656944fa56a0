"""Workflows of the sandbox: listed, opened and run (C79 to C81, C83)."""

from typing import Any

import httpx

from tests.sandbox.server import RunningSandbox
from tests.sandbox.wire import events, result, submit

MISHAP = "workflows/sandbox/mishap"


def stream_events(http: httpx.Client, sandbox: RunningSandbox, id: str, body: Any) -> list[Any]:
    url = f"{sandbox.addresses['run']}/{id}/stream"
    with http.stream("POST", url, json=body) as stream:
        return list(events(stream))


def test_c79_events_come_in_the_order_of_the_dependencies(http, sandbox):
    seen = stream_events(http, sandbox, "workflows/sandbox/storyboard", {"prompt": "a quiet bay"})
    steps = [event["node_id"] for event in seen if event["type"] == "submit"]
    assert steps == ["wide", "detail", "night", "caption"]
    assert [event["type"] for event in seen] == ["submit", "completion"] * 4 + ["output"]
    assert {*seen[-1]["output"]} == {"frames", "caption", "seed"}
    assert len({event["request_id"] for event in seen if event["type"] == "submit"}) == 4


def test_c80_each_step_is_a_request_of_its_own(http, sandbox):
    handle = submit(http, sandbox, "workflows/sandbox/storyboard", {"prompt": "steps", "seed": 3})
    answer = result(http, handle)
    assert len(answer.json()["frames"]) == 3
    query = {"endpoint_id": "sandbox/ridgeline", "expand": "payloads"}
    rows = http.get(f"{sandbox.addresses['api']}/models/requests/by-endpoint", params=query)
    assert any(row["json_input"].get("prompt") == "steps" for row in rows.json()["items"])


def test_c81_a_failed_step_ends_the_stream_with_an_error_event(http, sandbox):
    seen = stream_events(http, sandbox, MISHAP, {"prompt": "x"})
    kinds = [(event["type"], event.get("node_id")) for event in seen]
    assert kinds == [
        ("submit", "draw"),
        ("completion", "draw"),
        ("submit", "spoil"),
        ("error", "spoil"),
    ]
    assert seen[-1]["error"]["status"] == 422
    assert seen[-1]["error"]["body"]["detail"][0]["type"] == "content_policy_violation"


def test_c83_the_account_lists_and_opens_its_workflows(http, sandbox):
    url = f"{sandbox.addresses['api']}/workflows"
    page = http.get(url, params={"limit": 1}).json()
    assert page["has_more"] is True
    rest = http.get(url, params={"limit": 1, "cursor": page["next_cursor"]}).json()
    names = [workflow["name"] for workflow in page["workflows"] + rest["workflows"]]
    assert names == ["storyboard", "mishap"]
    matches = http.get(url, params={"search": "story"}).json()["workflows"]
    assert [workflow["name"] for workflow in matches] == ["storyboard"]
    opened = http.get(f"{url}/sandbox/mishap").json()["workflow"]
    assert {"name", "title", "user_nickname", "created_at", "is_public", "contents"} == {*opened}
    assert http.get(f"{url}/alice/hers").status_code == 404
    assert httpx.get(url).status_code == 401
