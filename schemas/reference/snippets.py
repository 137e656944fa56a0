"""Code that sends given arguments to an endpoint, in curl, Python and JavaScript.

Any text may be hostile, so each is quoted by its language's rules.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from functools import partial
from typing import Any

_EXACT_IN_JS = 2**53 - 1
FAL_QUEUE_URL = "https://queue.fal.run"  # the address of fal's own clients


@dataclass(frozen=True, slots=True)
class Snippet:
    """One language's code."""

    key: str
    label: str
    code: str


def snippets(
    endpoint_id: str, arguments: dict[str, Any], queue_url: str = FAL_QUEUE_URL
) -> list[Snippet]:
    """The three snippets for one call through the queue.

    fal's clients can send only to fal, so for another queue the code does not use them.
    """
    is_fal = queue_url == FAL_QUEUE_URL
    in_python = python if is_fal else partial(plain_python, queue_url=queue_url)
    in_javascript = javascript if is_fal else partial(plain_javascript, queue_url=queue_url)
    return [
        Snippet("python", "Python", in_python(endpoint_id, arguments)),
        Snippet("javascript", "JavaScript", in_javascript(endpoint_id, arguments)),
        Snippet("curl", "curl", curl(endpoint_id, arguments, queue_url)),
    ]


def python(endpoint_id: str, arguments: dict[str, Any]) -> str:
    """fal-client's `subscribe`; the key comes from `FAL_KEY`."""
    return (
        "import fal_client  # pip install fal-client; the key is read from FAL_KEY\n\n"
        "result = fal_client.subscribe(\n"
        f"    {_python(endpoint_id, 0)},\n"
        f"    arguments={_python(arguments, 1)},\n"
        "    with_logs=True,\n"
        ")\n"
        "print(result)\n"
    )


def plain_python(endpoint_id: str, arguments: dict[str, Any], *, queue_url: str) -> str:
    """The same call with httpx, to any queue: submit, wait, fetch the result."""
    return (
        "import os\nimport time\n\n"
        "import httpx  # pip install httpx\n\n"
        'upstream = httpx.Client(headers={"Authorization": f"Key {os.environ[\'FAL_KEY\']}"})\n'
        "run = upstream.post(\n"
        f"    {_python(f'{queue_url}/{endpoint_id}', 0)},\n"
        f"    json={_python(arguments, 1)},\n"
        ").raise_for_status().json()\n"
        'while upstream.get(run["status_url"]).json()["status"] != "COMPLETED":\n'
        "    time.sleep(0.5)\n"
        'print(upstream.get(run["response_url"]).json())\n'
    )


def javascript(endpoint_id: str, arguments: dict[str, Any]) -> str:
    """@fal-ai/client's `subscribe`; the key comes from `FAL_KEY`."""
    note = _long_integer_note(arguments)
    body = _quoted(json.dumps(arguments, indent=2, ensure_ascii=False)).replace("\n", "\n  ")
    return (
        'import { fal } from "@fal-ai/client"; '
        "// npm install @fal-ai/client; the key is read from FAL_KEY\n\n"
        f"{note}"
        f"const result = await fal.subscribe("
        f"{_quoted(json.dumps(endpoint_id, ensure_ascii=False))}, {{\n"
        f"  input: {body},\n"
        "  logs: true,\n"
        "});\n"
        "console.log(result.data, result.requestId);\n"
    )


def plain_javascript(endpoint_id: str, arguments: dict[str, Any], *, queue_url: str) -> str:
    """The same call with `fetch`, to any queue: submit, wait, fetch the result."""
    body = _quoted(json.dumps(arguments, indent=2, ensure_ascii=False)).replace("\n", "\n  ")
    return (
        "const headers = {\n"
        "  Authorization: `Key ${process.env.FAL_KEY}`,\n"
        '  "Content-Type": "application/json",\n'
        "};\n"
        "const json = async (url, more) => (await fetch(url, { headers, ...more })).json();\n\n"
        f"{_long_integer_note(arguments)}"
        "const run = await json("
        f"{_quoted(json.dumps(f'{queue_url}/{endpoint_id}', ensure_ascii=False))}, {{\n"
        '  method: "POST",\n'
        f"  body: JSON.stringify({body}),\n"
        "});\n"
        'while ((await json(run.status_url)).status !== "COMPLETED")\n'
        "  await new Promise((resolve) => setTimeout(resolve, 500));\n"
        "console.log(await json(run.response_url));\n"
    )


def _long_integer_note(arguments: dict[str, Any]) -> str:
    if not _has_long_integer(arguments):
        return ""
    return (
        "// A number below has more digits than JavaScript keeps; "
        "send such a seed with Python or curl.\n"
    )


def curl(endpoint_id: str, arguments: dict[str, Any], queue_url: str = FAL_QUEUE_URL) -> str:
    """A submit to the queue; its response contains the status and result URLs."""
    body = _quoted(json.dumps(arguments, indent=2, ensure_ascii=False))
    return (
        f"curl --request POST {shlex.quote(f'{queue_url}/{endpoint_id}')} \\\n"
        '  --header "Authorization: Key $FAL_KEY" \\\n'
        '  --header "Content-Type: application/json" \\\n'
        f"  --data-raw {_shell(body)}\n"
    )


def vitrine_snippets(endpoint_id: str, arguments: dict[str, Any], server: str) -> list[Snippet]:
    """The call to this Vitrine: with its command line, its JSON API, and fal's own client.

    `server` is its address; the token comes from `VITRINE_TOKEN`.
    """
    call = endpoint_id, arguments, server
    snippets = [
        Snippet("vitrine", "Command line", vitrine(*call)),
        Snippet("vitrine-curl", "JSON API", vitrine_curl(*call)),
        Snippet("vitrine-fal", "fal's JavaScript client", vitrine_fal(*call)),
    ]
    if server.startswith("https://"):  # fal's Python client supports only https
        snippets.append(
            Snippet("vitrine-fal-python", "fal's Python client", vitrine_fal_python(*call))
        )
    return snippets


def vitrine_fal(endpoint_id: str, arguments: dict[str, Any], server: str) -> str:
    """@fal-ai/client's `subscribe` through our proxy, with the token in place of fal's key."""
    address = _quoted(json.dumps(f"{server}/api/fal/proxy"))
    head, _, call = javascript(endpoint_id, arguments).partition("\n\n")
    return (
        f"{head.partition(';')[0]}; // npm install @fal-ai/client\n\n"
        "fal.config({\n"
        f'  proxyUrl: {{ url: {address}, when: "always" }},\n'
        "  credentials: process.env.VITRINE_TOKEN,\n"
        "});\n\n"
        f"{call}"
    )


def vitrine_fal_python(endpoint_id: str, arguments: dict[str, Any], server: str) -> str:
    """fal-client's `subscribe` through our proxy, whose address it reads from the environment."""
    host = server.removeprefix("https://")
    lines = ['os.environ["FAL_KEY"] = os.environ["VITRINE_TOKEN"]']
    for name, path in (("FAL_RUN_HOST", "run"), ("FAL_QUEUE_RUN_HOST", "queue")):
        lines.append(f'os.environ["{name}"] = {_python(f"{host}/api/fal/{path}", 0)}')
    imports, _, call = python(endpoint_id, arguments).partition("\n\n")
    imported = imports.partition(";")[0]
    return "\n".join(["import os", "", *lines, "", f"{imported}; it reads them", "", call])


def vitrine(endpoint_id: str, arguments: dict[str, Any], server: str) -> str:
    """`vitrine run`, which waits and saves the results."""
    body = _quoted(json.dumps(arguments, ensure_ascii=False))
    return (
        f"export VITRINE_URL={shlex.quote(server)}\n"
        f"vitrine run {shlex.quote(endpoint_id)} --wait -o out/ \\\n"
        f"  --input {_shell(body)}\n"
    )


def vitrine_curl(endpoint_id: str, arguments: dict[str, Any], server: str) -> str:
    """A run through the JSON API, which answers when the run ends, or after a minute."""
    request_body = {"endpoint_id": endpoint_id, "arguments": arguments}
    body = _quoted(json.dumps(request_body, indent=2, ensure_ascii=False))
    return (
        f"curl --request POST {shlex.quote(f'{server}/api/v1/runs?wait=60')} \\\n"
        '  --header "Authorization: Bearer $VITRINE_TOKEN" \\\n'
        '  --header "Content-Type: application/json" \\\n'
        f"  --data-raw {_shell(body)}\n"
    )


def _shell(text: str) -> str:
    """One shell word, always in single quotes."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _quoted(text: str) -> str:
    """JSON with invisible and directional characters escaped."""
    return re.sub(
        "[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]",
        lambda match: f"\\u{ord(match[0]):04x}",
        text,
    )


def _python(value: Any, depth: int) -> str:
    """A value as a Python literal, one entry a line."""
    inner, outer = "    " * (depth + 1), "    " * depth
    if isinstance(value, dict) and value:
        lines = (f"{inner}{key!r}: {_python(item, depth + 1)},\n" for key, item in value.items())
        return "{\n" + "".join(lines) + outer + "}"
    if isinstance(value, list) and value:
        return (
            "[\n" + "".join(f"{inner}{_python(item, depth + 1)},\n" for item in value) + outer + "]"
        )
    if isinstance(value, str):
        text = repr(value)
        is_plain = text.startswith("'") and '"' not in text and "\\'" not in text
        return f'"{text[1:-1]}"' if is_plain else text
    return repr(value)


def _has_long_integer(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_long_integer, value.values()))
    if isinstance(value, list):
        return any(map(_has_long_integer, value))
    return isinstance(value, int) and abs(value) > _EXACT_IN_JS
