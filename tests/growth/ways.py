"""The entry points that parse input of users or of upstream, each with its most expensive input."""

import json
from typing import Any

from django.contrib.auth.models import User

from api.contract.components import validator
from api.http.reading import find_errors
from catalog.curation import import_export
from core.names import name_key
from features.boards.plan import tables, values
from features.flows.fal_workflows import reading
from features.flows.fal_workflows.openapi import document
from features.library.prompts import form as prompt_form
from features.library.prompts.grammar import parse
from features.library.search.line import parse_line
from features.sharing.kinds.content import _setting_text
from playground.display.markdown import markdown
from projects.kept.voices import comment
from projects.kept.voices.forms import mentioned_in
from projects.rules import decision
from runs.files.media import strip_program
from runs.results.previews import MAX_TEXT_CHARS
from schemas import Field, build, contract, decode_post
from schemas.exact import loads
from tests.growth.measuring import WayIn

TEXT = 16 << 20  # of one form post: DATA_UPLOAD_MAX_MEMORY_SIZE
FLOW = 2_000_000
MANY = 20_000  # controls of a post: DATA_UPLOAD_MAX_NUMBER_FIELDS
NUMBER = Field(kind="integer", name="n", label="N")
WORDS = Field(kind="string", name="t", label="T")
ROWS = Field(kind="object", children=(Field(kind="list", name="rows", label="Rows", item=NUMBER),))


def flow(node_input: Any) -> str:
    return json.dumps({"nodes": {"a": node(node_input)}})


def node(node_input: Any) -> dict[str, Any]:
    return {"id": "a", "type": "run", "app": "a/b", "input": node_input}


def workflow(content: str) -> object:
    definition = reading.load(content)
    return document(definition, "workflows/a/b", lambda app, name: {"type": "string"})


def describe_inputs(count: int) -> str:
    """Return inputs of a form without properties, each read by some node."""
    fields: dict[str, Any] = {f"x{at}": {} for at in range(count)}
    read = {f"x{at}": f"$input.x{at}" for at in range(min(count, 4000))}
    contents = {"nodes": {"b": node(read)}, "schema": {"input": fields}}
    return json.dumps(contents)


def schema(properties: dict[str, Any], **parts: Any) -> Any:
    body = {"type": "object", "properties": properties}
    return {
        "paths": {"/a/b": {"post": {"requestBody": {"content": {"application/json": {
            "schema": body}}}}}},
        "components": {"schemas": parts},
    }  # fmt: skip


def nested_parts(size: int) -> Any:
    """Return parts that each refer to the next part twice."""
    parts = {
        f"P{at}": {"allOf": [{"$ref": f"#/components/schemas/P{at + 1}"}] * 2} for at in range(size)
    }
    return schema({"x": {"$ref": "#/components/schemas/P0"}}, **parts)


def collections(count: int) -> str:
    items = [{"endpoint_id": f"a/{at}", "note": "x" * 250} for at in range(count)]
    rows = [{"title": "x", "slug": f"x{at}", "items": items} for at in range(50)]
    return json.dumps({"format": import_export.FORMAT, "version": 1, "collections": rows})


def rows_of_post(count: int) -> dict[str, list[str]]:
    return {f"rows.{at}": ["no number"] for at in range(count)}


WAYS = [
    WayIn(
        "workflow: a reference of dots",
        lambda n: flow({"x": "$input.a" + ".a" * (n // 2)}),
        workflow,
        FLOW,
    ),
    WayIn(
        "workflow: references to one field",
        lambda n: flow({"x": ["$input.a"] * (n // 12)}),
        workflow,
        FLOW // 2,
    ),
    WayIn("workflow: inputs of its form", lambda n: describe_inputs(n // 15), workflow, FLOW),
    WayIn("workflow: the most fields", describe_inputs, workflow, reading.MAX_FIELDS),
    WayIn("workflow: many empty lists", lambda n: flow({"x": [[]] * (n // 5)}), workflow, FLOW),
    WayIn("workflow: deep", lambda n: "[" * n, workflow, FLOW),
    WayIn("JSON: many values", lambda n: "[" + "1," * (n // 2) + "1]", loads, TEXT),
    WayIn("JSON: one text of quotes", lambda n: '["' + '\\"' * (n // 2) + '"]', loads, TEXT),
    WayIn("JSON: one text of commas", lambda n: '["' + "," * n + '"]', loads, TEXT),
    WayIn(
        "JSON: the most values, nested", lambda n: "[" + ",".join(["[[]]"] * n) + "]", loads, 60_000
    ),
    WayIn("JSON: deep", lambda n: "[" * n, loads, TEXT),
    WayIn("JSON: a trailing comma far down", lambda n: "[" + "\n" * n + "1,]", loads, TEXT),
    WayIn(
        "API: a new run",
        lambda n: {"endpoint_id": "a/b", "arguments": {str(at): 1 for at in range(n)}, "x": 1},
        lambda value: find_errors(validator("NewRun"), value),
        200_000,
    ),
    WayIn("table: JSON lines", lambda n: "{}\n" * (n // 3), tables.read_rows, tables.MAX_BYTES),
    WayIn(
        "table: a JSON array",
        lambda n: "[" + "1," * (n // 2) + "1]",
        tables.read_rows,
        tables.MAX_BYTES,
    ),
    WayIn(
        "table: short lines of CSV",
        lambda n: "a\n" + "b\n" * (n // 2),
        tables.read_rows,
        tables.MAX_BYTES,
    ),
    WayIn(
        "table: a wide header",
        lambda n: ",".join(f"a{at}" for at in range(n // 8)) + "\nx",
        tables.read_rows,
        tables.MAX_BYTES,
    ),
    WayIn(
        "table: wide rows",
        lambda n: ",".join(f"a{at}" for at in range(n // 400)) + ("\n" + "," * (n // 401)) * 390,
        tables.read_rows,
        tables.MAX_BYTES,
    ),
    WayIn(
        "table: most columns and rows",
        lambda n: ",".join(f"a{at}" for at in range(n)) + ("\n" + "1" + ",2" * (n - 1)) * 400,
        tables.read_rows,
        tables.MAX_COLUMNS,
    ),
    WayIn("collections: models", collections, import_export.parse, 500),
    WayIn(
        "axis: empty lines",
        lambda n: "\n" * n + "x",
        lambda text: values.read_axis(WORDS, text),
        values.MAX_CHARS,
    ),
    WayIn(
        "axis: lines of dashes",
        lambda n: "---\n" * (n // 4),
        lambda text: values.read_axis(WORDS, text),
        values.MAX_CHARS,
    ),
    WayIn(
        "axis: dashes",
        lambda n: "-" * n + "x",
        lambda text: values.read_axis(WORDS, text),
        values.MAX_CHARS,
    ),
    WayIn(
        "axis: a number of spaces",
        lambda n: "1-2" + " " * n + "x",
        lambda text: values.read_axis(NUMBER, text),
        values.MAX_CHARS,
    ),
    WayIn(
        "axis: a number of digits",
        lambda n: "1" * n,
        lambda text: values.read_axis(NUMBER, text),
        values.MAX_CHARS,
    ),
    WayIn(
        "axis: a number of dots",
        lambda n: "1" + "." * n,
        lambda text: values.read_axis(NUMBER, text),
        values.MAX_CHARS,
    ),
    WayIn(
        "axis: commas",
        lambda n: "," * n,
        lambda text: values.read_axis(NUMBER, text),
        values.MAX_CHARS,
    ),
    WayIn(
        "form: wrong numbers in a list", rows_of_post, lambda post: decode_post(ROWS, post), MANY
    ),
    WayIn(
        "form: a control's name of rows",
        lambda n: {"rows" + ".0" * (n // 2): ["1"]},
        lambda post: decode_post(ROWS, post),
        TEXT,
    ),
    WayIn(
        "form: a number of digits",
        lambda n: {"n": ["1" * n]},
        lambda post: decode_post(Field(kind="object", children=(NUMBER,)), post),
        TEXT,
    ),
    WayIn("schema: parts of parts", nested_parts, lambda raw: build(contract(raw, "a/b")), 400),
    WayIn(
        "schema: many fields",
        lambda n: schema({f"x{at}": {"type": "string", "title": "x"} for at in range(n)}),
        lambda raw: build(contract(raw, "a/b")),
        4000,
    ),
    WayIn(
        "schema: long required",
        lambda n: schema(
            {
                "x": {
                    "anyOf": [
                        {
                            "type": "object",
                            "properties": {"y": {}},
                            "required": [str(at) for at in range(n)],
                        }
                    ]
                    * 2
                }
            }
        ),
        lambda raw: build(contract(raw, "a/b")),
        20_000,
    ),
    WayIn("share: a setting without a space", lambda n: "x" * n, _setting_text, TEXT),
    WayIn(
        "rule: stars",
        lambda n: "*" * n + "zq",
        lambda text: decision._is_like("z" * 250, text),
        255,
    ),
    WayIn(
        "rule: stars and letters",
        lambda n: "*z" * (n // 2),
        lambda text: decision._is_like("z" * 250, text),
        255,
    ),
    WayIn("prompts: braces", lambda n: "{" * n, parse, prompt_form.MAX_TEXT_CHARS),
    WayIn(
        "drawing: comments without an end",
        lambda n: "/*" * (n // 2),
        strip_program._without_comments,
        strip_program.MAX_SVG_BYTES,
    ),
    WayIn("names: one of marks", lambda n: "a" + "\u0301" * n, name_key, 100_000),
    WayIn(
        "comment: at signs",
        lambda n: "@a " * (n // 3),
        lambda text: mentioned_in(text, {"x" * 60: User()}),
        comment.MAX_TEXT_CHARS,
    ),
    WayIn("search: dashes", lambda n: "-" * n, parse_line, TEXT),
    WayIn("answer: Markdown brackets", lambda n: "[" * n, markdown, MAX_TEXT_CHARS),
    WayIn("answer: Markdown emphasis", lambda n: "*a_ " * (n // 4), markdown, MAX_TEXT_CHARS),
    WayIn("answer: Markdown quotes", lambda n: ">" * n, markdown, MAX_TEXT_CHARS),
    WayIn(
        "answer: Markdown tables",
        lambda n: "|a" * 50 + "\n" + "|-" * 50 + "\n" + "|\n" * (n // 3),
        markdown,
        MAX_TEXT_CHARS,
    ),
]
