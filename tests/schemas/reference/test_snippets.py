"""The code on the API tab is correct for every text, however hostile."""

import ast
import json
import re
import shlex
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import build, contract
from schemas.exact import identical
from schemas.reference.snippets import WAYS, Call, FileField, Upstream, file_field, offered
from schemas.reference.tables import input_rows, output_rows
from tests.schemas import strategies

arguments = st.dictionaries(strategies.texts, strategies.json_values, max_size=4)


SERVER = "https://vitrine.example"
SANDBOX = Upstream("http://127.0.0.1:8001/queue", "http://127.0.0.1:8001/run", "http://127.0.0.1:9")
WAIT, WEBHOOK, STREAM, REALTIME, UPLOAD = WAYS
# As `url` in the code; JSON cannot name it.
UPLOADED = "the address of the file"


def call(value: dict[str, Any], **more: Any) -> Call:
    return Call("fal-ai/x", value, server=SERVER, **more)


def sent_by_curl(code: str) -> str:
    """Return the last body in a shell's code."""
    words = shlex.split(code)
    place = len(words) - words[::-1].index("--data-raw")
    return words[place].removesuffix(")")  # of a command whose output is kept


def literals(code: str) -> list[Any]:
    """Return every dict in Python code."""
    tree = ast.parse(code.encode("utf-8", "backslashreplace"))
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.Name) and value.id == "url":
                setattr(node, name, ast.Constant(UPLOADED))
            if isinstance(value, list):
                value[:] = [
                    ast.Constant(UPLOADED) if isinstance(v, ast.Name) and v.id == "url" else v
                    for v in value
                ]
    dicts = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    found = []
    for node in dicts:
        with suppress(ValueError):  # headers are made of the environment
            found.append(ast.literal_eval(node))
    return found


@given(arguments)
def test_python_holds_the_exact_arguments_in_each_way(value):
    for code in (
        *(call(value).code("python", way) for way in WAYS[:4]),
        *(call(value, upstream=SANDBOX).code("plain-python", way) for way in WAYS[:4]),
    ):
        assert any(identical(found, value) for found in literals(code))


@given(arguments, st.booleans())
def test_an_uploaded_file_is_in_its_field_alone(value, is_list):
    field = FileField("image_url", "image", is_list)
    expected = {**value, "image_url": [UPLOADED] if is_list else UPLOADED}
    for language in ("python", "plain-python", "vitrine-fal-python"):
        code = call(value, file=field).code(language, UPLOAD)
        assert any(identical(found, expected) for found in literals(code))
    sent = sent_by_curl(call(value, file=field).code("curl", UPLOAD)).rpartition("$url")
    assert identical(json.loads(UPLOADED.join([sent[0], sent[2]])), expected)


@given(arguments)
def test_curl_sends_the_exact_json(value):
    addresses = {
        WAIT: "https://queue.fal.run/fal-ai/x",
        WEBHOOK: "https://queue.fal.run/fal-ai/x?fal_webhook=https%3A%2F%2Fexample.com%2Ffal",
        STREAM: "https://fal.run/fal-ai/x/stream",
    }
    for way, address in addresses.items():
        code = call(value).code("curl", way)
        assert code.removeprefix("request=$(").startswith("curl ")
        assert address in shlex.split(code)
        assert identical(json.loads(sent_by_curl(code)), value)


@given(arguments)
def test_javascript_holds_the_exact_json(value):
    for language, start, end in (
        ("javascript", "\n  input: ", ",\n  logs: true"),
        ("plain-javascript", "JSON.stringify(", "),\n});\nwhile"),
    ):
        code = call(value, upstream=SANDBOX).code(language)
        body = re.search(f"{re.escape(start)}(.*){re.escape(end)}", code, re.DOTALL)
        assert body
        assert identical(json.loads(body[1]), value)
        assert "\u2028" not in code


def test_only_the_javascript_snippet_warns_of_long_seeds():
    for way in WAYS[:4]:
        code = {snippet.key: snippet.code for snippet in call({"seed": 2**62}).direct(way)}
        assert "digits" in code["javascript"]
        assert "digits" not in code["python"]
        assert list(code) == ["python", "javascript", "curl"][: len(code)]


@given(arguments)
def test_a_call_through_vitrine_has_the_exact_json(value):
    api, client, script = call(value).through_vitrine(WAIT)
    local = Call("a/b", {}, server="http://127.0.0.1:8000").through_vitrine(WAIT)
    assert [snippet.key for snippet in local] == [api.key, client.key]
    request = {"endpoint_id": "fal-ai/x", "arguments": value}
    words = shlex.split(api.code)
    assert words[3] == f"{SERVER}/api/v1/runs?wait=60"
    assert identical(json.loads(words[-1]), request)
    words = shlex.split(call(value).code("vitrine-curl", WEBHOOK))
    assert identical(json.loads(words[-1]), {"webhook_url": "https://example.com/fal", **request})
    assert f'url: "{SERVER}/api/fal/proxy"' in client.code
    assert client.code.endswith(call(value).code("javascript").partition("\n\n")[2])
    assert "FAL_KEY" not in client.code.partition("fal.subscribe")[0]
    assert any(identical(found, value) for found in literals(script.code))
    assert '"FAL_RUN_HOST"] = "vitrine.example/api/fal/run"' in script.code
    assert script.code.endswith(call(value).code("python").partition("\n\n")[2])


def test_another_upstream_is_named_in_all_languages():
    for way, host in zip(WAYS, ("queue", "queue", "run", "run", "queue"), strict=True):
        address = getattr(SANDBOX, host).removeprefix("http")
        for snippet in call({}, upstream=SANDBOX).direct(way):
            assert f"{address}/fal-ai/x" in snippet.code


def test_only_ways_that_the_model_has_are_offered():
    def keys(*facts: str, file: FileField | None = None) -> list[str]:
        return [way.key for way in offered(facts, file)]

    assert keys("out:image") == ["wait", "webhook"]
    assert keys("can:streaming", "can:realtime") == ["wait", "webhook", "stream", "realtime"]
    assert keys(file=FileField("image_url", "image", is_list=False))[-1] == "upload"


@pytest.mark.parametrize("ending", ["", "/stream", "/realtime"])
def test_the_clients_append_the_path_of_a_stream_once(ending):
    model = Call(f"fal-ai/x{ending}", {})
    assert 'fal_client.stream(\n    "fal-ai/x",' in model.code("python", STREAM)
    assert 'fal.realtime.connect("fal-ai/x",' in model.code("javascript", REALTIME)
    assert " https://fal.run/fal-ai/x/stream " in model.code("curl", STREAM)


def test_a_file_goes_to_a_required_field_before_a_mask(documents):
    schema = {
        "properties": {
            "mask_url": {"type": "string", "ui": {"field": "image"}},
            "style_url": {"type": "string", "ui": {"field": "image"}},
            "image_urls": {"type": "array", "items": {"type": "string", "ui": {"field": "image"}}},
        },
        "required": ["image_urls"],
    }
    root = build(contract(strategies.document(schema), "a/b"))
    assert file_field(root) == FileField("image_urls", "image", is_list=True)
    assert file_field(build(contract(documents["fal-ai/flux/dev"], "fal-ai/flux/dev"))) is None


def test_a_real_document_has_input_and_output_rows(documents):
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


def test_a_document_without_output_has_no_output_rows():
    assert output_rows(contract({}, "a/b")) == []
