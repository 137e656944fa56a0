"""The floor: the same pages and the same run, implemented as directly as possible.

One Starlette process: raw SQLite, pages from f-strings, one status stream per run, a long poll that
is answered the moment the run ends. No users, validation, history or recovery. Its times are
close to the physical limit; the product's are compared with them.

    python -m tests.bench.stage.floor PORT UPSTREAM KEY DATABASE
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from importlib.resources import files
from typing import Any

import brotli
import httpx
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

CARDS = 24
HOLD_S = 20.0
TABLES = """
CREATE TABLE IF NOT EXISTS endpoint (
  id TEXT PRIMARY KEY, name TEXT, owner TEXT, category TEXT, description TEXT, thumbnail TEXT,
  document TEXT);
CREATE TABLE IF NOT EXISTS run (id TEXT PRIMARY KEY, endpoint TEXT, arguments TEXT, output TEXT);
"""
CSS = """:root{color-scheme:light dark;font:16px/1.5 system-ui}body{margin:0 auto;max-width:80rem;
padding:1rem}
form,label{display:grid;gap:.25rem}form{gap:1rem}input,select,textarea{font:inherit;padding:.4rem;
border:1px solid #8888;border-radius:.4rem}
button{font:inherit;padding:.5rem 1.5rem}small{opacity:.7}.cards{display:grid;gap:1rem;
grid-template-columns:repeat(auto-fill,minmax(16rem,1fr))}
article{border:1px solid #8884;border-radius:.5rem;overflow:hidden;padding:0 .75rem .75rem}
article img{width:calc(100% + 1.5rem);margin:0 -.75rem;aspect-ratio:4/3;object-fit:cover}"""
SCRIPT = """document.forms.run.addEventListener("submit", async (event) => {
  event.preventDefault();
  const values = {};
  for (const control of event.target.elements) {
    if (!control.name || control.value === "") continue;
    values[control.name] = control.type === "number" ? control.valueAsNumber
    : control.type === "checkbox" ? control.checked : control.value;
  }
  const body = JSON.stringify(values);
  const run = await (await fetch(location.pathname, { method: "POST", body })).json();
  let answer;
  do answer = await fetch(`/runs/${run.id}`); while (answer.status === 204);
  const image = new Image();
  image.src = (await answer.json()).images[0].url;
  document.getElementById("stage").replaceChildren(image);
});"""


class Floor:
    """The state and handlers of the floor."""

    def __init__(self, upstream: str, key: str, database: str) -> None:
        self.upstream = upstream
        self.client = httpx.AsyncClient(headers={"authorization": f"Key {key}"}, timeout=60)
        self.database = sqlite3.connect(database, isolation_level=None)
        self.database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + TABLES)
        self.over: dict[str, asyncio.Event] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    async def sync(self) -> None:
        """Fetch the catalogue once."""
        answer = await self.client.get(f"{self.upstream}/api/v1/models", params={"limit": 1000})
        rows = []
        for item in orjson.loads(answer.content)["models"]:
            endpoint_id, data = item["endpoint_id"], item["metadata"]
            texts = [data[name] for name in ("category", "description", "thumbnail_url")]
            rows.append((endpoint_id, data["display_name"], endpoint_id.partition("/")[0], *texts))
        self.database.executemany("INSERT INTO endpoint VALUES (?, ?, ?, ?, ?, ?, '')", rows)

    async def document(self, endpoint_id: str) -> tuple[str, Any]:
        """Return the name and the OpenAPI document of an endpoint."""
        row = "SELECT name, document FROM endpoint WHERE id = ?"
        name, text = self.database.execute(row, [endpoint_id]).fetchone()
        if not text:
            params = {"endpoint_id": endpoint_id, "expand": "openapi-3.0"}
            answer = await self.client.get(f"{self.upstream}/api/v1/models", params=params)
            text = orjson.dumps(orjson.loads(answer.content)["models"][0]["openapi"]).decode()
            change = "UPDATE endpoint SET document = ? WHERE id = ?"
            self.database.execute(change, [text, endpoint_id])
        return name, orjson.loads(text)

    async def gallery(self, request: Request) -> Response:
        """Respond with 24 cards and a search box."""
        query = "SELECT id, name, owner, category, description, thumbnail FROM endpoint LIMIT ?"
        cards = "".join(card(*row) for row in self.database.execute(query, [CARDS]))
        search = '<form><input type="search" name="q" aria-label="Search"></form>'
        return render_page("Models", f'{search}<div class="cards">{cards}</div>')

    async def form(self, request: Request) -> Response:
        """Respond with a model's form; a POST to the same URL submits it."""
        endpoint_id = request.path_params["id"]
        name, document = await self.document(endpoint_id)
        controls = "".join(map(control, *zip(*properties(document, endpoint_id), strict=True)))
        body = (
            f'<form name="run">{controls}<button id="run-button">Run</button></form>'
            '<div id="stage"></div>'
        )
        return render_page(name, f'{body}<script type="module">{SCRIPT}</script>')

    async def submit(self, request: Request) -> Response:
        """Store the run, submit it, and respond with its id."""
        run, endpoint_id, body = uuid.uuid4().hex, request.path_params["id"], await request.body()
        insert = "INSERT INTO run (id, endpoint, arguments) VALUES (?, ?, ?)"
        self.database.execute(insert, [run, endpoint_id, body.decode()])
        self.over[run] = asyncio.Event()
        task = asyncio.create_task(self.follow(run, endpoint_id, body))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return Response(orjson.dumps({"id": run}), media_type="application/json")

    async def follow(self, run: str, endpoint_id: str, body: bytes) -> None:
        """Submit, read the status stream, fetch the result."""
        headers = {"content-type": "application/json"}
        url = f"{self.upstream}/queue/{endpoint_id}"
        handle = (await self.client.post(url, content=body, headers=headers)).json()
        async with self.client.stream("GET", f"{handle['status_url']}/stream") as stream:
            # It ends with COMPLETED; read to its end, its connection is reused for the result.
            last = [
                json.loads(line[5:]) async for line in stream.aiter_lines() if line[:5] == "data:"
            ][-1]
        assert last["status"] == "COMPLETED"
        output = (await self.client.get(handle["response_url"])).text
        self.database.execute("UPDATE run SET output = ? WHERE id = ?", [output, run])
        self.over[run].set()

    async def live(self, request: Request) -> Response:
        """Respond with the output once there is one; 204 if none comes within the limit."""
        run = request.path_params["id"]
        try:
            await asyncio.wait_for(self.over[run].wait(), HOLD_S)
        except TimeoutError:
            return Response(status_code=204)
        row = self.database.execute("SELECT output FROM run WHERE id = ?", [run]).fetchone()
        return Response(row[0], media_type="application/json")


def render_page(title: str, body: str) -> HTMLResponse:
    """Return a complete page: htmx, one stylesheet, the body."""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/static/floor.css">'
        '<script defer src="/static/htmx.js"></script>'
        f'<header><a href="/models/">Models</a></header><h1>{escape(title)}</h1>{body}</html>'
    )


def card(id: str, name: str, owner: str, category: str, description: str, thumbnail: str) -> str:
    """Return one card of the gallery."""
    return (
        f'<article data-endpoint-id="{escape(id)}">'
        f'<img src="{escape(thumbnail)}" alt="" loading="lazy">'
        f'<h3><a href="/models/{escape(id)}/">{escape(name)}</a></h3><p>{escape(owner)}</p>'
        f"<p>{escape(description[:90])}</p><footer>{escape(category)}</footer></article>"
    )


def properties(document: Any, endpoint_id: str) -> list[tuple[str, Any]]:
    """Return the input's properties by name; of a union, its first alternative with a type."""
    body = document["paths"][f"/{endpoint_id}"]["post"]["requestBody"]["content"]
    schemas = document["components"]["schemas"]
    name = body["application/json"]["schema"]["$ref"].rpartition("/")[2]

    def plain(schema: Any) -> Any:
        typed = [
            alternative
            for alternative in schema.get("anyOf", [])
            if alternative.get("type") not in (None, "null")
        ]
        return schema | typed[0] if typed else schema

    return [(name, plain(schema)) for name, schema in schemas[name]["properties"].items()]


def control(name: str, schema: Any) -> str:
    """Return the HTML control that suits a property best."""
    value = schema.get("default")
    text = escape("" if value is None else str(value))
    if "enum" in schema:
        options = "".join(f"<option>{escape(str(option))}</option>" for option in schema["enum"])
        box = f'<select name="{name}"><option></option>{options}</select>'
    elif schema.get("type") == "boolean":
        box = f'<input type="checkbox" name="{name}"{" checked" if value else ""}>'
    elif schema.get("type") in ("integer", "number"):
        box = f'<input type="number" step="any" name="{name}" value="{text}">'
    else:
        box = f'<textarea name="{name}"></textarea>'
    label = escape(schema.get("title") or name)
    return f"<label>{label}{box}<small>{escape(schema.get('description') or '')}</small></label>"


def static(data: bytes, content_type: str) -> Any:
    """Return an endpoint that serves these bytes, compressed once, cacheable forever."""
    headers = {"content-encoding": "br", "cache-control": "max-age=31536000, immutable"}
    body = brotli.compress(data, quality=11)

    async def answer(request: Request) -> Response:
        return Response(body, headers=headers, media_type=content_type)

    return answer


def build(upstream: str, key: str, database: str) -> Starlette:
    """Return the application."""
    floor = Floor(upstream, key, database)
    htmx = files("django_htmx").joinpath("static/django_htmx/htmx-2.min.js").read_bytes()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await floor.sync()
        yield
        await floor.client.aclose()

    routes = [
        Route("/static/htmx.js", static(htmx, "text/javascript")),
        Route("/static/floor.css", static(CSS.encode(), "text/css")),
        Route("/models/", floor.gallery),
        Route("/models/{id:path}/", floor.form, methods=["GET"]),
        Route("/models/{id:path}/", floor.submit, methods=["POST"]),
        Route("/runs/{id}", floor.live),
    ]
    return Starlette(routes=routes, middleware=[Middleware(GZipMiddleware)], lifespan=lifespan)


if __name__ == "__main__":
    port, *rest = sys.argv[1:]
    uvicorn.run(build(*rest), port=int(port), log_level="warning", access_log=False)
