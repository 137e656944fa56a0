"""The code on the API tab is correct for every text, however hostile."""

from __future__ import annotations

import ast
import json
import re
import shlex
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas import build, contract
from schemas.exact import identical
from schemas.reference.snippets import (
    curl,
    javascript,
    plain_javascript,
    plain_python,
    python,
    snippets,
    vitrine_snippets,
)
from schemas.reference.tables import input_rows, output_rows
from tests.schemas import strategies

arguments = st.dictionaries(strategies.texts, strategies.json_values, max_size=4)


@given(arguments)
def test_the_python_snippet_evaluates_to_the_arguments(value: dict[str, Any]) -> None:
    tree = ast.parse(python("fal-ai/x", value).encode("utf-8", "backslashreplace"))
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert ast.literal_eval(call.args[0]) == "fal-ai/x"
    assert identical(ast.literal_eval(call.keywords[0].value), value)


@given(arguments)
def test_curl_is_one_command_with_the_exact_json(value: dict[str, Any]) -> None:
    words = shlex.split(curl("fal-ai/x", value))
    assert words[:4] == ["curl", "--request", "POST", "https://queue.fal.run/fal-ai/x"]
    assert identical(json.loads(words[-1]), value)


@given(arguments)
def test_javascript_holds_the_exact_json(value: dict[str, Any]) -> None:
    code = javascript("fal-ai/x", value)
    body = re.search(r"\n  input: (.*),\n  logs: true", code, re.DOTALL)
    assert body
    assert identical(json.loads(body[1]), value)
    assert "\u2028" not in code


def test_only_the_javascript_snippet_warns_of_long_seeds() -> None:
    code = {snippet.key: snippet.code for snippet in snippets("a/b", {"seed": 196619188014358660})}
    assert "digits" in code["javascript"]
    assert "196619188014358660" in code["curl"]
    assert list(code) == ["python", "javascript", "curl"]


@given(arguments)
def test_a_call_through_vitrine_has_the_exact_json(value: dict[str, Any]) -> None:
    server = "https://vitrine.example"
    program, api, client, script = vitrine_snippets("fal-ai/x", value, server)
    assert [snippet.key for snippet in vitrine_snippets("a/b", {}, "http://127.0.0.1:8000")] == [
        snippet.key for snippet in (program, api, client)
    ]
    words = shlex.split(program.code)
    assert words[:2] == ["export", f"VITRINE_URL={server}"]
    assert words[2:5] == ["vitrine", "run", "fal-ai/x"]
    assert identical(json.loads(words[-1]), value)
    words = shlex.split(api.code)
    assert words[3] == f"{server}/api/v1/runs?wait=60"
    assert identical(json.loads(words[-1]), {"endpoint_id": "fal-ai/x", "arguments": value})
    assert f'url: "{server}/api/fal/proxy"' in client.code
    assert client.code.endswith(javascript("fal-ai/x", value).partition("\n\n")[2])
    assert "FAL_KEY" not in client.code.partition("fal.subscribe")[0]
    ast.parse(script.code.encode("utf-8", "backslashreplace"))
    assert '"FAL_RUN_HOST"] = "vitrine.example/api/fal/run"' in script.code
    assert script.code.endswith(python("fal-ai/x", value).partition("\n\n")[2])


SANDBOX = "http://127.0.0.1:8001/queue"


@given(arguments)
def test_another_queue_host_is_named_in_all_languages(value: dict[str, Any]) -> None:
    assert all(f"{SANDBOX}/a/b" in snippet.code for snippet in snippets("a/b", value, SANDBOX))


@given(arguments)
def test_the_python_snippet_without_a_client_evaluates_to_the_arguments(
    value: dict[str, Any],
) -> None:
    code = plain_python("a/b", value, queue_url=SANDBOX)
    tree = ast.parse(code.encode("utf-8", "backslashreplace"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (post,) = [call for call in calls if any(k.arg == "json" for k in call.keywords)]
    assert ast.literal_eval(post.args[0]) == f"{SANDBOX}/a/b"
    assert identical(ast.literal_eval(post.keywords[0].value), value)


@given(arguments)
def test_javascript_without_a_client_holds_the_exact_json(value: dict[str, Any]) -> None:
    code = plain_javascript("a/b", value, queue_url=SANDBOX)
    body = re.search(r"JSON.stringify\((.*)\),\n}\);\nwhile", code, re.DOTALL)
    assert body
    assert identical(json.loads(body[1]), value)


def test_a_real_document_has_input_and_output_rows(documents: dict[str, Any]) -> None:
    endpoint_contract = contract(documents["fal-ai/flux/dev"], "fal-ai/flux/dev")
    rows = {row.name: row for row in input_rows(build(endpoint_contract))}
    assert rows["prompt"].is_required
    assert rows["prompt"].type == "text"
    assert (rows["num_inference_steps"].default, rows["num_inference_steps"].limits) == (
        "28",
        "1\u201350",
    )
    assert rows["seed"].type == "whole number or nothing"
    assert rows["image_size"].choices[0] == "square_hd"
    assert rows["width"].depth > rows["image_size"].depth
    outputs = {row.name: row for row in output_rows(endpoint_contract)}
    assert outputs["images"].type == "list of objects"
    assert outputs["url"].depth > 0


def test_a_document_without_output_has_no_output_rows() -> None:
    assert output_rows(contract({}, "a/b")) == []
