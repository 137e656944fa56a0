"""A catalogue of any size in fal's format, and a server for it.

Its entries are the sandbox's models under other names, each with a document of its own.

    python -m bench.catalogue.upstream PORT COUNT
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.catalogue import filling

LONGER = 8  # times


def items(count: int) -> Iterator[dict[str, Any]]:
    """Yield entries with their documents; the same number gives the same ones."""
    models = [item for item in filling.sandbox() if item["metadata"]["status"] == "active"]
    for number in range(count):
        model = models[number % len(models)]
        was = model["endpoint_id"]
        name = f"bench-{number % 40:02d}/{was.partition('/')[2]}-{number}"
        item: dict[str, Any] = orjson.loads(
            orjson.dumps(model).replace(was.encode(), name.encode())
        )
        yield item | {"openapi": told_at_length(item["openapi"])}


def told_at_length(value: Any) -> Any:
    """Return a document with descriptions as long as fal's, which make it 8 to 20 KB large."""
    if isinstance(value, list):
        return [told_at_length(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: " ".join([part] * LONGER) if is_told(key, part) else told_at_length(part)
        for key, part in value.items()
    }


def is_told(key: str, value: Any) -> bool:
    """Whether this is a description; a field may have the same name."""
    return key == "description" and isinstance(value, str)


class Catalogue:
    """The entries as bytes, so that serving them costs almost nothing."""

    def __init__(self, count: int) -> None:
        self.plain: dict[str, bytes] = {}
        self.expanded: dict[str, bytes] = {}
        for item in items(count):
            self.expanded[item["endpoint_id"]] = orjson.dumps(item)
            del item["openapi"]
            self.plain[item["endpoint_id"]] = orjson.dumps(item)

    async def models(self, request: Request) -> Response:
        """List, find and expand endpoints; none is deprecated."""
        query = request.query_params
        ids = query.getlist("endpoint_id") or [*self.plain]
        if query.get("status") == "deprecated":
            ids = []
        entries = self.expanded if "expand" in query else self.plain
        start, limit = int(query.get("cursor", "0")), int(query.get("limit", "50"))
        shown = b",".join(entries[i] for i in ids[start : start + limit])
        end = start + limit
        rest = f'"next_cursor":"{end}","has_more":true' if end < len(ids) else '"has_more":false'
        body = b'{"models":[' + shown + b"]," + rest.encode() + b"}"
        return Response(body, media_type="application/json")

    async def pricing(self, request: Request) -> Response:
        """Return a price for every endpoint."""
        ids = request.query_params.getlist("endpoint_id")
        price = {"unit_price": 0.025, "unit": "megapixels", "currency": "USD"}
        prices = [{"endpoint_id": i, **price} for i in ids]
        body = {"prices": prices, "next_cursor": None, "has_more": False}
        return Response(orjson.dumps(body), media_type="application/json")


def build(count: int) -> Starlette:
    """Return the application."""
    catalogue = Catalogue(count)
    return Starlette(
        routes=[
            Route("/v1/models", catalogue.models),
            Route("/v1/models/pricing", catalogue.pricing),
        ]
    )


if __name__ == "__main__":
    app = build(int(sys.argv[2]))
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
