"""A synthetic catalogue of any size in fal's format, and a server for it.

Every entry and document is determined by its number. Their structure is that of fal's (8 to 20 KB
per document, references, unions with null, arrays of objects, long descriptions).

    python -m bench.catalogue.upstream PORT COUNT
"""

from __future__ import annotations

import random
import sys
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CATEGORIES = (
    *("text-to-image", "image-to-image", "text-to-video", "image-to-video", "vision"),
    *("text-to-speech", "text-to-audio", "image-to-3d", "llm", "training"),
)
WORDS = [
    "light",
    "motion",
    "grain",
    "portrait",
    "harbour",
    "silk",
    "orbit",
    "marble",
    "lantern",
    "river",
    "glass",
    "meadow",
    "echo",
    "copper",
    "drift",
    "signal",
    "canvas",
    "ember",
    "fjord",
    "velvet",
    "prism",
    "thunder",
    "willow",
    "mosaic",
    "cobalt",
    "shadow",
]
SENTENCES = (
    "Controls how closely the output follows what was asked for; higher is stricter.",
    "When it is left out the model decides, which is what most people want.",
    "Larger values take longer and cost more, smaller ones lose detail.",
    "Has no effect on outputs that are requested in another format.",
    "The same value with the same input gives the same output every time.",
    "Use it sparingly: it changes the composition as well as the colours.",
)


def text(dice: random.Random, sentences: int) -> str:
    """Some sentences."""
    return " ".join(dice.choice(SENTENCES) for _ in range(sentences))


def number(dice: random.Random) -> dict[str, Any]:
    """A number with limits."""
    high = dice.choice([1, 4, 20, 50, 100])
    return {"type": "number", "minimum": 0, "maximum": high, "default": high / 2}


def integer(dice: random.Random) -> dict[str, Any]:
    """A whole number with limits."""
    high = dice.choice([4, 8, 50])
    return {"type": "integer", "minimum": 1, "maximum": high, "default": dice.randint(1, high)}


def flag(dice: random.Random) -> dict[str, Any]:
    """A switch."""
    return {"type": "boolean", "default": dice.random() < 0.5}


def choice(dice: random.Random) -> dict[str, Any]:
    """One of a few words."""
    words = dice.sample(WORDS, dice.randint(2, 7))
    return {"type": "string", "enum": words, "default": words[0]}


def seed(dice: random.Random) -> dict[str, Any]:
    """A whole number or null."""
    return {"anyOf": [{"type": "integer"}, {"type": "null"}]}


def size(dice: random.Random) -> dict[str, Any]:
    """A preset, or an object."""
    presets = {"type": "string", "enum": ["square_hd", "square", "portrait_4_3", "landscape_16_9"]}
    return {"anyOf": [{"$ref": "#/components/schemas/ImageSize"}, presets], "default": "square"}


def picture(dice: random.Random) -> dict[str, Any]:
    """A picture's address."""
    return {"type": "string", "examples": ["https://example.com/harbour.png"]}


def adapters(dice: random.Random) -> dict[str, Any]:
    """A list of objects."""
    items = {"$ref": "#/components/schemas/Adapter"}
    return {"type": "array", "items": items, "default": [], "maxItems": 5}


KINDS = {
    "image_size": size,
    "num_inference_steps": integer,
    "seed": seed,
    "guidance_scale": number,
    "num_images": integer,
    "style": choice,
    "image_url": picture,
    "negative_prompt": lambda dice: {"type": "string", "default": ""},
    "loras": adapters,
    "enable_safety_checker": flag,
    "output_format": choice,
    "strength": number,
    "mask_url": picture,
    "acceleration": choice,
    "sync_mode": flag,
    "scheduler": choice,
}


def endpoint_id(index: int) -> str:
    """Return `bench-07/harbour-112/turbo`; some ids have three levels, as upstream's."""
    name = f"bench-{index % 40:02d}/{WORDS[index % len(WORDS)]}-{index}"
    return f"{name}/turbo" if index % 3 == 0 else name


def metadata(index: int) -> dict[str, Any]:
    """An entry's metadata in the list."""
    dice = random.Random(index)
    title = " ".join(dice.sample(WORDS, 2)).title()
    stamp = f"2026-{index % 12 + 1:02d}-{index % 28 + 1:02d}T08:{index % 60:02d}:00.000Z"
    return {
        "display_name": f"{title} {index}",
        "category": CATEGORIES[index % len(CATEGORIES)],
        "description": f"{title} turns words into results. {text(dice, 2)}",
        "status": "active",
        "tags": dice.sample(WORDS, dice.randint(0, 4)),
        "updated_at": stamp,
        "is_favorited": None,
        "thumbnail_url": f"https://fal.media/files/bench/{index:05d}.webp",
        "model_url": f"https://fal.run/{endpoint_id(index)}",
        "date": stamp,
        "highlighted": index % 50 == 0,
        "pinned": False,
        "license_type": dice.choice(["commercial", "research"]),
        "group": {"key": WORDS[index % len(WORDS)], "label": f"Variant {index}"},
        "kind": "inference",
        "duration_estimate": dice.randint(1, 40) / 10,
    }


def record(name: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """An object's schema."""
    order = {"x-fal-order-properties": [*properties]}
    return {
        "title": name,
        "type": "object",
        "properties": properties,
        "required": required,
        **order,
    }


def document(index: int) -> dict[str, Any]:
    """An entry's OpenAPI document."""
    dice = random.Random(index + 1_000_000)
    where = endpoint_id(index)
    names = [name for name in KINDS if dice.random() < 0.65] or ["seed"]
    fields: dict[str, Any] = {"prompt": {"type": "string", "examples": [" ".join(WORDS[:9])]}}
    fields |= {name: KINDS[name](dice) for name in names}
    for name, schema in fields.items():
        schema["title"] = name.replace("_", " ").title()
        schema["description"] = text(dice, dice.randint(1, 5))
    image = {
        "url": {"type": "string", "title": "Url", "description": text(dice, 2)},
        "content_type": {"type": "string", "title": "Content Type", "description": text(dice, 1)},
        "width": {"type": "integer", "title": "Width", "description": text(dice, 1)},
        "height": {"type": "integer", "title": "Height", "description": text(dice, 1)},
    }
    pictures = {"type": "array", "items": {"$ref": "#/components/schemas/Image"}}
    sides = {
        side: {"type": "integer", "maximum": 14142, "default": 512} for side in ("width", "height")
    }
    adapter = {"path": {"type": "string", "description": text(dice, 2)}, "scale": number(dice)}
    status = {name: {"type": "string", "description": text(dice, 1)} for name in STATUS}
    schemas = {
        "QueueStatus": record("QueueStatus", status, ["status", "request_id"]),
        "BenchInput": record("BenchInput", fields, ["prompt"]),
        "BenchOutput": record(
            "BenchOutput", {"images": pictures, "seed": {"type": "integer"}}, ["images"]
        ),
        "Image": record("Image", image, ["url"]),
        "ImageSize": record("ImageSize", sides, []),
        "Adapter": record("Adapter", adapter, ["path"]),
    }
    info = {
        "title": f"Queue OpenAPI for {where}",
        "version": "1.0.0",
        "description": f"The OpenAPI schema for the {where} queue.",
        "x-fal-metadata": {"endpointId": where, "category": CATEGORIES[index % len(CATEGORIES)]},
    }
    return {
        "openapi": "3.0.4",
        "info": info,
        "components": {"schemas": schemas},
        "servers": [{"url": "https://queue.fal.run"}],
        "paths": paths(where),
    }


STATUS = ("status", "request_id", "response_url", "status_url", "cancel_url")


def paths(where: str) -> dict[str, Any]:
    """Submit, status, cancel and result, as the queue has them."""

    def answer(name: str) -> dict[str, Any]:
        schema = {"$ref": f"#/components/schemas/{name}"}
        content = {"application/json": {"schema": schema}}
        return {"200": {"description": "The answer.", "content": content}}

    request = {"application/json": {"schema": {"$ref": "#/components/schemas/BenchInput"}}}
    request_path = f"/{where}/requests/{{request_id}}"
    parameter = {"name": "request_id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        f"{request_path}/status": {
            "get": {"parameters": [parameter], "responses": answer("QueueStatus")}
        },
        f"{request_path}/cancel": {
            "put": {"parameters": [parameter], "responses": answer("QueueStatus")}
        },
        f"/{where}": {
            "post": {
                "requestBody": {"required": True, "content": request},
                "responses": answer("QueueStatus"),
            }
        },
        request_path: {"get": {"parameters": [parameter], "responses": answer("BenchOutput")}},
    }


class Catalogue:
    """The entries as bytes, so that serving them costs almost nothing."""

    def __init__(self, count: int) -> None:
        ids = [endpoint_id(index) for index in range(count)]
        entries = [{"endpoint_id": i, "metadata": metadata(index)} for index, i in enumerate(ids)]
        self.plain = dict(zip(ids, map(orjson.dumps, entries), strict=True))
        self.expanded = {
            entry["endpoint_id"]: orjson.dumps(entry | {"openapi": document(index)})
            for index, entry in enumerate(entries)
        }

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
    """The application."""
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
