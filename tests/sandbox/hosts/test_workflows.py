"""Workflows of the sandbox: listed, opened, created and run (C79 to C83)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.server import RunningSandbox
from tests.sandbox.wire import events, result, submit

MISHAP = "workflows/sandbox/mishap"


def streamed(http: httpx.Client, sandbox: RunningSandbox, id: str, body: Any) -> list[Any]:
    url = f"{sandbox.addresses['run']}/{id}/stream"
    with http.stream("POST", url, json=body) as stream:
        return list(events(stream))


def test_c79_events_come_in_the_order_of_the_dependencies(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    seen = streamed(http, sandbox, "workflows/sandbox/Moving_Postcard", {"place": "a quiet bay"})
    types_and_nodes = [(event["type"], event.get("node_id")) for event in seen]
    assert types_and_nodes.index(("completion", "scene")) < types_and_nodes.index(
        ("submit", "fal_ai/print_1")
    )
    assert types_and_nodes.index(("completion", "fal_ai/print_1")) < types_and_nodes.index(
        ("submit", "film")
    )
    assert types_and_nodes[-1] == ("output", None)
    assert {*seen[-1]["output"]} == {"picture", "film", "text"}
    submits = [event["request_id"] for event in seen if event["type"] == "submit"]
    assert len(set(submits)) == 4


def test_c80_each_step_is_a_request_of_its_own(http: httpx.Client, sandbox: RunningSandbox) -> None:
    handle = submit(http, sandbox, "workflows/sandbox/storyboard", {"prompt": "steps", "seed": 3})
    answer = result(http, handle)
    assert len(answer.json()["frames"]) == 3
    query = {"endpoint_id": "sandbox/ridgeline", "expand": "payloads"}
    rows = http.get(f"{sandbox.addresses['api']}/models/requests/by-endpoint", params=query)
    assert any(row["json_input"].get("prompt") == "steps" for row in rows.json()["items"])


def test_c81_a_failed_step_ends_the_stream_with_an_error_event(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    seen = streamed(http, sandbox, MISHAP, {"prompt": "x"})
    kinds = [(event["type"], event.get("node_id")) for event in seen]
    assert kinds == [
        ("submit", "draw"),
        ("completion", "draw"),
        ("submit", "spoil"),
        ("error", "spoil"),
    ]
    assert seen[-1]["error"]["status"] == 422
    assert seen[-1]["error"]["body"]["detail"][0]["type"] == "content_policy_violation"


@pytest.fixture
def definition() -> dict[str, Any]:
    """A definition of dialect A with one step."""
    run = {"app": "sandbox/scribe", "input": {"prompt": "$input.about", "max_tokens": 30}}
    return {
        "input": {"id": "input", "type": "input", "depends": [], "input": {"about": ""}},
        "write": {"id": "write", "type": "run", "depends": ["input"], **run},
        "output": {
            "id": "output",
            "type": "display",
            "depends": ["write"],
            "fields": {"text": "$write.output"},
        },
    }


def test_c66_c82_an_inline_definition_runs_by_stream_and_queue(
    http: httpx.Client, sandbox: RunningSandbox, definition: dict[str, Any]
) -> None:
    body = {"input": {"about": "paper"}, "workflow": definition}
    assert streamed(http, sandbox, "workflows/execute", body)[-1]["output"]["text"]
    assert result(http, submit(http, sandbox, "workflows/execute", body)).json()["text"]


def test_c81_a_definition_error_is_a_422_before_any_step(
    http: httpx.Client, sandbox: RunningSandbox, definition: dict[str, Any]
) -> None:
    definition["write"]["depends"] = ["output"]
    body = {"input": {}, "workflow": definition}
    answer = http.post(f"{sandbox.addresses['run']}/workflows/execute/stream", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:3] == ["body", "workflow", "write"]


def test_c83_the_account_lists_opens_and_creates_workflows(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    url = f"{sandbox.addresses['api']}/workflows"
    page = http.get(url, params={"limit": 2}).json()
    assert page["has_more"] is True
    rest = http.get(url, params={"limit": 2, "cursor": page["next_cursor"]}).json()
    names = [workflow["name"] for workflow in page["workflows"] + rest["workflows"]]
    assert names[:3] == ["storyboard", "Moving_Postcard", "mishap"]
    matches = http.get(url, params={"search": "postcard"}).json()["workflows"]
    assert [workflow["name"] for workflow in matches] == ["Moving_Postcard"]
    opened = http.get(f"{url}/sandbox/mishap").json()["workflow"]
    assert {"name", "title", "user_nickname", "created_at", "is_public", "contents"} == {*opened}
    copy = {"name": "copy", "title": "Copy", "contents": opened["contents"]}
    assert http.post(url, json=copy).status_code == 201
    assert http.post(url, json=copy).status_code == 400
    assert http.post(url, json={**copy, "name": "no blanks"}).status_code == 400
    assert http.get(f"{url}/alice/hers").status_code == 404
    assert httpx.get(url).status_code == 401
