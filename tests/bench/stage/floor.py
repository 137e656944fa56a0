"""The floor: the same pages and the same run, implemented as directly as possible.

One Starlette process: raw SQLite, pages from f-strings, one status stream per run, a long poll that
is answered the moment the run ends. No users, validation, history or recovery. Its times are
close to the physical limit; the product's are compared with them.

    python -m tests.bench.stage.floor PORT UPSTREAM KEY DATABASE
"""

import asyncio
import json
import sqlite3
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from importlib.resources import files
from pathlib import Path
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
FOLDER = Path(__file__).parent
SCRIPT = (FOLDER / "floor.js").read_text()
TABLES = """
CREATE TABLE IF NOT EXISTS endpoint (
  id TEXT PRIMARY KEY, name TEXT, owner TEXT, category TEXT, description TEXT, thumbnail TEXT);
CREATE TABLE IF NOT EXISTS run (id TEXT PRIMARY KEY, endpoint TEXT, arguments TEXT, output TEXT);
"""


class Floor:
    """The state and handlers of the floor."""

    def __init__(self, upstream: str, key: str, database: str) -> None:
        self.upstream = upstream
        self.client = httpx.AsyncClient(headers={"authorization": f"Key {key}"}, timeout=60)
        self.database = sqlite3.connect(database, isolation_level=None)
        self.database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + TABLES)
        self.documents: dict[str, Any] = {}
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
        self.database.executemany("INSERT INTO endpoint VALUES (?, ?, ?, ?, ?, ?)", rows)

    async def document(self, endpoint_id: str) -> Any:
        """Return the OpenAPI document of an endpoint."""
        if endpoint_id not in self.documents:
            params = {"endpoint_id": endpoint_id, "expand": "openapi-3.0"}
            answer = await self.client.get(f"{self.upstream}/api/v1/models", params=params)
            self.documents[endpoint_id] = answer.json()["models"][0]["openapi"]
        return self.documents[endpoint_id]

    async def gallery(self, request: Request) -> Response:
        """Respond with 24 cards and a search box."""
        query = "SELECT id, name, owner, category, description, thumbnail FROM endpoint LIMIT ?"
        cards = "".join(card(*row) for row in self.database.execute(query, [CARDS]))
        search = '<form><input type="search" name="q" aria-label="Search"></form>'
        return render_page("Models", f'{search}<div class="cards">{cards}</div>')

    async def form(self, request: Request) -> Response:
        """Respond with a model's form; a POST to the same URL submits it."""
        endpoint_id = request.path_params["id"]
        fields = properties(await self.document(endpoint_id)).items()
        controls = "".join(control(name, schema) for name, schema in fields)
        body = (
            f'<form name="run">{controls}<button id="run-button">Run</button></form>'
            '<div id="stage"></div>'
        )
        return render_page(endpoint_id, f'{body}<script type="module">{SCRIPT}</script>')

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


def properties(document: Any) -> dict[str, Any]:
    """Return the input's properties; of a union, its first alternative with a type."""
    schemas = document["components"]["schemas"]
    own = next(schema for name, schema in schemas.items() if name.endswith("Input"))["properties"]

    def plain(schema: Any) -> Any:
        typed = (one for one in schema.get("anyOf", []) if one.get("type") not in (None, "null"))
        return schema | next(typed, {})

    return {name: plain(schema) for name, schema in own.items()}


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
        Route("/static/floor.css", static((FOLDER / "floor.css").read_bytes(), "text/css")),
        Route("/models/", floor.gallery),
        Route("/models/{id:path}/", floor.form, methods=["GET"]),
        Route("/models/{id:path}/", floor.submit, methods=["POST"]),
        Route("/runs/{id}", floor.live),
    ]
    return Starlette(routes=routes, middleware=[Middleware(GZipMiddleware)], lifespan=lifespan)


if __name__ == "__main__":
    port, *rest = sys.argv[1:]
    uvicorn.run(build(*rest), port=int(port), log_level="warning", access_log=False)
